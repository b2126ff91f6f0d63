// Which of the three formats a file is: by its first bytes, then by its name. Binary files of any other kind are refused.

import { extname } from 'node:path'
import { UserFacingError } from '../errors.ts'
import type { Format } from '../types.ts'

const MARKDOWN = new Set(['.md', '.markdown', '.mdown', '.txt'])
const HTML = new Set(['.html', '.htm', '.xhtml'])

export function detectFormat(file: string, head: Uint8Array): Format {
  const start = Buffer.from(head.subarray(0, 1024)).toString('latin1')
  const extension = extname(file).toLowerCase()
  if (start.includes('%PDF-')) return 'pdf'
  if (extension === '.pdf') throw broken()
  if (looksBinary(head)) throw unknown()
  if (HTML.has(extension)) return 'html'
  if (MARKDOWN.has(extension)) return 'markdown'
  if (/^[\s\u00ef\u00bb\u00bf]*<(!doctype html|html|head|body|\?xml)/i.test(start)) return 'html'
  throw unknown()
}

/** NUL bytes mean a binary file, unless a byte order mark says that it is UTF-16 text. */
function looksBinary(head: Uint8Array): boolean {
  const [a, b] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return false
  return head.includes(0)
}

const broken = () =>
  new UserFacingError('pdf_broken', 'The file is named .pdf but holds no PDF. Export it again and send the new file.')

const unknown = () =>
  new UserFacingError(
    'format_unknown',
    'This kind of file cannot be converted. Send a PDF, a Markdown or an HTML document.',
  )
