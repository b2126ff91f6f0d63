// Writes raw pixels as a PNG: for pictures that lie decoded in a PDF. Compression runs off the event loop.

import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'

const compress = promisify(deflate)
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export interface Pixels {
  width: number
  height: number
  /** 1 grey, 3 RGB, 4 RGBA; one byte each. */
  channels: 1 | 3 | 4
  data: Uint8Array
}

export async function encodePng(pixels: Pixels): Promise<Buffer> {
  const body = await compress(withFilterBytes(pixels))
  return Buffer.concat([SIGNATURE, chunk('IHDR', header(pixels)), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))])
}

function header({ width, height, channels }: Pixels): Buffer {
  const bytes = Buffer.alloc(13)
  bytes.writeUInt32BE(width, 0)
  bytes.writeUInt32BE(height, 4)
  bytes[8] = 8
  bytes[9] = { 1: 0, 3: 2, 4: 6 }[channels]
  return bytes
}

/** Each row of a PNG begins with the number of its filter; 0 is none. */
function withFilterBytes({ width, height, channels, data }: Pixels): Buffer {
  const row = width * channels
  const out = Buffer.alloc((row + 1) * height)
  for (let y = 0; y < height; y++) out.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
  return out
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
