// Tells a picture by its own first bytes, never by its name, and reads its size without decoding it.
// Only what every EPUB reader shows is accepted: PNG, JPEG, GIF.

export interface ImageKind {
  mediaType: 'image/png' | 'image/jpeg' | 'image/gif'
  extension: 'png' | 'jpg' | 'gif'
  width: number
  height: number
}

/** The kind and size of a picture, or null when it is none that can be packed. */
export function sniffImage(bytes: Uint8Array): ImageKind | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = png(view) ?? gif(view) ?? jpeg(view)
  return found && found.width > 0 && found.height > 0 ? found : null
}

function png(view: DataView): ImageKind | null {
  if (view.byteLength < 33 || view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return null
  if (view.getUint32(12) !== 0x49484452) return null
  return { mediaType: 'image/png', extension: 'png', width: view.getUint32(16), height: view.getUint32(20) }
}

function gif(view: DataView): ImageKind | null {
  if (view.byteLength < 13 || view.getUint32(0) !== 0x47494638) return null
  return { mediaType: 'image/gif', extension: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) }
}

/** Walks the JPEG segments to the first frame header (SOF0…SOF15, less the three that are none). */
function jpeg(view: DataView): ImageKind | null {
  if (view.byteLength < 11 || view.getUint16(0) !== 0xffd8) return null
  let at = 2
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        mediaType: 'image/jpeg',
        extension: 'jpg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
      }
    }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  return null
}
