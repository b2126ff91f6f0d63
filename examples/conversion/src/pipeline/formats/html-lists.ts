// Lists as readers need them: every child of a list is an item, a list put straight into a list belongs to the item
// before it, and each term of a definition list has a definition.

import { type Element, element, isBlank, type Node } from '../tree.ts'
import { idOf } from './html-flatten.ts'
import { type Cleaning, inline } from './html-inline.ts'
import { attribute, type HtmlElement, type HtmlNode, isElement } from './html-parse.ts'
import { nameOf } from './html-policy.ts'

export function list(tag: 'ul' | 'ol', node: HtmlElement, cleaning: Cleaning): Element | null {
  const items: Element[] = []
  for (const child of node.childNodes) addItem(items, child, cleaning)
  return items.length === 0 ? null : element(tag, items, tag === 'ol' ? startOf(node) : {})
}

function addItem(items: Element[], child: HtmlNode, cleaning: Cleaning): void {
  const isItem = isElement(child) && child.tagName === 'li'
  const content = tight(cleaning.flow(isItem ? child.childNodes : [child]))
  if (content.every(isBlank)) return
  const last = items.at(-1)
  if (isElement(child) && /^(ul|ol)$/.test(nameOf(child.tagName)) && last) last.children.push(...content)
  else items.push(element('li', content, isItem ? idAttribute(child) : {}))
}

/** Text with nothing but lists below it needs no paragraph of its own. */
function tight(content: Node[]): Node[] {
  const [first, ...rest] = content
  if (typeof first !== 'object' || first.tag !== 'p' || Object.keys(first.attrs).length > 0) return content
  const onlyLists = rest.length > 0 && rest.every((node) => typeof node === 'object' && /^[uo]l$/.test(node.tag))
  return onlyLists ? [...first.children, ...rest] : content
}

const idAttribute = (node: HtmlElement): Record<string, string> => {
  const id = idOf(node)
  return id ? { id } : {}
}

function startOf(node: HtmlElement): Record<string, string> {
  const start = attribute(node, 'start') ?? ''
  return /^-?\d{1,6}$/.test(start) ? { start: String(Number(start)) } : {}
}

export function definitions(node: HtmlElement, cleaning: Cleaning): Element | null {
  const entries: Element[] = []
  for (const child of terms(node)) {
    const isTerm = child.tagName === 'dt'
    const before = entries.at(-1)?.tag
    if (isTerm) entries.push(term(child, cleaning))
    else {
      if (before === undefined) entries.push(element('dt'))
      entries.push(element('dd', cleaning.flow(child.childNodes), idAttribute(child)))
    }
  }
  if (entries.at(-1)?.tag === 'dt') entries.push(element('dd'))
  return entries.length === 0 ? null : element('dl', entries)
}

const term = (node: HtmlElement, cleaning: Cleaning): Element =>
  element('dt', inline(node.childNodes, cleaning), idAttribute(node))

/** The dt and dd of a list, also those inside a grouping div. */
function terms(node: HtmlElement): HtmlElement[] {
  const found: HtmlElement[] = []
  for (const child of node.childNodes) {
    if (!isElement(child)) continue
    if (child.tagName === 'dt' || child.tagName === 'dd') found.push(child)
    else if (child.tagName === 'div') found.push(...terms(child))
  }
  return found
}
