// Where one chapter ends and the next begins: at the highest heading level that occurs more than once. What stands
// before the first heading is the opening; a chapter too long for small readers goes on in a further file.

import { type Element, headingLevel, textOf, tidy } from './tree.ts'
import { shorten } from './text.ts'
import type { Chapter } from './types.ts'

/** Characters of text in one file; some readers load a file whole. */
const LONGEST = 200_000

export function splitLevel(blocks: readonly Element[]): number {
  const counts = Map.groupBy(
    blocks.map(headingLevel).filter((level) => level !== null),
    (level) => level,
  )
  const levels = [...counts.keys()].sort((a, b) => a - b)
  return levels.find((level) => (counts.get(level)?.length ?? 0) > 1) ?? levels[0] ?? 1
}

export function splitChapters(blocks: readonly Element[], bookTitle: string): Chapter[] {
  const level = splitLevel(blocks)
  const chapters: Chapter[] = []
  let length = 0
  for (const block of blocks) {
    const found = headingLevel(block)
    const begins = found !== null && found <= level && !onlyHeadings(chapters.at(-1))
    if (begins || chapters.length === 0 || length > LONGEST) {
      chapters.push({
        file: fileName(chapters.length + 1),
        title: titleOf(block, chapters.at(-1), bookTitle),
        blocks: [],
      })
      length = 0
    }
    chapters.at(-1)?.blocks.push(block)
    length += textOf(block).length
  }
  return chapters
}

/** A title alone on its page ("Part One", the book's name) stays with the chapter that follows. */
const onlyHeadings = (chapter: Chapter | undefined): boolean =>
  chapter?.blocks.every((block) => headingLevel(block) !== null) ?? false

function titleOf(block: Element, before: Chapter | undefined, bookTitle: string): string {
  if (headingLevel(block) !== null) return shorten(tidy(textOf(block)), 200)
  return before ? before.title : bookTitle
}

const fileName = (number: number): string => `ch-${String(number).padStart(3, '0')}.xhtml`
