// Photos to send, and pictures that were sent back.
import { Resvg } from '@resvg/resvg-js'

/** A photo of one colour, 64 pixels square. */
export const photoOf = (colour: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(rendered(`<rect width="64" height="64" fill="${colour}"/>`, 64).asPng())

/** A PNG whose header is sound and whose picture is not. */
export function brokenPhoto(): Uint8Array<ArrayBuffer> {
  return photoOf('#c33').fill(0, 40)
}

/** A PNG that says of itself how large it is. */
export function hugePhoto(): Uint8Array<ArrayBuffer> {
  const photo = photoOf('#c33')
  new DataView(photo.buffer).setUint32(16, 60_000)
  return photo
}

/** A picture as it was sent: its size, and its pixels (RGBA) at 32 × 32. */
export async function picture(url: string): Promise<{ size: number[]; pixels: Buffer }> {
  const png = Buffer.from(await (await fetch(url)).arrayBuffer())
  const uri = `data:image/png;base64,${png.toString('base64')}`
  const { pixels } = rendered(`<image width="32" height="32" href="${uri}"/>`, 32)
  if (pixels.every((value) => value === 0)) throw new Error(`${url} is not a picture`)
  return { size: [png.readUInt32BE(16), png.readUInt32BE(20)], pixels }
}

const rendered = (body: string, side: number) =>
  new Resvg(`<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${body}</svg>`).render()
