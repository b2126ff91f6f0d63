// The five stages in a row. A `checkpoint` keeps what a stage hands on; when an attempt is repeated, finished stages are
// taken from there, provided their files still stand, else the stage is done again.
//
//   ANALYZING ─▶ EXTRACTING ─▶ STRUCTURING ─▶ BUILDING ─▶ VALIDATING

import { createHash } from 'node:crypto'
import { analyze } from './analyze.ts'
import { build } from './build.ts'
import { extract } from './extract.ts'
import { allStand } from './files.ts'
import { structure } from './structure.ts'
import type { Source, Stamp, StageTools } from './types.ts'
import { validate } from './validate.ts'

export type Stage = 'ANALYZING' | 'EXTRACTING' | 'STRUCTURING' | 'BUILDING' | 'VALIDATING'

/** Share of the whole, from measurements with PDF and HTML documents of some length. */
const SHARES: Record<Stage, number> = {
  ANALYZING: 0.05,
  EXTRACTING: 0.4,
  STRUCTURING: 0.1,
  BUILDING: 0.15,
  VALIDATING: 0.3,
}

export interface PipelineHost {
  signal: AbortSignal
  /** Overall 0…1. */
  progress(fraction: number, message: string, stage: Stage): void
  /** Runs `work` once per key and remembers its JSON result; the same key again returns what is remembered. */
  checkpoint<T>(key: string, work: () => Promise<T>): Promise<T>
}

export interface Converted {
  epub: string
  bytes: number
  sha256: string
  title: string
  format: string
  chapters: number
  images: number
  brokenLinks: number
  epubcheck: 'passed' | 'not installed'
  warnings: string[]
}

export async function convert(source: Source, host: PipelineHost): Promise<Converted> {
  const analysis = await stage('ANALYZING', [], host, (tools) => analyze(source, tools))
  const extraction = await stage('EXTRACTING', [analysis], host, (tools) => extract(analysis, tools))
  const book = await stage('STRUCTURING', [analysis, extraction], host, (tools) =>
    structure(analysis, extraction, tools),
  )
  const built = await stage('BUILDING', [analysis, extraction, book], host, (tools) => build(analysis, book, tools))
  const verdict = await stage('VALIDATING', [extraction, built], host, (tools) => validate(extraction, built, tools))
  return {
    epub: built.epub,
    bytes: built.bytes,
    sha256: built.files[0]?.sha256 ?? '',
    title: book.title,
    format: analysis.format,
    chapters: book.chapters,
    images: extraction.images,
    brokenLinks: book.brokenLinks,
    epubcheck: verdict.epubcheck,
    warnings: verdict.warnings.slice(0, 20),
  }
}

const MOST_REDOS = 3

interface WithFiles {
  files: Stamp[]
}

/**
 * Takes the stage from its checkpoint. It is done again, under a further key, when its files are gone or changed or when
 * it was made from something else than what the stages before it hold now.
 */
async function stage<T extends WithFiles>(
  name: Stage,
  inputs: readonly WithFiles[],
  host: PipelineHost,
  work: (tools: StageTools) => Promise<T>,
): Promise<T> {
  const tools = toolsFor(name, host)
  const from = fingerprint(inputs)
  for (let round = 0; round <= MOST_REDOS; round++) {
    host.signal.throwIfAborted()
    const key = round === 0 ? name : `${name}-${round + 1}`
    const kept = await host.checkpoint(key, async () => ({ from, output: await work(tools) }))
    if (kept.from === from && (await allStand(kept.output.files))) return kept.output
  }
  throw new Error(
    `${name}: the files of this job changed ${MOST_REDOS} times while it ran; let nothing else write to its work directory`,
  )
}

const fingerprint = (inputs: readonly WithFiles[]): string =>
  createHash('sha256')
    .update(inputs.flatMap((input) => input.files.map((file) => file.sha256)).join())
    .digest('hex')
    .slice(0, 16)

function toolsFor(name: Stage, host: PipelineHost): StageTools {
  const before = startOf(name)
  return {
    signal: host.signal,
    progress: (fraction, message) =>
      host.progress(before + SHARES[name] * Math.min(1, Math.max(0, fraction)), message, name),
  }
}

function startOf(name: Stage): number {
  const stages: Stage[] = ['ANALYZING', 'EXTRACTING', 'STRUCTURING', 'BUILDING', 'VALIDATING']
  return stages.slice(0, stages.indexOf(name)).reduce((sum, stage) => sum + SHARES[stage], 0)
}
