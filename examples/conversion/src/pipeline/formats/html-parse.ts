// HTML to a tree, as a browser would read it, in slices: the event loop gets its turn between them. No entity, script
// or address of the document is ever resolved here. Absurd nesting is refused, for it makes any reader crawl.

import { type DefaultTreeAdapterMap, Parser, defaultTreeAdapter } from 'parse5'
import { UserFacingError } from '../errors.ts'
import { pacer } from '../pace.ts'
import type { StageTools } from '../types.ts'

export type HtmlDocument = DefaultTreeAdapterMap['document']
export type HtmlNode = DefaultTreeAdapterMap['node']
export type HtmlElement = DefaultTreeAdapterMap['element']

const SLICE = 16 * 1024
const MAX_DEPTH = 600

export async function parseHtml(html: string, { signal, progress }: StageTools): Promise<HtmlDocument> {
  const pace = pacer(signal)
  const parser = new Parser<DefaultTreeAdapterMap>({ treeAdapter: depthGuard(), scriptingEnabled: false })
  for (let at = 0; at < html.length; at += SLICE) {
    parser.tokenizer.write(html.slice(at, at + SLICE), false)
    progress(Math.min(1, (at + SLICE) / html.length), 'Reading the document')
    await pace()
  }
  parser.tokenizer.write('', true)
  return parser.document
}

function depthGuard(): typeof defaultTreeAdapter {
  let depth = 0
  return {
    ...defaultTreeAdapter,
    onItemPush: () => {
      if (++depth > MAX_DEPTH) throw tooDeep()
    },
    onItemPop: () => {
      depth--
    },
  }
}

const tooDeep = () =>
  new UserFacingError(
    'document_too_deep',
    `The document nests more than ${MAX_DEPTH} elements in one another. Flatten it and send it again.`,
  )

export const isElement = (node: HtmlNode): node is HtmlElement => 'tagName' in node

export const attribute = (node: HtmlElement, name: string): string | null =>
  node.attrs.find((found) => found.name === name)?.value ?? null

export function* descendants(node: HtmlNode): Generator<HtmlElement> {
  if (!('childNodes' in node)) return
  for (const child of node.childNodes) {
    if (isElement(child)) yield child
    yield* descendants(child)
  }
}

export function rawText(node: HtmlNode): string {
  if ('value' in node) return node.value
  return 'childNodes' in node ? node.childNodes.map(rawText).join('') : ''
}
