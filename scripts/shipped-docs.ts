// The documentation that goes out with the package: the README, and the guides and references that it links to. What a
// page links to and does not ship (the sources, the benchmarks) is named without a link; a table row about nothing else
// is left out.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const shipped = ['README.md', 'CHANGELOG.md', 'LICENSE', 'docs/guides', 'docs/reference', 'clients/python/waybill.py']

const linkPattern = /!?\[([^\]]+)\]\(([^)\s]+)\)/g

/** Copies the documentation of `workspace` into `dist`. */
export function shipDocs(workspace: string, dist: string): void {
  for (const path of shipped) cpSync(join(workspace, path), join(dist, path), { recursive: true })
  for (const page of pagesIn(dist)) {
    const ships = (target: string) => existsSync(join(dist, dirname(page), target))
    writeFileSync(join(dist, page), withoutDeadLinks(readFileSync(join(dist, page), 'utf8'), ships))
  }
}

/** Every relative link of the pages in `dist` that leads nowhere, with its page. */
export function deadLinks(dist: string): string[] {
  return pagesIn(dist).flatMap((page) =>
    targetsOf(readFileSync(join(dist, page), 'utf8'))
      .filter((target) => !existsSync(join(dist, dirname(page), target)))
      .map((target) => `${page} links to ${target}`),
  )
}

export function withoutDeadLinks(text: string, ships: (target: string) => boolean): string {
  const isDead = (target: string) => isRelative(target) && !ships(fileOf(target))
  const isNothingElse = (line: string) =>
    line.startsWith('| [') && [...line.matchAll(linkPattern)].every(([, , target = '']) => isDead(target))
  return text
    .split('\n')
    .filter((line) => !isNothingElse(line))
    .map((line) => line.replace(linkPattern, (link, words: string, target: string) => (isDead(target) ? words : link)))
    .join('\n')
}

function pagesIn(dist: string): string[] {
  const folders = ['', 'docs/guides', 'docs/reference'].filter((folder) => existsSync(join(dist, folder)))
  return folders.flatMap((folder) =>
    readdirSync(join(dist, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  )
}

function targetsOf(text: string): string[] {
  return [...text.matchAll(linkPattern)].flatMap(([, , target = '']) => (isRelative(target) ? [fileOf(target)] : []))
}

function isRelative(target: string): boolean {
  return !/^([a-z]+:|#|\/)/.test(target)
}

function fileOf(target: string): string {
  return target.replace(/#.*$/, '')
}
