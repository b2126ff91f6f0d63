// Running text: keeps the inline tags of the allow-list with the few attributes that mean something, unwraps the rest.
// Event handlers, styles and classes have no way through, for attributes are copied by name.

import { element, type Node } from '../tree.ts'
import { idOf } from './html-flatten.ts'
import { attribute, type HtmlElement, type HtmlNode, isElement } from './html-parse.ts'
import { DROPPED, INLINE, isBlockTag, nameOf } from './html-policy.ts'

export interface Cleaning {
  /** The packed name of a picture, or null when it was refused. */
  image: (src: string) => string | null
  /** The content of a container, cleaned; blocks come from html-blocks.ts. */
  flow: (nodes: readonly HtmlNode[]) => Node[]
  /** Ids whose element is not kept; the enclosing block answers to them. */
  lostIds: string[]
}

export function inline(nodes: readonly HtmlNode[], cleaning: Cleaning, inLink = false): Node[] {
  const out: Node[] = []
  for (const node of nodes) {
    if ('value' in node) append(out, [node.value])
    else if (isElement(node)) append(out, inlineElement(node, cleaning, inLink))
  }
  return out
}

function append(out: Node[], nodes: readonly Node[]): void {
  for (const node of nodes) {
    const last = out.at(-1)
    if (typeof node === 'string' && typeof last === 'string') out[out.length - 1] = last + node
    else if (node !== '') out.push(node)
  }
}

function inlineElement(node: HtmlElement, cleaning: Cleaning, inLink: boolean): Node[] {
  const tag = nameOf(node.tagName)
  if (tag === 'input' && attribute(node, 'type') === 'checkbox')
    return [attribute(node, 'checked') === null ? '☐ ' : '☑ ']
  if (DROPPED.has(tag)) return []
  if (tag === 'img') return picture(node, cleaning)
  if (tag === 'br') return [element('br')]
  if (tag === 'a') return link(node, cleaning, inLink)
  const children = inline(node.childNodes, cleaning, inLink)
  if (isBlockTag(tag)) return [' ', ...unwrapped(node, children, cleaning), ' ']
  if (!INLINE.has(tag) || tag === 'span') return unwrapped(node, children, cleaning)
  return children.length === 0 ? unwrapped(node, children, cleaning) : [element(tag, children, idAttribute(node))]
}

function unwrapped(node: HtmlElement, children: Node[], cleaning: Cleaning): Node[] {
  const id = idOf(node)
  if (id) cleaning.lostIds.push(id)
  return children
}

function picture(node: HtmlElement, cleaning: Cleaning): Node[] {
  const alt = attribute(node, 'alt') ?? ''
  const name = cleaning.image(attribute(node, 'src') ?? '')
  if (name === null) return alt.trim() === '' ? [] : [`[${alt.trim()}]`]
  return [element('img', [], { src: `../images/${name}`, alt, ...idAttribute(node) })]
}

function link(node: HtmlElement, cleaning: Cleaning, inLink: boolean): Node[] {
  const href = inLink ? null : safeHref(attribute(node, 'href') ?? '')
  const children = inline(node.childNodes, cleaning, inLink || href !== null)
  if (href === null || children.length === 0) return unwrapped(node, children, cleaning)
  return [element('a', children, { href, ...idAttribute(node) })]
}

const idAttribute = (node: HtmlElement): Record<string, string> => {
  const id = idOf(node)
  return id ? { id } : {}
}

/** `#anchors` stay for the structure stage; web and mail addresses stay; everything else is text. */
function safeHref(href: string): string | null {
  const trimmed = href.trim()
  if (trimmed.startsWith('#')) return trimmed.length > 1 ? trimmed : null
  if (!URL.canParse(trimmed)) return null
  const url = new URL(trimmed)
  if (!['http:', 'https:', 'mailto:'].includes(url.protocol)) return null
  return url.href
    .replace(/[^\w\-.~:/?#@!$&'()*+,;=%]/g, (found) => encodeURIComponent(found))
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
}
