// Bytes to text: a byte order mark wins, then a `<meta charset>`, then UTF-8, and what is not valid UTF-8 is read as
// Windows-1252, as browsers do.

const META_CHARSET = /<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{2,30})/i

export function decodeText(bytes: Uint8Array): string {
  const named = markOf(bytes) ?? metaOf(bytes)
  if (named) return named.decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

function markOf([a, b]: Uint8Array): TextDecoder | null {
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le')
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be')
  return null
}

function metaOf(bytes: Uint8Array): TextDecoder | null {
  const label = META_CHARSET.exec(Buffer.from(bytes.subarray(0, 2048)).toString('latin1'))?.[1]
  if (!label || /^utf-?(8|16)/i.test(label)) return null
  try {
    return new TextDecoder(label)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
