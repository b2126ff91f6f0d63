// package.opf and container.xml: what the book is called, which files it has, in which order they are read.

import { escapeAttribute, escapeText } from '../text.ts'
import type { Book, Chapter } from '../types.ts'

export const CONTAINER = `<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
`

export function packageDocument(book: Book, chapters: readonly Chapter[]): string {
  const language = escapeAttribute(book.language)
  return `<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book-id" xml:lang="${language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="book-id">${escapeText(book.identifier)}</dc:identifier>
<dc:title>${escapeText(book.title)}</dc:title>
<dc:language>${language}</dc:language>
${book.author ? `<dc:creator>${escapeText(book.author)}</dc:creator>\n` : ''}<meta property="dcterms:modified">${book.modified}</meta>
</metadata>
<manifest>
${manifest(book, chapters).join('\n')}
</manifest>
<spine>
<itemref idref="cover"/>
<itemref idref="nav"/>
${chapters.map((_, index) => `<itemref idref="ch-${index + 1}"/>`).join('\n')}
</spine>
</package>
`
}

function manifest(book: Book, chapters: readonly Chapter[]): string[] {
  return [
    item('nav', 'nav.xhtml', XHTML, 'nav'),
    item('cover', 'cover.xhtml', XHTML),
    item('cover-image', 'images/cover.png', 'image/png', 'cover-image'),
    item('style', 'style.css', 'text/css'),
    ...chapters.map(({ file }, index) => item(`ch-${index + 1}`, `text/${file}`, XHTML)),
    ...book.images.map(({ file, mediaType }, index) => item(`img-${index + 1}`, `images/${file}`, mediaType)),
  ]
}

const XHTML = 'application/xhtml+xml'

const item = (id: string, href: string, mediaType: string, properties?: string): string =>
  `<item id="${id}" href="${escapeAttribute(href)}" media-type="${mediaType}"${properties ? ` properties="${properties}"` : ''}/>`
