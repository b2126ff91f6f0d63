// Opens wrappers (div, section, main, form …) until only blocks are left, in reading order. Two things come out: a block
// element, or a run of loose text and inline tags that stands where a block should.

import { attribute, type HtmlElement, type HtmlNode, isElement } from './html-parse.ts'
import { DROPPED, isBlockTag, nameOf, TRANSPARENT } from './html-policy.ts'

export type Piece =
  | { kind: 'block'; node: HtmlElement; lostIds: string[] }
  | { kind: 'run'; nodes: HtmlNode[]; lostIds: string[] }

export function flatten(nodes: readonly HtmlNode[]): Piece[] {
  const pieces: Piece[] = []
  const state: State = { pieces, run: [], lostIds: [] }
  walk(nodes, state)
  endRun(state)
  return pieces
}

interface State {
  pieces: Piece[]
  run: HtmlNode[]
  /** Ids of opened wrappers: the next piece answers to them. */
  lostIds: string[]
}

function walk(nodes: readonly HtmlNode[], state: State): void {
  for (const node of nodes) {
    if (!isElement(node)) {
      if ('value' in node) state.run.push(node)
      continue
    }
    const tag = nameOf(node.tagName)
    if (DROPPED.has(tag) && tag !== 'input') continue
    if (TRANSPARENT.has(tag)) open(node, state)
    else if (isBlockTag(tag)) block(node, state)
    else if (holdsBlock(node)) open(node, state)
    else state.run.push(node)
  }
}

function open(node: HtmlElement, state: State): void {
  endRun(state)
  const id = idOf(node)
  if (id) state.lostIds.push(id)
  walk(node.childNodes, state)
  endRun(state)
}

function block(node: HtmlElement, state: State): void {
  endRun(state)
  state.pieces.push({ kind: 'block', node, lostIds: state.lostIds.splice(0) })
}

function endRun(state: State): void {
  const nodes = state.run.splice(0)
  if (nodes.every((node) => 'value' in node && node.value.trim() === '')) return
  state.pieces.push({ kind: 'run', nodes, lostIds: state.lostIds.splice(0) })
}

function holdsBlock(node: HtmlElement): boolean {
  return node.childNodes.some((child) => isElement(child) && (isBlockTag(nameOf(child.tagName)) || holdsBlock(child)))
}

export const idOf = (node: HtmlElement): string | null =>
  attribute(node, 'id') || (node.tagName === 'a' ? attribute(node, 'name') : null) || null
