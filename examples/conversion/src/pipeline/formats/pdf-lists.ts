// List items in a PDF are lines that begin with a bullet or a number; how far they are set in says how deep they nest.

import { type Element, element } from '../tree.ts'
import type { Line } from './pdf-lines.ts'

export interface Item {
  text: string
  x: number
  ordered: boolean
  start: number
}

const BULLET = /^[•◦▪‣·●○–*-]\s+(?=\S)/
const NUMBER = /^\(?(\d{1,3})[.)]\s+(?=\S)/

export function readMarker(line: Line): Item | null {
  const number = NUMBER.exec(line.text)
  const marker = number ?? BULLET.exec(line.text)
  if (!marker) return null
  return {
    text: line.text.slice(marker[0].length),
    x: line.x,
    ordered: number !== null,
    start: Number(number?.[1] ?? 1),
  }
}

/** Consecutive items as lists; a kind that changes at the outer level begins a new list. */
export function nestItems(items: readonly Item[]): Element[] {
  const lists: Element[] = []
  const stack: { x: number; list: Element }[] = []
  for (const item of items) {
    while (stack.length > 1 && item.x < (stack.at(-1)?.x ?? 0) - 3) stack.pop()
    const top = stack.at(-1)
    if (!top || (stack.length === 1 && top.list.tag !== tagOf(item))) {
      stack.length = 0
      lists.push(open(stack, item))
    } else if (item.x > top.x + 3) top.list.children.push(...nestedIn(top.list, open(stack, item)))
    stack.at(-1)?.list.children.push(element('li', [item.text]))
  }
  return lists
}

const tagOf = (item: Item): string => (item.ordered ? 'ol' : 'ul')

function open(stack: { x: number; list: Element }[], item: Item): Element {
  const list = element(tagOf(item), [], item.ordered && item.start !== 1 ? { start: String(item.start) } : {})
  stack.push({ x: item.x, list })
  return list
}

/** Puts a list into the last item of another; gives it back when there is none. */
function nestedIn(outer: Element, inner: Element): Element[] {
  const last = outer.children.at(-1)
  if (typeof last !== 'object') return [element('li', [inner])]
  last.children.push(inner)
  return []
}
