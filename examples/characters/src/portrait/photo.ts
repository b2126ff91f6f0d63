// Reference photos: what is accepted at upload, judged by the bytes and not by the name, and the colours in one.
import { renderAsync } from '@resvg/resvg-js'
import { UserError } from 'waybill'

export const maxPhotoBytes = 5 * 1024 * 1024
const maxSide = 6000

/** Null when the photo is fine, else the sentence that its owner is told. */
export function faultOf(photo: Buffer): string | null {
  if (photo.length > maxPhotoBytes) return 'The reference photo is larger than 5 MB. Choose a smaller one.'
  const size = sizeOf(photo)
  if (size === null) return 'The reference photo must be a PNG or JPEG picture. Choose another file.'
  const fits = Math.min(...size) > 0 && Math.max(...size) <= maxSide
  return fits ? null : `The reference photo is ${size.join(' × ')} pixels; at most ${maxSide} a side are taken.`
}

type Size = [width: number, height: number]

const isPng = (photo: Buffer): boolean => photo.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))

/** Read from the header alone, so that a small file cannot unfold into gigabytes. */
function sizeOf(photo: Buffer): Size | null {
  if (isPng(photo)) return photo.length < 24 ? null : [photo.readUInt32BE(16), photo.readUInt32BE(20)]
  return photo.subarray(0, 2).equals(Buffer.from([0xff, 0xd8])) ? sizeOfJpeg(photo) : null
}

// A JPEG is a row of segments: FF, kind, length. The frame header (C0…CF but for C4, C8, CC) holds the size.
function sizeOfJpeg(photo: Buffer): Size | null {
  for (let at = 2; at + 9 <= photo.length && photo[at] === 0xff; at += 2 + photo.readUInt16BE(at + 2)) {
    const kind = photo.readUInt8(at + 1)
    if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind))
      return [photo.readUInt16BE(at + 7), photo.readUInt16BE(at + 5)]
  }
  return null
}

export const dataUri = (photo: Buffer): string =>
  `data:image/${isPng(photo) ? 'png' : 'jpeg'};base64,${photo.toString('base64')}`

/** The two most frequent colours, as `rrggbb`. Throws a UserError for a photo that cannot be decoded. */
export async function coloursOf(photo: Buffer): Promise<[string, string]> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><image width="48" height="48" preserveAspectRatio="xMidYMid slice" href="${dataUri(photo)}"/></svg>`
  const { pixels } = await renderAsync(svg, { fitTo: { mode: 'width', value: 48 } })
  const [first, second] = mostFrequent(pixels)
  if (first === undefined)
    throw new UserError('photo_unreadable', 'The reference photo could not be read. Choose another one and try again.')
  return [first, second ?? first]
}

// Colours that look alike (their upper three bits agree) are counted together, and stand for their mean.
function mostFrequent(pixels: Buffer): string[] {
  const heaps = new Map<number, { count: number; sum: [number, number, number] }>()
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.subarray(at, at + 4)
    if (alpha < 128) continue
    const alike = ((red >> 5) << 6) | ((green >> 5) << 3) | (blue >> 5)
    const { count, sum } = heaps.get(alike) ?? { count: 0, sum: [0, 0, 0] }
    heaps.set(alike, { count: count + 1, sum: [sum[0] + red, sum[1] + green, sum[2] + blue] })
  }
  const byCount = [...heaps.values()].sort((a, b) => b.count - a.count)
  return byCount.map(({ count, sum }) =>
    sum
      .map((part) =>
        Math.round(part / count)
          .toString(16)
          .padStart(2, '0'),
      )
      .join(''),
  )
}
