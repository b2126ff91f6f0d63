// Anchors across the split: every id becomes unique and safe, every heading gets one, and links follow their target into
// the file it now lies in. A link whose target does not exist becomes plain text.

import { slug } from './text.ts'
import { type Element, elementsOf, headingLevel, type Node, textOf } from './tree.ts'
import type { Chapter } from './types.ts'

export class Anchors {
  readonly #targets = new Map<string, string>()
  readonly #slugs = new Map<string, string>()
  readonly #used = new Set<string>()
  broken = 0

  /** First pass: gives out ids and remembers where each name leads. */
  collect({ file, blocks }: Chapter): void {
    for (const found of blocks.flatMap((block) => [...elementsOf(block)])) this.#name(found, file)
  }

  #name(found: Element, file: string): void {
    const { id, 'data-alias': alias, ...rest } = found.attrs
    const names = [id ?? '', ...(alias ?? '').split(' ')].filter((name) => name !== '')
    found.attrs = rest
    const heading = headingLevel(found) === null ? null : textOf(found)
    if (names.length === 0 && heading === null) return
    const fresh = this.#fresh(slug(names[0] ?? heading ?? ''))
    found.attrs = { ...rest, id: fresh }
    for (const name of names) remember(this.#targets, name, `${file}#${fresh}`)
    if (heading !== null) remember(this.#slugs, githubSlug(heading), `${file}#${fresh}`)
  }

  #fresh(wanted: string): string {
    let id = wanted
    for (let count = 2; this.#used.has(id); count++) id = `${wanted}-${count}`
    this.#used.add(id)
    return id
  }

  /** Second pass. */
  rewrite(nodes: readonly Node[]): Node[] {
    return nodes.flatMap((node) => (typeof node === 'string' ? [node] : this.#rewriteElement(node)))
  }

  #rewriteElement(node: Element): Node[] {
    const children = this.rewrite(node.children)
    const href = node.attrs['href']
    if (!href?.startsWith('#')) return [{ ...node, children }]
    const target = this.#find(href.slice(1))
    if (target) return [{ ...node, children, attrs: { ...node.attrs, href: target } }]
    this.broken++
    const { href: _gone, ...attrs } = node.attrs
    return 'id' in attrs ? [{ tag: 'span', attrs, children }] : children
  }

  #find(name: string): string | undefined {
    const plain = decoded(name)
    return this.#targets.get(name) ?? this.#targets.get(plain) ?? this.#slugs.get(plain.toLowerCase())
  }
}

function remember(map: Map<string, string>, name: string, target: string): void {
  if (!map.has(name)) map.set(name, target)
}

/** How GitHub names headings, for Markdown documents that link to them. */
const githubSlug = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch (error) {
    if (error instanceof URIError) return name
    throw error
  }
}
