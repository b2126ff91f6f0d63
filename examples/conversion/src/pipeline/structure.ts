// Stage 3, STRUCTURING: from content to a book: headings, chapters, anchors, table of contents.

import { basename, extname, join } from 'node:path'
import { splitChapters, splitLevel } from './chapters.ts'
import { readLines, stampOf, writeLines, writeWhole } from './files.ts'
import { pdfBlocks } from './formats/pdf-blocks.ts'
import type { PdfContent } from './formats/pdf.ts'
import { Anchors } from './links.ts'
import { pacer } from './pace.ts'
import { plural } from './text.ts'
import { tableOfContents } from './toc.ts'
import type { Element } from './tree.ts'
import type { Analysis, Book, Chapter, Extraction, StageTools, Structure } from './types.ts'

export async function structure(analysis: Analysis, extraction: Extraction, tools: StageTools): Promise<Structure> {
  const blocks = await readBlocks(analysis, extraction, tools)
  const chapters = splitChapters(blocks, analysis.title)
  const brokenLinks = await linkUp(chapters, tools)
  const toc = tableOfContents(chapters, splitLevel(blocks))
  const { title, author, language, identifier, modified, workDir } = analysis
  const book: Book = { title, author, language, identifier, modified, toc, images: imagesOf(extraction) }
  const paths = { book: join(workDir, 'book.json'), content: join(workDir, 'chapters.jsonl') }
  await writeWhole(paths.book, JSON.stringify(book))
  await writeLines(paths.content, chapters)
  return {
    title,
    chapters: chapters.length,
    ...paths,
    brokenLinks,
    files: [await stampOf(paths.book), await stampOf(paths.content)],
  }
}

async function readBlocks({ format }: Analysis, { content, units }: Extraction, tools: StageTools): Promise<Element[]> {
  const pace = pacer(tools.signal)
  const values: unknown[] = []
  for await (const line of readLines(content)) {
    values.push(JSON.parse(line))
    tools.progress((0.5 * values.length) / units, `Arranging ${values.length} of ${units}`)
    await pace()
  }
  return format === 'pdf' ? pdfBlocks(pagesIn(values)) : asBlocks(values)
}

/** Both were written by the stage before this one and carry its hash. */
function pagesIn([outline, ...pages]: unknown[]): PdfContent {
  const content: unknown = { outline, pages }
  if (!isPdfContent(content)) throw new Error('structure: the content file of a PDF begins with its outline')
  return content
}

const isPdfContent = (value: unknown): value is PdfContent =>
  typeof value === 'object' && value !== null && 'outline' in value && Array.isArray(value.outline)

const isBlock = (value: unknown): value is Element => typeof value === 'object' && value !== null && 'tag' in value

const asBlocks = (values: readonly unknown[]): Element[] => values.filter(isBlock)

async function linkUp(chapters: Chapter[], tools: StageTools): Promise<number> {
  const pace = pacer(tools.signal)
  const anchors = new Anchors()
  for (const chapter of chapters) anchors.collect(chapter)
  for (const [index, chapter] of chapters.entries()) {
    chapter.blocks = anchors.rewrite(chapter.blocks).filter(isBlock)
    tools.progress(0.5 + (0.5 * (index + 1)) / chapters.length, `${plural(index + 1, 'chapter')} arranged`)
    await pace()
  }
  return anchors.broken
}

const MEDIA_TYPES: Record<string, string> = { '.png': 'image/png', '.jpg': 'image/jpeg', '.gif': 'image/gif' }

const imagesOf = ({ files, content }: Extraction): Book['images'] =>
  files
    .filter((stamp) => stamp.path !== content)
    .map(({ path }) => ({ file: basename(path), mediaType: MEDIA_TYPES[extname(path)] ?? 'image/png' }))
