// Stage 5, VALIDATING: reads the finished book as a stranger would and refuses to hand out a bad one.

import { readFile } from 'node:fs/promises'
import { unzipSync } from 'fflate'
import { checkArchive } from './checks/archive.ts'
import { epubcheck } from './checks/epubcheck.ts'
import { checkLinks, type PageFacts, readPage } from './checks/pages.ts'
import { UserFacingError } from './errors.ts'
import { pacer } from './pace.ts'
import type { Build, Extraction, StageTools, Validation } from './types.ts'

export async function validate(extraction: Extraction, built: Build, tools: StageTools): Promise<Validation> {
  const pages = await checkOwn(await readFile(built.epub), tools)
  tools.progress(0.5, 'Asking epubcheck')
  const findings = await epubcheck(built.epub, tools.signal)
  if (findings && findings.length > 0) throw invalid(findings)
  tools.progress(
    1,
    findings ? 'epubcheck found nothing to complain about' : 'Own checks passed; epubcheck is not installed',
  )
  return {
    checks: pages.length,
    epubcheck: findings ? 'passed' : 'not installed',
    warnings: extraction.warnings,
    files: built.files,
  }
}

async function checkOwn(epub: Uint8Array, tools: StageTools): Promise<PageFacts[]> {
  const pace = pacer(tools.signal)
  const problems = checkArchive(epub)
  if (problems.length > 0) throw invalid(problems)
  const entries = Object.entries(unzipSync(epub))
  const xml = entries.filter(([name]) => /\.(xhtml|opf|xml)$/.test(name))
  const pages: PageFacts[] = []
  for (const [name, bytes] of xml) {
    pages.push(readPage(name, Buffer.from(bytes).toString('utf8')))
    tools.progress((0.5 * pages.length) / xml.length, `Checking ${pages.length} of ${xml.length}`)
    await pace()
  }
  const names = new Set(entries.map(([name]) => name))
  const found = [...pages.flatMap((page) => page.problems), ...checkLinks(pages, names), ...checkManifest(pages, names)]
  if (found.length > 0) throw invalid(found)
  return pages
}

/** Every file is in the manifest (what the manifest names is checked as a link). */
function checkManifest(pages: readonly PageFacts[], names: ReadonlySet<string>): string[] {
  const listed = new Set(pages.find((page) => page.name === 'EPUB/package.opf')?.links)
  const free = new Set(['mimetype', 'META-INF/container.xml', 'EPUB/package.opf'])
  return [...names]
    .filter((name) => !free.has(name) && !listed.has(name))
    .map((name) => `${name} is not in the manifest.`)
}

const invalid = (findings: readonly string[]) =>
  new UserFacingError(
    'epub_invalid',
    'The finished book did not pass its checks, so it was not handed out. Please report the document to us.',
    {
      cause: new Error(findings.slice(0, 20).join('\n')),
    },
  )
