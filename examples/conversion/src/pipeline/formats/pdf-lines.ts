// One page of a PDF as lines of text with place, size and weight. The order of the file is kept, which is the reading
// order in nearly all documents, also with two columns.

import type { PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'

export interface Line {
  text: string
  x: number
  /** From the bottom edge, as PDF counts. */
  y: number
  size: number
  bold: boolean
  mono: boolean
}

export interface Picture {
  y: number
  file: string
}

export interface Page {
  number: number
  width: number
  height: number
  lines: Line[]
  pictures: Picture[]
}

interface Run extends Line {
  end: number
}

export async function linesOf(page: PDFPageProxy): Promise<Line[]> {
  const { items } = await page.getTextContent()
  const lines: Run[] = []
  let open: Run | null = null
  for (const item of items) {
    if (!('str' in item)) continue
    const run = runOf(page, item)
    if (open && sameLine(open, run)) join(open, run)
    else if (run.text.trim() !== '') lines.push((open = run))
    if (item.hasEOL) open = null
  }
  return lines
    .filter((line) => line.text.trim() !== '')
    .map(({ end: _end, ...line }) => ({ ...line, text: line.text.trim() }))
}

type Item = Extract<Awaited<ReturnType<PDFPageProxy['getTextContent']>>['items'][number], { str: string }>

function runOf(page: PDFPageProxy, item: Item): Run {
  const [a = 0, b = 0, , , x = 0, y = 0] = item.transform.map(Number)
  const size = Math.round((Math.hypot(a, b) || item.height) * 2) / 2
  return { text: item.str, x, y, size, ...faceOf(page, item.fontName), end: x + item.width }
}

/** What the library knows of a font, once the page's operators were read; names tell when flags do not. */
function faceOf(page: PDFPageProxy, id: string): { bold: boolean; mono: boolean } {
  const font: unknown = page.commonObjs.has(id) ? page.commonObjs.get(id) : null
  if (typeof font !== 'object' || font === null) return { bold: false, mono: false }
  const name = 'name' in font && typeof font.name === 'string' ? font.name : ''
  return {
    bold: ('bold' in font && font.bold === true) || /bold|black|heavy|semibd/i.test(name),
    mono: ('isMonospace' in font && font.isMonospace === true) || /mono|courier|consol|code/i.test(name),
  }
}

function sameLine(open: Run, run: Run): boolean {
  const near = Math.abs(open.y - run.y) < Math.max(open.size, run.size) * 0.5
  return near && run.x >= open.end - open.size * 2
}

function join(open: Run, run: Run): void {
  const gap = run.x - open.end > open.size * 0.15
  const spaced = open.text.endsWith(' ') || run.text.startsWith(' ')
  open.text += gap && !spaced && run.text !== '' ? ` ${run.text}` : run.text
  open.end = Math.max(open.end, run.x + (run.end - run.x))
  if (run.text.trim() === '') return
  open.size = Math.max(open.size, run.size)
  open.bold &&= run.bold
  open.mono &&= run.mono
}
