// Reads every XML file of the book: it must be well formed, its ids must be unique, its links must lead somewhere.
// SAX without a DTD: entities beyond XML's five are errors, so nothing can be smuggled in by one.

import { posix } from 'node:path'
import { SaxesParser } from 'saxes'

export interface PageFacts {
  name: string
  problems: string[]
  ids: Set<string>
  /** Targets inside the book, resolved: `EPUB/text/ch-001.xhtml#intro`. */
  links: string[]
}

export function readPage(name: string, xml: string): PageFacts {
  const facts: PageFacts = { name, problems: [], ids: new Set(), links: [] }
  const parser = new SaxesParser({ xmlns: false })
  parser.on('error', (error) => {
    if (facts.problems.length < 5) facts.problems.push(`${name} is not well formed: ${error.message}`)
  })
  parser.on('opentag', ({ attributes }) => {
    for (const key of ['href', 'src']) addLink(facts, attributes[key])
    addId(facts, attributes['id'])
  })
  parser.write(xml).close()
  return facts
}

function addId(facts: PageFacts, id: string | undefined): void {
  if (id === undefined) return
  if (facts.ids.has(id)) facts.problems.push(`${facts.name} has the id "${id}" twice.`)
  facts.ids.add(id)
}

function addLink(facts: PageFacts, target: string | undefined): void {
  if (target === undefined || /^[a-z][a-z0-9+.-]*:/i.test(target)) return
  const [path = '', fragment] = target.split('#')
  const file = path === '' ? facts.name : posix.join(posix.dirname(facts.name), path)
  facts.links.push(fragment === undefined ? file : `${file}#${fragment}`)
}

export function checkLinks(pages: readonly PageFacts[], names: ReadonlySet<string>): string[] {
  const ids = new Map(pages.map((page) => [page.name, page.ids]))
  const leads = (link: string): boolean => {
    const [file = '', fragment] = link.split('#')
    return names.has(file) && (fragment === undefined || (ids.get(file)?.has(fragment) ?? false))
  }
  return pages.flatMap((page) =>
    page.links.filter((link) => !leads(link)).map((link) => `${page.name} links to ${link}, which is not there.`),
  )
}
