// Tables: caption, one head, bodies, foot, in that order; spans only as sane numbers. Rows are taken by their nearest
// table, so a table in a cell stays where it was.

import { type Element, element } from '../tree.ts'
import { type Cleaning, inline } from './html-inline.ts'
import { attribute, type HtmlElement, isElement } from './html-parse.ts'

export function table(node: HtmlElement, cleaning: Cleaning): Element | null {
  const sections = childrenNamed(node, 'thead', 'tbody', 'tfoot').map((child) => section(child, cleaning))
  const rows = sections.filter((made) => made.children.length > 0)
  if (rows.length === 0) return null
  const firstHead = rows.findIndex((made) => made.tag === 'thead')
  const bodies = rows.filter((_, index) => index !== firstHead).map((made) => ({ ...made, tag: 'tbody' }))
  const head = firstHead === -1 ? [] : rows.slice(firstHead, firstHead + 1)
  return element('table', [...caption(node, cleaning), ...head, ...bodies])
}

function caption(node: HtmlElement, cleaning: Cleaning): Element[] {
  const [found] = childrenNamed(node, 'caption')
  return found ? [element('caption', inline(found.childNodes, cleaning))] : []
}

const section = (node: HtmlElement, cleaning: Cleaning): Element =>
  element(
    node.tagName,
    childrenNamed(node, 'tr')
      .map((row) => tableRow(row, cleaning))
      .filter((row) => row.children.length > 0),
  )

const tableRow = (node: HtmlElement, cleaning: Cleaning): Element =>
  element(
    'tr',
    childrenNamed(node, 'td', 'th').map((child) => cell(child, cleaning)),
  )

function cell(node: HtmlElement, cleaning: Cleaning): Element {
  const content = node.tagName === 'th' ? inline(node.childNodes, cleaning) : cleaning.flow(node.childNodes)
  return element(node.tagName, content, { ...span(node, 'colspan'), ...span(node, 'rowspan') })
}

function span(node: HtmlElement, name: 'colspan' | 'rowspan'): Record<string, string> {
  const value = attribute(node, name) ?? ''
  return /^\d{1,3}$/.test(value) && Number(value) > 1 ? { [name]: String(Number(value)) } : {}
}

const childrenNamed = (node: HtmlElement, ...tags: string[]): HtmlElement[] =>
  node.childNodes.filter(isElement).filter((child) => tags.includes(child.tagName))
