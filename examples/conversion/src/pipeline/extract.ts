// Stage 2, EXTRACTING: pulls text and pictures out of the document into the work directory. For a PDF the content is its
// pages (what is a heading is decided later), for Markdown and HTML clean blocks.

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserFacingError } from './errors.ts'
import { stampOf, writeLines } from './files.ts'
import { decodeText } from './formats/decode.ts'
import { extractHtml } from './formats/html.ts'
import { markdownToHtml } from './formats/markdown.ts'
import { extractPdf } from './formats/pdf.ts'
import { ImageShelf } from './images/shelf.ts'
import { portion } from './progress.ts'
import type { Analysis, Extraction, StageTools } from './types.ts'

export async function extract(analysis: Analysis, tools: StageTools): Promise<Extraction> {
  const [source] = analysis.files
  if (!source) throw new Error('extract: the analysis names no source file')
  const shelf = new ImageShelf(dirname(source.path), analysis.workDir)
  const bytes = await readFile(source.path)
  const lines = await contentOf(analysis, bytes, shelf, tools)
  const content = join(analysis.workDir, 'content.jsonl')
  await writeLines(content, lines)
  return {
    content,
    units: lines.length,
    images: shelf.files.length,
    warnings: shelf.warnings,
    files: await Promise.all([content, ...shelf.files].map(stampOf)),
  }
}

async function contentOf(
  { format }: Analysis,
  bytes: Uint8Array,
  shelf: ImageShelf,
  tools: StageTools,
): Promise<unknown[]> {
  if (format === 'pdf') {
    const { outline, pages } = await extractPdf(bytes, shelf, tools)
    return [outline, ...pages]
  }
  const text = decodeText(bytes)
  const html = format === 'html' ? text : await markdownToHtml(text, portion(tools, 0, 0.2))
  const blocks = await extractHtml(html, shelf, portion(tools, format === 'html' ? 0 : 0.2, 1))
  if (blocks.length === 0)
    throw new UserFacingError('document_empty', 'The document holds no text. Send a file with text in it.')
  return blocks
}
