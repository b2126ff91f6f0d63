// Blocks: paragraphs, headings, code, quotes, figures; lists and tables are next door. Whatever markup comes in, what
// goes out follows XHTML's content model, so that a strict reader never meets an error.

import { type Element, element, isBlank, type Node, textOf } from '../tree.ts'
import { flatten, idOf, type Piece } from './html-flatten.ts'
import { type Cleaning, inline } from './html-inline.ts'
import { definitions, list } from './html-lists.ts'
import { descendants, type HtmlElement, type HtmlNode } from './html-parse.ts'
import { nameOf, TEXT_BLOCKS } from './html-policy.ts'
import { table } from './html-table.ts'

/** One piece as a clean block, or null when nothing is left of it. */
export function cleanPiece(piece: Piece, cleaning: Cleaning): Element | null {
  const outer = cleaning.lostIds.splice(0)
  const made = piece.kind === 'run' ? paragraph(piece.nodes, cleaning) : cleanBlock(piece.node, cleaning)
  const aliases = [...piece.lostIds, ...cleaning.lostIds.splice(0)]
  if (!made) {
    cleaning.lostIds.push(...outer, ...aliases)
    return null
  }
  cleaning.lostIds.push(...outer)
  return withAliases(made, aliases)
}

function withAliases(made: Element, aliases: readonly string[]): Element {
  if (aliases.length > 0) made.attrs['data-alias'] = [made.attrs['data-alias'], ...aliases].filter(Boolean).join(' ')
  return made
}

/** The content of a list item, a cell or a quote: loose text when there is nothing else, otherwise blocks. */
export function flow(nodes: readonly HtmlNode[], cleaning: Cleaning): Node[] {
  const pieces = flatten(nodes)
  const [first] = pieces
  if (pieces.length === 1 && first?.kind === 'run') {
    cleaning.lostIds.push(...first.lostIds)
    return inline(first.nodes, cleaning)
  }
  return pieces.map((piece) => cleanPiece(piece, cleaning)).filter((block) => block !== null)
}

function cleanBlock(node: HtmlElement, cleaning: Cleaning): Element | null {
  const made = byTag(nameOf(node.tagName), node, cleaning)
  const id = idOf(node)
  if (made && id) made.attrs['id'] = id
  if (!made && id) cleaning.lostIds.push(id)
  return made
}

function byTag(tag: string, node: HtmlElement, cleaning: Cleaning): Element | null {
  if (tag === 'hr') return element('hr')
  if (TEXT_BLOCKS.has(tag)) return textBlock(tag, node.childNodes, cleaning)
  if (tag === 'ul' || tag === 'ol') return list(tag, node, cleaning)
  if (tag === 'dl') return definitions(node, cleaning)
  if (tag === 'table') return table(node, cleaning)
  if (tag === 'figure') return figure(node, cleaning)
  return filled('blockquote', blocksOnly(flow(node.childNodes, cleaning)))
}

function textBlock(tag: string, nodes: readonly HtmlNode[], cleaning: Cleaning): Element | null {
  const children = inline(nodes, cleaning)
  return children.every(isBlank) ? null : element(tag, children)
}

const paragraph = (nodes: readonly HtmlNode[], cleaning: Cleaning): Element | null => textBlock('p', nodes, cleaning)

function figure(node: HtmlElement, cleaning: Cleaning): Element | null {
  const isCaption = (child: HtmlNode): boolean => child.nodeName === 'figcaption'
  const captions = [...descendants(node)].filter(isCaption)
  const body = blocksOnly(
    flow(
      node.childNodes.filter((child) => !isCaption(child)),
      cleaning,
    ),
  )
  const caption = captions.flatMap((child) => inline(child.childNodes, cleaning))
  if (body.length === 0) return filled('p', caption)
  return element('figure', caption.length > 0 ? [...body, element('figcaption', caption)] : body)
}

/** Wraps loose text, for places where only blocks may stand. */
function blocksOnly(nodes: Node[]): Element[] {
  const isBlock = (node: Node): node is Element =>
    typeof node !== 'string' && /^(p|h\d|pre|ul|ol|dl|table|figure|blockquote|hr)$/.test(node.tag)
  if (nodes.every(isBlock)) return nodes.filter(isBlock)
  return nodes.every(isBlank) ? [] : [element('p', nodes)]
}

const filled = (tag: string, children: Node[]): Element | null =>
  children.some((child) => typeof child !== 'string' || textOf(child).trim() !== '') ? element(tag, children) : null
