// The accelerator is stopped (SIGSTOP) while jobs that change are polled at an even rate: how late answers are before,
// while the breaker has not opened, and after. Polls leave on time however late the answers are.
import { setTimeout as pause } from 'node:timers/promises'
import { quantile, type Figure } from '../figures.ts'
import type { Breaker } from './api.ts'
import { clockTime, jobUrl, poll } from './asking.ts'
import type { Child } from './child.ts'
import type { Extent } from './extent.ts'
import { withScene, type Measure, type Scene } from './measure.ts'
import { withStore, type Place } from './stores.ts'

export const paused: Measure = {
  name: 'paused',
  run(extent) {
    return withStore('postgres + accelerator', extent, (place) =>
      withScene(place, extent.pausedJobs, (scene) => pauseUnderLoad(place, scene, extent)),
    )
  },
}

async function pauseUnderLoad({ front }: Place, scene: Scene, extent: Extent): Promise<Figure[]> {
  const during = { before: [], until: [], after: [] } satisfies Record<string, number[]>
  const polls = new Polls(scene, extent)
  const changes = keepChanging(scene.worker)
  try {
    await pause(extent.pausedMs / 4) // connections, caches, compilers
    polls.into(during.before)
    await pause(extent.pausedMs)
    await scene.api.ask('watchBreaker')
    polls.into(during.until)
    const pausedAt = clockTime()
    front?.pause()
    const breaker = await opened(scene.api)
    polls.into(during.after)
    await pause(extent.pausedMs)
    await polls.stop()
    return [...latencies(during), ...opening(pausedAt, breaker)]
  } finally {
    front?.resume()
    changes.stop()
    await polls.stop()
  }
}

interface Opened {
  fifthErrorAt: number | null
  openAt: number
}

async function opened(api: Child): Promise<Opened> {
  for (;;) {
    const { fifthErrorAt, openAt } = await api.ask<Breaker>('breaker')
    if (openAt !== null) return { fifthErrorAt, openAt }
    await pause(5)
  }
}

function keepChanging(worker: Child): { stop(): void } {
  let fraction = 0
  const timer = setInterval(() => void worker.ask('reportAll', (fraction = (fraction + 1) / (fraction + 2))), 1_000)
  return { stop: () => clearInterval(timer) }
}

/** Polls all jobs in turn, at an even rate, until stopped. */
class Polls {
  readonly #timer: NodeJS.Timeout
  readonly #open = new Set<Promise<void>>()
  #waits: number[] = []
  #due = performance.now()
  #next = 0

  constructor({ url, ids }: Scene, { pausedPollsPerSecond }: Extent) {
    const urls = ids.map((id) => jobUrl(url, id))
    this.#timer = setInterval(() => {
      for (; this.#due <= performance.now(); this.#due += 1_000 / pausedPollsPerSecond) {
        this.#poll(urls[this.#next++ % urls.length] ?? '')
      }
    }, 1)
  }

  /** Answers to polls sent from now on count here. */
  into(waits: number[]): void {
    this.#waits = waits
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#open)
  }

  #poll(url: string): void {
    const waits = this.#waits
    const one = poll(url, null).then(({ ms }) => void waits.push(ms))
    this.#open.add(one)
    void one.then(() => this.#open.delete(one))
  }
}

type Phases = Record<'before' | 'until' | 'after', number[]>

function latencies({ before, until, after }: Phases): Figure[] {
  const [normal, opening, open] = [quantile(before, 0.99), quantile(until, 0.99), quantile(after, 0.99)]
  return [
    { name: 'accelerator well: status p99', value: normal, unit: 'ms' },
    { name: 'paused, breaker not open yet: status p99', value: opening, unit: 'ms' },
    { name: 'paused, breaker open: status p99', value: open, unit: 'ms' },
    { name: 'paused, breaker open ÷ well', value: open / normal, unit: 'x', target: { at: 'most', value: 2 } },
  ]
}

// Without five errors in a row it opens when the connection is lost.
function opening(pausedAt: number, { fifthErrorAt, openAt }: Opened): Figure[] {
  const whole: Figure = { name: 'from the stop until the breaker is open', value: openAt - pausedAt, unit: 'ms' }
  if (fifthErrorAt === null) return [whole]
  const name = 'from the fifth error until the breaker is open'
  return [whole, { name, value: openAt - fifthErrorAt, unit: 'ms', target: { at: 'most', value: 250 } }]
}
