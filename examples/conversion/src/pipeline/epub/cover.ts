// The cover: a drawing as SVG, made into a PNG because library views show nothing else. The letters come from a font the
// PDF library ships, so that a machine without fonts draws them too.

import { fileURLToPath } from 'node:url'
import { renderAsync } from '@resvg/resvg-js'
import { escapeAttribute, escapeText, shorten } from '../text.ts'
import type { Book } from '../types.ts'
import { xhtmlPage } from './xhtml.ts'

const LINE = 18

export async function coverImage(book: Book, signal: AbortSignal): Promise<Uint8Array> {
  const fonts = ['Regular', 'Bold'].map((weight) =>
    fileURLToPath(
      new URL(
        `../../standard_fonts/LiberationSans-${weight}.ttf`,
        import.meta.resolve('pdfjs-dist/legacy/build/pdf.mjs'),
      ),
    ),
  )
  const options = { font: { loadSystemFonts: true, fontFiles: fonts, defaultFontFamily: 'Liberation Sans' } }
  return (await renderAsync(coverSvg(book), options, signal)).asPng()
}

function coverSvg({ title, author, identifier }: Book): string {
  const hue = Number.parseInt(identifier.slice(9, 13), 16) % 360
  const lines = wrap(title).slice(0, 7)
  const rows = lines.map((line, index) => `<tspan x="80" dy="${index === 0 ? 0 : 84}">${escapeText(line)}</tspan>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="1500" viewBox="0 0 1000 1500">
<rect width="1000" height="1500" fill="hsl(${hue}, 45%, 24%)"/>
<rect y="1180" width="1000" height="320" fill="hsl(${hue}, 45%, 18%)"/>
<rect x="80" y="1130" width="840" height="20" rx="10" fill="#ffffff" fill-opacity="0.25"/>
<rect x="80" y="1130" width="580" height="20" rx="10" fill="#ffffff"/>
<text x="80" y="260" font-family="Liberation Sans, sans-serif" font-size="72" font-weight="bold" fill="#ffffff">${rows.join('')}</text>
<text x="80" y="1340" font-family="Liberation Sans, sans-serif" font-size="44" fill="#ffffff">${escapeText(shorten(author ?? '', 38))}</text>
</svg>`
}

function wrap(title: string): string[] {
  const lines: string[] = []
  for (const word of shorten(title, 110).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && `${last} ${word}`.length <= LINE) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(shorten(word, LINE + 2))
  }
  return lines
}

export const coverPage = (book: Book): string =>
  xhtmlPage(
    { title: book.title, language: book.language, style: 'style.css', bodyType: 'cover' },
    `<div class="cover"><img src="images/cover.png" alt="${escapeAttribute(`Cover: ${book.title}`)}"/></div>`,
  )
