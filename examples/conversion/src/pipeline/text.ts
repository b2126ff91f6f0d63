// Small matters of text: what XML may hold, slugs for ids, readable sizes.

const FORBIDDEN_IN_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu

/** Drops what no XML document may contain: control characters, lone surrogates, U+FFFE and U+FFFF. */
const xmlText = (text: string): string => text.toWellFormed().replace(FORBIDDEN_IN_XML, '')

export const escapeText = (text: string): string =>
  xmlText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

export const escapeAttribute = (text: string): string => escapeText(text).replaceAll('"', '&quot;')

/** A safe id: ASCII letters, digits, dots and dashes, never starting with a digit. */
export function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[^\w\s.-]/g, '')
    .trim()
    .replace(/\s+/g, '-')
    .toLowerCase()
    .slice(0, 60)
  return /^[a-z_]/.test(plain) ? plain : `s-${plain}`.replace(/-$/, '')
}

export const shorten = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`

export const mebibytes = (bytes: number): string => `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
