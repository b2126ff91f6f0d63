// Random lives: commands drawn by fast-check run on the engine and on the model in lockstep; after each one all that can
// be observed must be the same, and every history sound. What fails is shrunk, printed with its seed, and replays exactly.
import type FastCheck from 'fast-check'
import type { Subject } from '../subject.ts'
import { commands, type Command, type Step } from './commands.ts'
import { compare } from './compare.ts'
import { Pair } from './pair.ts'

/** How often each command comes up, next to the others. */
const weights: Record<Command, number> = {
  insert: 6,
  claim: 6,
  claimAgain: 2,
  end: 5,
  late: 3,
  endAndClaim: 2,
  park: 2,
  note: 4,
  sentAgain: 2,
  extend: 3,
  advance: 5,
  promote: 4,
  rescue: 3,
  rescueEarly: 2,
  revoke: 2,
  expire: 1,
  release: 2,
  cancel: 3,
  retry: 3,
  postpone: 2,
  wake: 3,
  signal: 3,
  purge: 2,
  pause: 1,
  lead: 1,
  enrol: 1,
  restore: 2,
  page: 4,
  reopen: 1,
  switch: 1,
}

export interface LivesOptions {
  /** Default 60; WAYBILL_RUNS says otherwise. */
  runs?: number
  /** Default: WAYBILL_SEED, or drawn anew. */
  seed?: number
  /** False: a life that goes wrong is shown as it was drawn, which is quicker. Default true. */
  shrink?: boolean
}

/** Throws with the seed and the shortest life that goes wrong. */
export async function randomLives(open: () => Promise<Subject>, options: LivesOptions = {}): Promise<void> {
  const { default: fc } = await fastCheck()
  const runs = Number(process.env['WAYBILL_RUNS'] ?? options.runs ?? 60)
  const seed = options.seed ?? Number(process.env['WAYBILL_SEED'] ?? Number.NaN)
  const command = fc.constantFrom(...names().flatMap((name) => Array.from({ length: weights[name] }, () => name)))
  const step = fc.record({ do: command, a: fc.nat(1_000), b: fc.nat(1_000) })
  const life = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(life, (steps) => live(open, steps)),
    {
      numRuns: runs,
      endOnFailure: options.shrink === false,
      includeErrorInReport: true,
      ...(Number.isNaN(seed) ? {} : { seed }),
    },
  )
}

async function fastCheck(): Promise<{ default: typeof FastCheck }> {
  try {
    return await import('fast-check')
  } catch (cause) {
    const help = 'npm install --save-dev fast-check, or skip this case by its name'
    throw new Error(`conformance: the random lives need the package fast-check: ${help}`, { cause })
  }
}

/** One life on a fresh store, from the first command to the last. */
async function live(open: () => Promise<Subject>, steps: readonly Step[]): Promise<void> {
  const subject = await open()
  try {
    const pair = new Pair(subject)
    for (const [i, step] of steps.entries()) await lived(pair, step, i)
  } finally {
    await subject.close()
  }
}

async function lived(pair: Pair, step: Step, i: number): Promise<void> {
  try {
    await commands[step.do](pair, step.a, step.b)
    await compare(pair)
  } catch (cause) {
    throw new Error(`command ${i + 1}, ${JSON.stringify(step)}: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    })
  }
}

function names(): Command[] {
  return Object.keys(commands).filter(isCommand)
}

function isCommand(name: string): name is Command {
  return Object.hasOwn(commands, name)
}
