// The conformance suite: what every engine keeps, as tests for whoever writes one. Read the cases as the contract's tutorial.
//
//   import { test } from 'node:test'            // or vitest, or any other runner
//   conformance({ name: 'mine', open: openMine, test })
//
// It needs nothing but node:assert, and fast-check for the random lives. `WAYBILL_SEED` replays a failure,
// `WAYBILL_RUNS` says how many lives (default 60).
import { aheadCases } from './cases/ahead.ts'
import { againCases } from './cases/again.ts'
import { applyCases } from './cases/apply.ts'
import { claimCases } from './cases/claim.ts'
import { crowdCases } from './cases/crowd.ts'
import { docCases } from './cases/docs.ts'
import { dueCases } from './cases/due.ts'
import { handleCases } from './cases/handles.ts'
import { holdCases } from './cases/holds.ts'
import { hintCases } from './cases/hints.ts'
import { insertCases } from './cases/insert.ts'
import { keyCases } from './cases/keys.ts'
import { leaseCases } from './cases/lease.ts'
import { listCases } from './cases/list.ts'
import { noteCases } from './cases/note.ts'
import { replayCases } from './cases/replay.ts'
import { rerunCases } from './cases/rerun.ts'
import { restoreCases } from './cases/restore.ts'
import { retentionCases } from './cases/retention.ts'
import { waitCases } from './cases/waits.ts'
import { randomLives } from './lives/run.ts'
import type { Case, Subject } from './subject.ts'

export { regressions, violations } from './invariants.ts'
export { randomLives, type LivesOptions } from './lives/run.ts'
export { ModelEngine, type ModelOptions } from './model.ts'
export type { Subject } from './subject.ts'

export interface ConformanceOptions {
  name: string
  /** A fresh, empty, migrated store for each case. */
  open: () => Promise<Subject>
  /** The test runner's way to declare a test. */
  test: Declare & { skip?: Declare }
  /** Cases that are not run, by name, each with its reason. A name that is no case's is refused. */
  skip?: Readonly<Record<string, string>>
  /** Random lives; each is a few thousand calls. Default 60; WAYBILL_RUNS says otherwise. */
  runs?: number
}

type Declare = (name: string, run: () => Promise<void>) => unknown

const tutorials: Case[] = [
  insertCases,
  keyCases,
  holdCases,
  claimCases,
  aheadCases,
  replayCases,
  applyCases,
  againCases,
  rerunCases,
  leaseCases,
  noteCases,
  listCases,
  dueCases,
  retentionCases,
  restoreCases,
  docCases,
  hintCases,
  handleCases,
  waitCases,
  crowdCases,
].flat()
const lives = 'random lives go as they go for the model'

/** Declares every test of the suite for one engine. */
export function conformance({ name, open, test, skip = {}, runs }: ConformanceOptions): void {
  const tests = new Map(tutorials.map((one) => [one.name, () => runCase(open, one)]))
  tests.set(lives, () => randomLives(open, runs === undefined ? {} : { runs }))
  const unknown = Object.keys(skip).filter((one) => !tests.has(one))
  if (unknown.length > 0) throw new Error(`conformance: skip names no case of the suite: ${unknown.join('; ')}`)
  for (const [title, run] of tests) declare(test, `${name}: ${title}`, run, skip[title])
}

function declare(test: ConformanceOptions['test'], title: string, run: () => Promise<void>, reason?: string): void {
  if (reason === undefined) test(title, run)
  else (test.skip ?? test)(`${title} (skipped: ${reason})`, async () => {})
}

async function runCase(open: () => Promise<Subject>, one: Case): Promise<void> {
  const subject = await open()
  try {
    if (one.needs && !subject[one.needs])
      throw new Error(`this case needs subject.${one.needs}: give it, or skip the case by its name`)
    await one.run(subject)
  } finally {
    await subject.close()
  }
}
