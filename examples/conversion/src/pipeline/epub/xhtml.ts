// Trees to well-formed XHTML, and the frame every page of the book shares.

import type { Element, Node } from '../tree.ts'
import { escapeAttribute, escapeText } from '../text.ts'

const EMPTY = new Set(['br', 'hr', 'img'])

function serialize(node: Node): string {
  if (typeof node === 'string') return escapeText(node)
  const attrs = Object.entries(node.attrs)
    .map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
    .join('')
  if (EMPTY.has(node.tag)) return `<${node.tag}${attrs}/>`
  return `<${node.tag}${attrs}>${node.children.map(serialize).join('')}</${node.tag}>`
}

export const serializeBlocks = (blocks: readonly Element[]): string => blocks.map(serialize).join('\n')

export interface PageFrame {
  title: string
  language: string
  /** From the page to the style sheet. */
  style: string
  bodyType?: string
}

export function xhtmlPage({ title, language, style, bodyType }: PageFrame, body: string): string {
  const lang = escapeAttribute(language)
  const type = bodyType ? ` epub:type="${bodyType}"` : ''
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="${lang}" xml:lang="${lang}">
<head>
<title>${escapeText(title.trim() || 'Untitled')}</title>
<link rel="stylesheet" type="text/css" href="${style}"/>
</head>
<body${type}>
${body}
</body>
</html>
`
}
