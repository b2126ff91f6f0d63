// HTML to blocks: parse, open wrappers, shelve pictures, clean. Called by the extract stage, also for Markdown.

import { pacer } from '../pace.ts'
import type { ImageShelf } from '../images/shelf.ts'
import { portion } from '../progress.ts'
import type { Element } from '../tree.ts'
import type { StageTools } from '../types.ts'
import { cleanPiece, flow } from './html-blocks.ts'
import { flatten, type Piece } from './html-flatten.ts'
import type { Cleaning } from './html-inline.ts'
import { attribute, descendants, type HtmlNode, isElement, parseHtml, rawText } from './html-parse.ts'

export async function extractHtml(html: string, shelf: ImageShelf, tools: StageTools): Promise<Element[]> {
  const pace = pacer(tools.signal)
  const document = await parseHtml(html, portion(tools, 0, 0.4))
  const pieces = flatten(document.childNodes)
  const images = new Map<string, string | null>()
  const cleaning = cleaningWith(images)
  const blocks: Element[] = []
  for (const [index, piece] of pieces.entries()) {
    await shelvePictures(piece, shelf, images)
    const block = cleanPiece(piece, cleaning)
    if (block) blocks.push(block)
    tools.progress(0.4 + (0.6 * (index + 1)) / pieces.length, `Block ${index + 1} of ${pieces.length}`)
    await pace()
  }
  return blocks
}

function cleaningWith(images: ReadonlyMap<string, string | null>): Cleaning {
  const cleaning: Cleaning = {
    image: (src) => images.get(src) ?? null,
    flow: (nodes) => flow(nodes, cleaning),
    lostIds: [],
  }
  return cleaning
}

async function shelvePictures(piece: Piece, shelf: ImageShelf, images: Map<string, string | null>): Promise<void> {
  const roots: HtmlNode[] = piece.kind === 'block' ? [piece.node] : piece.nodes
  for (const node of roots.flatMap((root) => [root, ...descendants(root)])) {
    const src = isElement(node) && (node.tagName === 'img' || node.tagName === 'image') ? attribute(node, 'src') : null
    if (src) images.set(src, await shelf.take(src))
  }
}

export interface HtmlHead {
  title: string | null
  author: string | null
  language: string | null
}

/** Title, author and language from the first part of a document. */
export async function readHead(html: string, tools: StageTools): Promise<HtmlHead> {
  const document = await parseHtml(html.slice(0, 128 * 1024), tools)
  const head: HtmlHead = { title: null, author: null, language: null }
  for (const node of descendants(document)) {
    if (node.tagName === 'html') head.language = attribute(node, 'lang')
    if (node.tagName === 'title') head.title ??= rawText(node)
    if (node.tagName === 'meta' && attribute(node, 'name')?.toLowerCase() === 'author')
      head.author = attribute(node, 'content')
  }
  return head
}
