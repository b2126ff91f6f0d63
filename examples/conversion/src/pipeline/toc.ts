// The table of contents: headings down to two levels below the chapters, nested by level. Where a document skips levels,
// the entry hangs on the nearest one above it.

import { shorten } from './text.ts'
import { headingLevel, textOf, tidy } from './tree.ts'
import type { Chapter, TocEntry } from './types.ts'

interface Found extends TocEntry {
  level: number
}

export function tableOfContents(chapters: readonly Chapter[], level: number): TocEntry[] {
  const root: Found = { title: '', href: '', children: [], level: 0 }
  const path: Found[] = [root]
  for (const entry of chapters.flatMap((chapter) => headingsOf(chapter, level + 2))) {
    while (path.length > 1 && (path.at(-1)?.level ?? 0) >= entry.level) path.pop()
    path.at(-1)?.children.push(entry)
    path.push(entry)
  }
  return root.children.map(plain)
}

function headingsOf(chapter: Chapter, deepest: number): Found[] {
  const found = chapter.blocks.flatMap((block) => {
    const level = headingLevel(block)
    const title = shorten(tidy(textOf(block)), 200)
    if (level === null || level > deepest || title === '') return []
    return [{ title, href: `${chapter.file}#${block.attrs['id'] ?? ''}`, children: [], level }]
  })
  const named = headingLevel(chapter.blocks[0] ?? '') !== null
  const isOpening = chapter.file === 'ch-001.xhtml'
  return named || !isOpening ? found : [{ title: chapter.title, href: chapter.file, children: [], level: 1 }, ...found]
}

const plain = ({ title, href, children }: TocEntry): TocEntry => ({ title, href, children: children.map(plain) })
