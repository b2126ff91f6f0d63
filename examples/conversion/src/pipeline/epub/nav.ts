// nav.xhtml: the nested table of contents and the landmarks. Required by EPUB 3, and read by every reading system.

import { escapeAttribute, escapeText } from '../text.ts'
import type { Book, Chapter, TocEntry } from '../types.ts'
import { xhtmlPage } from './xhtml.ts'

export function navPage(book: Book, chapters: readonly Chapter[]): string {
  const first = chapters[0]?.file ?? ''
  const toc = book.toc.length > 0 ? book.toc : [{ title: book.title, href: first, children: [] }]
  const body = `<nav epub:type="toc" id="toc">
<h1>Contents</h1>
${entries(toc)}
</nav>
<nav epub:type="landmarks" hidden="hidden">
<ol>
<li><a epub:type="cover" href="cover.xhtml">Cover</a></li>
<li><a epub:type="bodymatter" href="text/${escapeAttribute(first)}">Begin reading</a></li>
</ol>
</nav>`
  return xhtmlPage({ title: 'Contents', language: book.language, style: 'style.css' }, body)
}

const entries = (list: readonly TocEntry[]): string => `<ol>\n${list.map(entry).join('\n')}\n</ol>`

function entry({ title, href, children }: TocEntry): string {
  const nested = children.length > 0 ? `\n${entries(children)}\n` : ''
  return `<li><a href="text/${escapeAttribute(href)}">${escapeText(title)}</a>${nested}</li>`
}
