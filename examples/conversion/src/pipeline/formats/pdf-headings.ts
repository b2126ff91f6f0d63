// Which lines of a PDF are headings, and of which level: by the outline when it names enough of them, otherwise by size
// (larger than the body, each size a level) and, one level below, short bold lines.

import { tidy } from '../tree.ts'
import type { Line, Page } from './pdf-lines.ts'
import type { OutlineEntry } from './pdf.ts'

export type LevelOf = (line: Line) => number | null

export function headingRule(pages: readonly Page[], outline: readonly OutlineEntry[], bodySize: number): LevelOf {
  const lines = pages.flatMap((page) => page.lines)
  const sizes = headingSizes(lines, bodySize)
  const bySize: LevelOf = (line) => levelBySize(line, sizes, bodySize)
  const named = new Map(outline.map((entry) => [keyOf(entry.title), entry.level]))
  const texts = new Set(lines.map((line) => keyOf(line.text)))
  const found = [...named.keys()].filter((key) => texts.has(key)).length
  if (named.size < 2 || found < named.size * 0.6) return bySize
  return (line) => (bySize(line) === null ? null : (named.get(keyOf(line.text)) ?? null))
}

function headingSizes(lines: readonly Line[], bodySize: number): number[] {
  const larger = lines.filter((line) => line.size > bodySize * 1.12 && line.text.length < 200)
  return [...new Set(larger.map((line) => line.size))].sort((a, b) => b - a).slice(0, 5)
}

function levelBySize(line: Line, sizes: readonly number[], bodySize: number): number | null {
  const index = sizes.indexOf(line.size)
  if (index !== -1 && line.text.length < 200) return index + 1
  const stands = line.bold && line.size >= bodySize && line.text.length < 80 && /[\p{L}\d)?!]$/u.test(line.text)
  return stands && !line.mono ? Math.min(sizes.length + 1, 6) : null
}

const keyOf = (text: string): string => tidy(text).toLowerCase()
