// Lines to blocks: headings, paragraphs (hyphens at line ends healed, also across pages), nested lists, code, pictures.

import { type Element, element } from '../tree.ts'
import { bodySizeOf, withoutFurniture } from './pdf-furniture.ts'
import { headingRule } from './pdf-headings.ts'
import type { Line, Page } from './pdf-lines.ts'
import { type Item, nestItems, readMarker } from './pdf-lists.ts'
import type { PdfContent } from './pdf.ts'

type Draft =
  | { kind: 'heading'; level: number; text: string; last: Line }
  | { kind: 'text'; text: string; last: Line; first: Line }
  | { kind: 'code'; rows: string[]; last: Line }
  | { kind: 'item'; item: Item; last: Line }
  | { kind: 'picture'; file: string; page: number }

export function pdfBlocks({ pages, outline }: PdfContent): Element[] {
  const bodySize = bodySizeOf(pages)
  const kept = withoutFurniture(pages, bodySize)
  const levelOf = headingRule(kept, outline, bodySize)
  const drafts: Draft[] = []
  for (const page of kept) {
    let newPage = true
    for (const piece of inOrder(page)) {
      if ('file' in piece) drafts.push({ kind: 'picture', file: piece.file, page: page.number })
      else addLine(drafts, piece, levelOf(piece), newPage)
      newPage = false
    }
  }
  return finish(withoutLogos(drafts))
}

/** Pictures go before the first line that stands lower. */
function inOrder(page: Page): (Line | Page['pictures'][number])[] {
  const waiting = [...page.pictures].sort((a, b) => b.y - a.y)
  const out: (Line | Page['pictures'][number])[] = []
  for (const line of page.lines) {
    while (waiting[0] && waiting[0].y > line.y) out.push(...waiting.splice(0, 1))
    out.push(line)
  }
  return [...out, ...waiting]
}

function addLine(drafts: Draft[], line: Line, level: number | null, newPage: boolean): void {
  const last = drafts.at(-1)
  if (level !== null) addHeading(drafts, last, line, level)
  else if (line.mono) addCode(drafts, last, line)
  else addText(drafts, last, line, newPage)
}

function addHeading(drafts: Draft[], last: Draft | undefined, line: Line, level: number): void {
  const goesOn = last?.kind === 'heading' && last.level === level && near(last.last, line)
  if (goesOn) Object.assign(last, { text: joined(last.text, line.text), last: line })
  else drafts.push({ kind: 'heading', level, text: line.text, last: line })
}

function addCode(drafts: Draft[], last: Draft | undefined, line: Line): void {
  if (last?.kind === 'code') {
    last.rows.push(line.text)
    last.last = line
  } else drafts.push({ kind: 'code', rows: [line.text], last: line })
}

function addText(drafts: Draft[], last: Draft | undefined, line: Line, newPage: boolean): void {
  const marker = readMarker(line)
  if (marker) drafts.push({ kind: 'item', item: marker, last: line })
  else if (last?.kind === 'item' && near(last.last, line) && line.x > last.item.x + 2) extendItem(last, line)
  else if (last?.kind === 'text' && (newPage ? runsOn(last.text, line) : continues(last, line))) {
    last.text = joined(last.text, line.text)
    last.last = line
  } else drafts.push({ kind: 'text', text: line.text, last: line, first: line })
}

function extendItem(last: Extract<Draft, { kind: 'item' }>, line: Line): void {
  last.item.text = joined(last.item.text, line.text)
  last.last = line
}

const near = (above: Line, line: Line): boolean =>
  above.y - line.y > 0 && above.y - line.y < Math.max(above.size, line.size) * 1.75

/** Over a page break only an unfinished sentence goes on. */
const runsOn = (text: string, line: Line): boolean => !/[.!?:;"”)]$/.test(text) && /^\p{Ll}/u.test(line.text)

function continues(last: Extract<Draft, { kind: 'text' }>, line: Line): boolean {
  const columnBreak = line.y > last.last.y
  if (columnBreak) return runsOn(last.text, line)
  const indented = line.x > last.first.x + line.size * 0.8 && line.x > last.last.x + line.size * 0.8
  return near(last.last, line) && !indented && Math.abs(last.last.size - line.size) < 1
}

function joined(text: string, more: string): string {
  return /\p{L}-$/u.test(text) && /^\p{Ll}/u.test(more) ? text.slice(0, -1) + more : `${text} ${more}`
}

/** A picture on more than three pages is a letterhead. */
function withoutLogos(drafts: readonly Draft[]): Draft[] {
  const uses = Map.groupBy(
    drafts.filter((draft) => draft.kind === 'picture'),
    (draft) => draft.file,
  )
  return drafts.filter((draft) => draft.kind !== 'picture' || (uses.get(draft.file)?.length ?? 0) <= 3)
}

function finish(drafts: readonly Draft[]): Element[] {
  const blocks: Element[] = []
  let items: Item[] = []
  const endList = (): void => {
    blocks.push(...nestItems(items))
    items = []
  }
  for (const draft of drafts) {
    if (draft.kind === 'item') items.push(draft.item)
    else {
      endList()
      blocks.push(blockOf(draft))
    }
  }
  endList()
  return blocks
}

function blockOf(draft: Exclude<Draft, { kind: 'item' }>): Element {
  if (draft.kind === 'heading') return element(`h${draft.level}`, [draft.text])
  if (draft.kind === 'code') return element('pre', [element('code', [draft.rows.join('\n')])])
  if (draft.kind === 'text') return element('p', [draft.text])
  return element('figure', [
    element('p', [element('img', [], { src: `../images/${draft.file}`, alt: `Picture from page ${draft.page}` })]),
  ])
}
