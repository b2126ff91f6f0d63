// Stage 4, BUILDING: writes the pages and packs them: `mimetype` first and uncompressed, then the rest.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AsyncZippable, zip } from 'fflate'
import { coverImage, coverPage } from './epub/cover.ts'
import { navPage } from './epub/nav.ts'
import { CONTAINER, packageDocument } from './epub/package.ts'
import { STYLE } from './epub/style.ts'
import { serializeBlocks, xhtmlPage } from './epub/xhtml.ts'
import { readLines, stampOf, writeWhole } from './files.ts'
import { pacer } from './pace.ts'
import { plural } from './text.ts'
import type { Analysis, Book, Build, Chapter, StageTools, Structure } from './types.ts'

export async function build(analysis: Analysis, structure: Structure, tools: StageTools): Promise<Build> {
  const book: Book = JSON.parse(await readFile(structure.book, 'utf8'))
  const entries: AsyncZippable = {
    mimetype: [bytes('application/epub+zip'), { level: 0 }],
    'META-INF/container.xml': bytes(CONTAINER),
  }
  const chapters = await addChapters(entries, book, structure, tools)
  await addFrame(entries, book, chapters, tools)
  await addImages(entries, book, analysis.workDir, tools)
  tools.progress(0.9, 'Packing the book')
  const epub = join(analysis.workDir, 'book.epub')
  await writeWhole(epub, await pack(entries, tools.signal))
  const stamp = await stampOf(epub)
  tools.progress(1, `${plural(chapters.length, 'chapter')} packed`)
  return { epub, bytes: stamp.bytes, entries: Object.keys(entries).length, files: [stamp] }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Writes each chapter; gives back their names without content, for the package document. */
async function addChapters(
  entries: AsyncZippable,
  book: Book,
  structure: Structure,
  tools: StageTools,
): Promise<Chapter[]> {
  const pace = pacer(tools.signal)
  const chapters: Chapter[] = []
  for await (const line of readLines(structure.content)) {
    const chapter: Chapter = JSON.parse(line)
    const frame = { title: chapter.title, language: book.language, style: '../style.css' }
    entries[`EPUB/text/${chapter.file}`] = bytes(xhtmlPage(frame, serializeBlocks(chapter.blocks)))
    chapters.push({ ...chapter, blocks: [] })
    tools.progress((0.7 * chapters.length) / structure.chapters, `Chapter ${chapters.length} of ${structure.chapters}`)
    await pace()
  }
  return chapters
}

async function addFrame(
  entries: AsyncZippable,
  book: Book,
  chapters: readonly Chapter[],
  tools: StageTools,
): Promise<void> {
  entries['EPUB/package.opf'] = bytes(packageDocument(book, chapters))
  entries['EPUB/nav.xhtml'] = bytes(navPage(book, chapters))
  entries['EPUB/style.css'] = bytes(STYLE)
  entries['EPUB/cover.xhtml'] = bytes(coverPage(book))
  entries['EPUB/images/cover.png'] = [await coverImage(book, tools.signal), { level: 0 }]
}

async function addImages(entries: AsyncZippable, book: Book, workDir: string, tools: StageTools): Promise<void> {
  const pace = pacer(tools.signal)
  for (const [index, { file }] of book.images.entries()) {
    entries[`EPUB/images/${file}`] = [await readFile(join(workDir, 'images', file)), { level: 0 }]
    tools.progress(0.7 + (0.2 * (index + 1)) / book.images.length, `Picture ${index + 1} of ${book.images.length}`)
    await pace()
  }
}

/** A fixed time in every entry: the same document gives the same bytes. */
const MTIME = new Date(2000, 0, 1)

function pack(entries: AsyncZippable, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      stop()
      reject(signal.reason)
    }
    const stop = zip(entries, { mtime: MTIME, level: 6 }, (error, data) => {
      signal.removeEventListener('abort', onAbort)
      if (error) reject(error)
      else resolve(data)
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
