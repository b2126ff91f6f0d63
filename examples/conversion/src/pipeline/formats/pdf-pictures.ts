// The raster pictures of a page with their place. Decoded pixels become PNG; drawings, masks and tiny ornaments are left.

import { ImageKind, OPS, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { encodePng, type Pixels } from '../images/png.ts'
import type { ImageShelf } from '../images/shelf.ts'
import type { Picture } from './pdf-lines.ts'

const SMALLEST = 48

export async function picturesOf(page: PDFPageProxy, shelf: ImageShelf): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const { name, y } of await placed(page)) {
    const pixels = pixelsOf(await objectOf(page, name))
    if (!pixels || pixels.width < SMALLEST || pixels.height < SMALLEST) continue
    const file = await shelf.add(await encodePng(pixels), `on page ${page.pageNumber}`)
    if (file) pictures.push({ y, file })
  }
  return pictures
}

/** Follows the drawing operators, for the current matrix says where a picture's lower edge comes to lie. */
async function placed(page: PDFPageProxy): Promise<{ name: string; y: number }[]> {
  const { fnArray, argsArray } = await page.getOperatorList()
  const found: { name: string; y: number }[] = []
  const saved: { scale: number; y: number }[] = []
  let now = { scale: 1, y: 0 }
  for (const [index, operator] of fnArray.entries()) {
    const args: unknown = argsArray[index]
    if (operator === OPS.save) saved.push(now)
    else if (operator === OPS.restore) now = saved.pop() ?? now
    else if (operator === OPS.transform) now = moved(now, args)
    else if (operator === OPS.paintImageXObject && Array.isArray(args))
      found.push({ name: String(args[0]), y: now.y + now.scale })
  }
  return found
}

function moved(now: { scale: number; y: number }, args: unknown): { scale: number; y: number } {
  const [, , , scale = 1, , y = 0] = Array.isArray(args) || args instanceof Float32Array ? Array.from(args, Number) : []
  return { scale: now.scale * scale, y: now.y + now.scale * y }
}

function objectOf(page: PDFPageProxy, name: string): Promise<unknown> {
  const store = name.startsWith('g_') ? page.commonObjs : page.objs
  return new Promise((resolve) => {
    store.get(name, resolve)
  })
}

function pixelsOf(image: unknown): Pixels | null {
  if (typeof image !== 'object' || image === null || !('data' in image && 'width' in image && 'height' in image))
    return null
  const { data, width, height } = image
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) return null
  if (typeof width !== 'number' || typeof height !== 'number' || !('kind' in image)) return null
  const channels = image.kind === ImageKind.RGB_24BPP ? 3 : image.kind === ImageKind.RGBA_32BPP ? 4 : null
  if (channels === null || data.length < width * height * channels) return null
  return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, width * height * channels) }
}
