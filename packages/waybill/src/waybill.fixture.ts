// What the tests of submit/, worker/ and upkeep/ share: a Waybill on an SQLite file of its own, and what can be waited for.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isGone, type Engine } from './engine/engine.ts'
import { createWaybill, type Waybill, type WaybillOptions } from './index.ts'
import { WaybillError, type CallerErrorCode } from './job/errors.ts'
import type { JobRecord } from './job/record.ts'
import { attemptsOf, type Attempt, type TimelineEntry } from './job/timeline.ts'
import { errorText } from './lib/error-text.ts'
import type { Logger } from './lib/log.ts'
import type { Parts } from './parts.ts'

export interface Bench {
  waybill: Waybill
  parts: Parts
  engine: Engine
  dir: string
  url: string
  /** What was logged, one sentence each. */
  said: string[]
  history(id: string): Promise<History>
  close(): Promise<void>
}

export interface History {
  record: JobRecord
  timeline: TimelineEntry[]
  types: string[]
  attempts: Attempt[]
}

/** A Waybill on a new file; upkeep rests until a worker starts it. */
export async function aBench(options: Omit<WaybillOptions, 'engine' | 'logger'> = {}): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const url = `sqlite:${join(dir, 'jobs.db')}`
  const said: string[] = []
  const waybill = createWaybill({ engine: url, logger: heard(said), ...options })
  const parts = await waybill.parts()
  const close = async () => {
    await waybill.close()
    rmSync(dir, { recursive: true, force: true })
  }
  return { waybill, parts, engine: parts.engine, dir, url, said, history: (id) => historyOf(parts.engine, id), close }
}

export async function historyOf(engine: Engine, id: string): Promise<History> {
  const [found] = await engine.get([id], { timeline: true, steps: true })
  if (!found || isGone(found)) throw new Error(`no job ${id}`)
  const timeline = found.timeline ?? []
  return { record: found.record, timeline, types: timeline.map(({ type }) => type), attempts: attemptsOf(timeline) }
}

export function heard(said: string[]): Logger {
  const at = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`)
  return { debug() {}, info: at('info'), warn: at('warn'), error: at('error') }
}

/** The WaybillError that `doing` ends in; fails when it does not. */
export async function refusal(doing: Promise<unknown>, code: CallerErrorCode): Promise<WaybillError> {
  const error: unknown = await doing.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof WaybillError && error.code === code) return error
  throw new Error(`expected ${code}, got ${errorText(error ?? 'no error')}`, { cause: error })
}

/** Resolves once `holds`, looked at after every hint of the engine. */
export async function eventually(engine: Engine, holds: () => boolean | Promise<boolean>): Promise<void> {
  let wake = () => {}
  const unwatch = engine.watch(() => wake())
  try {
    for (;;) {
      const hint = new Promise<void>((resolve) => (wake = resolve))
      if (await holds()) return
      await Promise.race([hint, turn(50)])
    }
  } finally {
    unwatch()
  }
}

const turn = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
