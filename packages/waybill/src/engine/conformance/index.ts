// The conformance suite: what every engine keeps, to be run by whoever writes one.
//
//   conformance({ name: 'mine', open: () => openMine(), test: (name, run) => test(name, run) })
//
// It needs nothing but node:assert, and fast-check for the random lives. `WAYBILL_SEED` replays a failure,
// `WAYBILL_RUNS` says how many lives (default 60).
import { applyCases } from './cases/apply.ts'
import { claimCases } from './cases/claim.ts'
import { insertCases } from './cases/insert.ts'
import { readCases } from './cases/read.ts'
import { live, type Step } from './sequences.ts'
import type { Case, Subject } from './subject.ts'

export { violations } from './invariants.ts'
export { ModelEngine } from './model.ts'
export type { Subject } from './subject.ts'

export interface ConformanceOptions {
  name: string
  /** A fresh, empty, migrated store for each case. */
  open(): Promise<Subject>
  /** The test runner's way to declare a test. */
  test(name: string, run: () => Promise<void>): void
  /** Cases that are not run, by name, each with its reason. */
  skip?: Readonly<Record<string, string>>
}

const cases: Case[] = [...insertCases, ...claimCases, ...applyCases, ...readCases]

/** Declares every test of the suite for one engine. */
export function conformance({ name, open, test, skip = {} }: ConformanceOptions): void {
  for (const one of cases) {
    const reason = skip[one.name]
    if (reason !== undefined) test(`${name}: (skipped: ${reason}) ${one.name}`, async () => {})
    else
      test(`${name}: ${one.name}`, () =>
        withSubject(open, async (subject) => (one.needs && !subject[one.needs] ? undefined : one.run(subject))))
  }
  test(`${name}: random lives are lived as the model lives them`, () => randomLives(open))
}

async function withSubject(
  open: () => Promise<Subject>,
  run: (subject: Subject) => Promise<void> | undefined,
): Promise<void> {
  const subject = await open()
  try {
    await run(subject)
  } finally {
    await subject.close()
  }
}

const kinds: Step['do'][] = [
  'insert',
  'insert',
  'insert',
  'claim',
  'claim',
  'claim',
  'end',
  'end',
  'end',
  'late',
  'note',
  'note',
  'extend',
  'advance',
  'advance',
  'promote',
  'promote',
  'rescue',
  'rescue',
  'cancel',
  'retry',
  'release',
  'purge',
  'reopen',
  'replay',
]

/** Runs random lives; throws with the seed and the shortest life that fails. `runs` is a number, or WAYBILL_RUNS, or 60. */
export async function randomLives(
  open: () => Promise<Subject>,
  runs: number = Number(process.env['WAYBILL_RUNS'] ?? 60),
  with_: typeof live = live,
): Promise<void> {
  const { default: fc } = await import('fast-check')
  const step = fc.record({ do: fc.constantFrom(...kinds), a: fc.nat(1_000), b: fc.nat(1_000) })
  const seed = process.env['WAYBILL_SEED']
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), (steps) =>
      withSubject(open, (subject) => with_(subject, steps)),
    ),
    { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  )
}
