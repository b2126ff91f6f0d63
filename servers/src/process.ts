// One program of ours that runs beside a test: started, waited for, killed, restarted on its port and in its directory.
// No program outlives the process that started it, not even when that one is killed with SIGKILL: see guard.ts.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { guard } from './guard.ts'
import { signalTree, treeOf } from './tree.ts'
import { unprivileged } from './user.ts'

export interface Server {
  readonly url: string
  /** Of the running program; another one after `restart`. */
  readonly pid: number
  readonly port: number
  readonly dir: string
  /** SIGKILL to the program and its children at once; resolves when all have ended. The directory stays. */
  kill: () => Promise<void>
  /** Graceful; removes the directory. */
  stop: () => Promise<void>
  /** The same port and directory. */
  restart: () => Promise<void>
  /** SIGSTOP to the program and its children. */
  pause: () => void
  resume: () => void
}

/** What it takes to run a program as a `Server`. */
export interface Recipe {
  name: string
  url: string
  port: number
  dir: string
  program: string
  args: string[]
  env?: Record<string, string>
  /** The program refuses to run as root. */
  refusesRoot: boolean
  endsOn: 'SIGINT' | 'SIGTERM'
  /** Whether it serves; asked again until it does. An error counts as "not yet". */
  isReady(): Promise<boolean>
}

const READY_WITHIN_MS = 30_000
const ENDS_WITHIN_MS = 10_000

export async function serve(recipe: Recipe): Promise<Server> {
  const remove = () => rm(recipe.dir, { recursive: true, force: true, maxRetries: 5 })
  let running = await launch(recipe).catch(async (error: unknown) => {
    await remove()
    throw error
  })
  const end = async (signal: 'SIGKILL' | Recipe['endsOn']) => running.end(signal)
  return {
    url: recipe.url,
    port: recipe.port,
    dir: recipe.dir,
    get pid() {
      return running.pid
    },
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end(recipe.endsOn)
      await remove()
    },
    restart: async () => {
      await end(recipe.endsOn)
      running = await launch(recipe)
    },
    pause: () => signalTree(running.pid, 'SIGSTOP'),
    resume: () => signalTree(running.pid, 'SIGCONT'),
  }
}

interface Running {
  pid: number
  end(signal: 'SIGKILL' | Recipe['endsOn']): Promise<void>
}

async function launch(recipe: Recipe): Promise<Running> {
  const child = begin(recipe)
  const gone = exitOf(child)
  const { pid } = child
  if (pid === undefined) throw new Error(`${recipe.name} did not start: ${await gone}`)
  const dismiss = guard(pid, recipe.dir)
  const end: Running['end'] = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) await endAll(pid, gone, signal)
    dismiss()
  }
  try {
    await ready(recipe, gone)
  } catch (error) {
    await end('SIGKILL')
    throw error
  }
  return { pid, end }
}

/** Detached, so that Ctrl-C reaches the tests alone; with its output in a file, so that no pipe holds the parent. */
function begin(recipe: Recipe): ChildProcess {
  const log = openSync(join(recipe.dir, 'log'), 'a')
  const child = spawn(recipe.program, recipe.args, {
    cwd: recipe.dir,
    env: { ...process.env, ...recipe.env },
    stdio: ['ignore', log, log],
    detached: true,
    ...(recipe.refusesRoot ? unprivileged() : {}),
  })
  closeSync(log)
  child.unref()
  return child
}

async function exitOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal]: unknown[] = await once(child, 'exit')
    return `it ended with ${String(signal ?? code)}`
  } catch (error) {
    return String(error)
  }
}

async function ready(recipe: Recipe, gone: Promise<string>): Promise<void> {
  const ended: string[] = []
  void gone.then((how) => ended.push(how))
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await answers(recipe))) {
    if (ended.length > 0) throw new Error(`${recipe.name} did not start: ${ended.join()}${logOf(recipe)}`)
    if (performance.now() > deadline) {
      throw new Error(`${recipe.name} does not answer after ${READY_WITHIN_MS / 1000} s${logOf(recipe)}`)
    }
    await pause(20)
  }
}

async function answers(recipe: Recipe): Promise<boolean> {
  try {
    return await recipe.isReady()
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}

function logOf(recipe: Recipe): string {
  const lines = readFileSync(join(recipe.dir, 'log'), 'utf8').trimEnd().split('\n')
  return `\n${recipe.program} ${recipe.args.join(' ')}\n${lines.slice(-15).join('\n')}`
}

async function endAll(pid: number, gone: Promise<string>, signal: NodeJS.Signals): Promise<void> {
  const children = treeOf(pid)
  if (signal === 'SIGKILL') signalTree(pid, 'SIGKILL')
  else {
    signalTree(pid, 'SIGCONT') // one that is paused would not hear
    process.kill(pid, signal)
  }
  const late = setTimeout(() => signalTree(pid, 'SIGKILL'), ENDS_WITHIN_MS)
  await gone
  clearTimeout(late)
  while (children.some((one) => treeOf(one).length > 0)) await pause(5)
}
