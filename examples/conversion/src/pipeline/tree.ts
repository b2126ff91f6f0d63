// The one shape of content between the formats and the book: a small tree that can only say what XHTML allows.
// Cleaners make it, structure splits it, epub/ writes it out. It is plain JSON.

export type Node = string | Element

export interface Element {
  tag: string
  attrs: Record<string, string>
  children: Node[]
}

export const element = (tag: string, children: Node[] = [], attrs: Record<string, string> = {}): Element => ({
  tag,
  attrs,
  children,
})

export function textOf(node: Node): string {
  if (typeof node === 'string') return node
  if (node.tag === 'br') return ' '
  if (node.tag === 'img') return node.attrs['alt'] ?? ''
  return node.children.map(textOf).join('')
}

export const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim()

export const isBlank = (node: Node): boolean => typeof node === 'string' && node.trim() === ''

/** 1…6 for a heading, otherwise null. */
export function headingLevel(node: Node): number | null {
  if (typeof node === 'string') return null
  const match = /^h([1-6])$/.exec(node.tag)
  return match ? Number(match[1]) : null
}

export function* elementsOf(node: Node): Generator<Element> {
  if (typeof node === 'string') return
  yield node
  for (const child of node.children) yield* elementsOf(child)
}
