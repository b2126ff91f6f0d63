// Open event streams: what one costs the serving process, and how soon a change is with all who watch it while other jobs
// run. One process serves, one runs jobs, others hold the streams. `node bench/src/watch/streams.ts [n]` prints figures.
import { once } from 'node:events'
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { place } from '../place.ts'

export interface StreamFigures {
  streams: number
  /** Resident memory that each stream added to the serving process. */
  kilobytesEach: number
  /** From the worker's report to the watcher's socket, in another process. */
  reachedMs: { p50: number; p99: number; most: number }
  /** Changes received, by all watchers together. */
  received: number
  /** The longest halt of the serving process's event loop meanwhile. */
  haltMs: number
}

export interface StreamLoad {
  jobsPerSecond: number
  forMs: number
}

const perClient = 5_000

export async function measureStreams(n: number, { jobsPerSecond, forMs }: StreamLoad): Promise<StreamFigures> {
  const where = place()
  const children: ChildProcess[] = []
  const start = (role: string, ...words: (string | number)[]) => {
    const child = fork(fileURLToPath(new URL('./stream-roles.ts', import.meta.url)), [role, ...words.map(String)], {
      execArgv: role === 'serve' ? ['--expose-gc'] : [],
    })
    children.push(child)
    return child
  }
  try {
    const runner = start('run', `sqlite:${where.file}`, jobsPerSecond)
    const { ids } = await said(runner)
    const server = start('serve', `sqlite:${where.file}`, n)
    const { port } = await said(server)
    const before = await ask(server, 'memory')
    const clients: ChildProcess[] = []
    for (let from = 0; from < n; from += perClient) {
      const client = start('hold', port, Math.min(perClient, n - from), ids)
      await said(client) // all of its streams are in step
      clients.push(client)
    }
    const after = await ask(server, 'memory')
    await ask(server, 'begin')
    for (const client of clients) await ask(client, 'begin')
    await ask(runner, 'begin')
    await new Promise((resolve) => setTimeout(resolve, forMs))
    const waits = (await Promise.all(clients.map((client) => ask(client, 'waits')))).flatMap(({ waits: some }) => some)
    const { haltMs } = await ask(server, 'halt')
    waits.sort((a, b) => a - b)
    const at = (part: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))] ?? Number.NaN
    return {
      streams: n,
      kilobytesEach: (after.memory - before.memory) / 1024 / n,
      reachedMs: { p50: at(0.5), p99: at(0.99), most: at(1) },
      received: waits.length,
      haltMs,
    }
  } finally {
    const alive = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    const exits = alive.map((child) => once(child, 'exit'))
    for (const child of alive) child.kill('SIGKILL')
    await Promise.all(exits)
    where.remove()
  }
}

/** What the roles say. */
export interface Said {
  ids: string
  port: number
  memory: number
  waits: number[]
  haltMs: number
}

async function said(child: ChildProcess): Promise<Said> {
  const died = new AbortController()
  const fail = once(child, 'exit', { signal: died.signal }).then(() => {
    throw new Error(`a process of the measurement died: ${child.spawnargs.slice(2).join(' ')}`)
  })
  const message = once(child, 'message', { signal: died.signal }).then(([told]: Said[]) => told)
  fail.catch(() => {})
  const answer = await Promise.race([message, fail])
  died.abort()
  if (!answer) throw new Error('a process of the measurement said nothing')
  return answer
}

function ask(child: ChildProcess, question: string): Promise<Said> {
  child.send(question)
  return said(child)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const n = Number(process.argv[2] ?? 10_000)
  console.log(await measureStreams(n, { jobsPerSecond: 1_000, forMs: 10_000 }))
}
