// PDF to pages, one after the other: a page is the step of progress and of cancellation. The outline, if the file has
// one, goes along, for nothing tells headings better.

import type { PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { UserFacingError } from '../errors.ts'
import type { ImageShelf } from '../images/shelf.ts'
import { pacer } from '../pace.ts'
import type { StageTools } from '../types.ts'
import { linesOf, type Page } from './pdf-lines.ts'
import { withPdf } from './pdf-open.ts'
import { picturesOf } from './pdf-pictures.ts'

export interface OutlineEntry {
  title: string
  level: number
}

export interface PdfContent {
  outline: OutlineEntry[]
  pages: Page[]
}

export function extractPdf(bytes: Uint8Array, shelf: ImageShelf, tools: StageTools): Promise<PdfContent> {
  return withPdf(bytes, async (pdf) => {
    const pace = pacer(tools.signal)
    const pages: Page[] = []
    for (let number = 1; number <= pdf.numPages; number++) {
      await pace()
      pages.push(await readPage(pdf, number, shelf))
      tools.progress(number / pdf.numPages, `Page ${number} of ${pdf.numPages}`)
    }
    if (pages.every((page) => page.lines.length === 0)) throw withoutText()
    return { outline: await outlineOf(pdf), pages }
  })
}

async function readPage(pdf: PDFDocumentProxy, number: number, shelf: ImageShelf): Promise<Page> {
  const page = await pdf.getPage(number)
  const { width, height } = page.getViewport({ scale: 1 })
  const pictures = await picturesOf(page, shelf)
  const lines = await linesOf(page)
  page.cleanup()
  return { number, width, height, lines, pictures }
}

async function outlineOf(pdf: PDFDocumentProxy): Promise<OutlineEntry[]> {
  const items: OutlineNode[] | null = await pdf.getOutline()
  return items ? flat(items, 1) : []
}

interface OutlineNode {
  title: string
  items: OutlineNode[]
}

const flat = (items: readonly OutlineNode[], level: number): OutlineEntry[] =>
  level > 5 ? [] : items.flatMap((item) => [{ title: item.title, level }, ...flat(item.items, level + 1)])

const withoutText = () =>
  new UserFacingError(
    'pdf_without_text',
    'This PDF holds only pictures of pages, no text. Run it through text recognition (OCR) and send it again.',
  )
