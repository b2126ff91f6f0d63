// Follows jobs to their ends: bars on a terminal, one JSON line a change in a pipe. Shared by `watch` and `submit --watch`.
import { isEnded, toWire, type Job } from '../client/views.ts'
import type { WaybillClient } from '../client/client.ts'
import type { Connection } from '../client/watching.ts'
import { barLine } from './bar.ts'
import { exitCodeOfJob, exitCodes, type ExitCode } from './exit.ts'
import type { Terminal } from './terminal.ts'

export interface FollowOptions {
  json: boolean
  /** Gives up waiting after so many milliseconds; the jobs go on. */
  timeoutMs: number | null
}

/** The exit code of the first job that did not complete, else 0; 5 when the time was up. */
export async function follow(
  client: WaybillClient,
  ids: readonly string[],
  terminal: Terminal,
  options: FollowOptions,
): Promise<ExitCode> {
  const board = terminal.tty && !options.json ? new Board(ids, terminal) : null
  const deaf = sayWhenLost(client, (text) => {
    board?.leave()
    terminal.say(text)
  })
  const enough = new AbortController()
  const timer = options.timeoutMs === null ? undefined : setTimeout(() => enough.abort(), options.timeoutMs)
  const one = (id: string) => followOne(client, id, enough.signal, (job) => show(job, board, terminal))
  const ends = await Promise.all(ids.map(one)).finally(() => {
    clearTimeout(timer)
    board?.close()
    deaf()
    enough.abort() // the others, when one could not be followed
  })
  if (ends.includes(null)) {
    terminal.say('The time to wait is up; the job goes on.')
    return exitCodes.timedOut
  }
  return ends.find((code) => code !== null && code !== exitCodes.ok) ?? exitCodes.ok
}

// Whoever waits is told why nothing moves. The answer stops it.
function sayWhenLost(client: WaybillClient, say: (text: string) => void): () => void {
  let before: Connection = 'idle'
  return client.onConnection((way) => {
    if (way === 'offline') say('Connection lost: the server does not answer; trying again.')
    if (before === 'offline' && (way === 'live' || way === 'polling')) say('Connected again.')
    if (way !== 'connecting') before = way
  })
}

function show(job: Job, board: Board | null, terminal: Terminal): void {
  if (board) board.show(job)
  else terminal.out(`${JSON.stringify(toWire(job))}\n`)
}

async function followOne(
  client: WaybillClient,
  id: string,
  signal: AbortSignal,
  on: (job: Job) => void,
): Promise<ExitCode | null> {
  for await (const job of client.watch(id, { signal })) {
    on(job)
    if (isEnded(job)) return exitCodeOfJob(job.status)
  }
  return null
}

// One line a job, drawn over again in place: at news, and once a second where an estimate lets the bar go on.
class Board {
  readonly #terminal: Terminal
  readonly #seen: Map<string, { job: Job; at: number } | null>
  readonly #beat: NodeJS.Timeout
  #drawn = false

  constructor(ids: readonly string[], terminal: Terminal) {
    this.#terminal = terminal
    this.#seen = new Map(ids.map((id) => [id, null]))
    this.#beat = setInterval(() => this.#goOn(), 1_000).unref()
  }

  close(): void {
    clearInterval(this.#beat)
  }

  /** Other words follow: the next lines go below them. */
  leave(): void {
    this.#drawn = false
  }

  show(job: Job): void {
    this.#seen.set(job.id, { job, at: performance.now() })
    this.#draw()
  }

  #goOn(): void {
    if (this.#drawn && [...this.#seen.values()].some((seen) => seen?.job.estimate)) this.#draw()
  }

  #draw(): void {
    const up = this.#drawn ? `\u001b[${this.#seen.size}A` : ''
    this.#drawn = true
    const now = performance.now()
    const lines = [...this.#seen.values()].map((seen) => (seen ? barLine(seen.job, this.#terminal, now - seen.at) : ''))
    this.#terminal.out(up + lines.map((line) => `\r\u001b[2K${line}\n`).join(''))
  }
}
