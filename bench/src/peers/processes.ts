// Every part in a process of its own, bound to a processor where it matters.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Actor, Director, Place, Task } from './director.ts'
import { Lines } from './lines.ts'
import { pin } from './processor.ts'
import type { Roles } from './roles.ts'

interface Line {
  word: string
  value?: number
}

/** `program` is actor.ts, or what it was compiled to. */
export function processes(program: string): Director {
  const running = new Set<ChildProcess>()
  return {
    start<R extends keyof Roles>(place: Place, role: R, task: Task<R>, cpu?: number): Actor<R> {
      const child = fork(program, [role, place.contestant.name, place.url, JSON.stringify(task)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      running.add(child)
      child.once('exit', () => running.delete(child))
      if (cpu !== undefined) pin(child.pid ?? 0, cpu)
      return actor(child, `${place.contestant.name}: ${role}`)
    },
    clear() {
      for (const child of running) child.kill('SIGKILL')
    },
  }
}

function actor<R extends keyof Roles>(child: ChildProcess, what: string): Actor<R> {
  const lines = new Lines()
  child.on('message', ({ word, value }: Line) => lines.say(word, value))
  const result = played<Actor<R>['result']>(child, what)
  return {
    pid: child.pid ?? 0,
    result,
    say(word, value) {
      if (child.connected) child.send({ word, value }, () => {}) // a part that has ended needs no word more
    },
    // A part that ends before it says the word fails instead of being waited for.
    hear: async (word) => {
      await Promise.race([lines.hear(word), result.then(() => lines.hear(word))])
    },
    onWord: (word, listen) => lines.onWord(word, listen),
    async kill() {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
  }
}

function played<T extends Promise<unknown>>(child: ChildProcess, what: string): Promise<Awaited<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<T>>()
  let result: { value: Awaited<T> } | null = null
  child.on('message', (line: { word: string; result: Awaited<T> }) => {
    if (line.word === 'result') result = { value: line.result }
  })
  child.once('exit', (code, signal) => {
    if (result && code === 0) resolve(result.value)
    else reject(new Error(`${what} ended with ${signal ?? `exit code ${code}`} and without a result`))
  })
  promise.catch(() => {}) // whoever waits for it hears of it; a killed worker has nobody waiting
  return promise
}
