// A process of a measurement: started with a task, asked questions in turn, killed at the end. Both sides are here: the
// measurement has a Child, the process itself says `play(answers)`.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  /** Waits for the answer. Fails when the process ends instead. */
  ask<T>(question: string, about?: unknown): Promise<T>
  kill(): Promise<void>
}

type Answers = Record<string, (about: never) => unknown>

interface Question {
  question: string
  about: unknown
}

/** Resolves once the program has said that it plays. */
export async function startChild(program: string, task: object, env: Record<string, string> = {}): Promise<Child> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child = fork(path, [JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  await answer(child, program)
  let last: Promise<unknown> = Promise.resolve()
  return {
    ask<T>(question: string, about: unknown = null): Promise<T> {
      const next = last.then((): Promise<T> => {
        child.send({ question, about })
        return answer(child, program)
      })
      last = next.catch(() => {}) // whoever asked hears of it
      return next
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function answer<T>(child: ChildProcess, program: string): Promise<T> {
  const over = new AbortController()
  const died = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error(`${program} ended instead of answering; what it said is above`)
  })
  const message = once(child, 'message', { signal: over.signal }).then(([said]: T[]) => said)
  try {
    const said = await Promise.race([message, died])
    if (said !== undefined) return said
    throw new Error(`${program} answered nothing`)
  } finally {
    over.abort()
    await Promise.allSettled([message, died])
  }
}

/** The task that this process was started with. */
export function taskOf<T>(): T {
  const task: T = JSON.parse(process.argv[2] ?? '{}')
  return task
}

/** Says that the process is ready, then answers questions until it is killed. */
export function play(answers: Answers): void {
  process.on('message', ({ question, about }: Question) => void reply(answers, question, about))
  process.on('disconnect', () => process.exit()) // the measurement is gone
  process.send?.(null)
}

async function reply(answers: Answers, question: string, about: unknown): Promise<void> {
  const run: ((about: unknown) => unknown) | undefined = loose(answers)[question]
  if (!run) throw new Error(`nobody answers "${question}" here; it is one of ${Object.keys(answers).join(', ')}`)
  process.send?.((await run(about)) ?? null)
}

function loose(answers: Answers): Record<string, (about: unknown) => unknown>
function loose(answers: object): object {
  return answers
}
