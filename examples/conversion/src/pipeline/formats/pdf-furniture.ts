// Takes page furniture away: running heads, feet and page numbers. A line counts as furniture when it stands at an edge,
// is no larger than the body, and comes back (numbers aside) on at least three pages, or is a page number.

import type { Line, Page } from './pdf-lines.ts'

const EDGE = 0.12
const PAGE_NUMBER = /^(page\s*)?[-–—|\s]*(\d{1,4}|[ivxlc]{1,7})(\s*(\/|of)\s*\d{1,4})?[-–—|\s]*$/i

export function withoutFurniture(pages: readonly Page[], bodySize: number): Page[] {
  const seen = new Map<string, number>()
  for (const page of pages) {
    const keys = new Set(page.lines.filter((line) => atEdge(line, page, bodySize)).map(keyOf))
    for (const key of keys) seen.set(key, (seen.get(key) ?? 0) + 1)
  }
  const isFurniture = (line: Line, page: Page): boolean =>
    atEdge(line, page, bodySize) && (PAGE_NUMBER.test(line.text) || (seen.get(keyOf(line)) ?? 0) >= 3)
  return pages.map((page) => ({ ...page, lines: page.lines.filter((line) => !isFurniture(line, page)) }))
}

const atEdge = (line: Line, page: Page, bodySize: number): boolean =>
  line.size <= bodySize * 1.1 && (line.y > page.height * (1 - EDGE) || line.y < page.height * EDGE)

const keyOf = (line: Line): string => `${line.text.toLowerCase().replace(/\d+/g, '#')}@${Math.round(line.y / 4)}`

/** The size that most characters are set in. */
export function bodySizeOf(pages: readonly Page[]): number {
  const weight = new Map<number, number>()
  for (const line of pages.flatMap((page) => page.lines))
    weight.set(line.size, (weight.get(line.size) ?? 0) + line.text.length)
  return [...weight].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [10, 0])[0]
}
