// One job at a time through an idle worker in a process of its own: when it was asked for, when it began, when the
// producer learned of its end. All on the one clock that the processes of a machine share.
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer, Producer } from '../peer.ts'

export const now = (): number => performance.timeOrigin + performance.now()

/** When job n began; kept in the worker and handed over at the end, so that telling disturbs nothing. */
export type Begun = [n: number, at: number][]

export interface Asked {
  asked: Begun
  /** Empty where a producer cannot be told. */
  seen: Begun
}

/** The worker's part. `told` is called some time after a job began, for producers that learn of it in no other way. */
export async function beginAndNote(peer: Peer, url: string, told: (n: number) => void) {
  const begun: Begun = []
  const handler = async ({ n }: { n: number }) => {
    begun.push([n, now()])
    setTimeout(() => told(n), 5)
  }
  const runner = await peer.runner(url, { concurrency: 8, handler, events: true })
  return { begun, runner }
}

/** The producer's part: up to `n` jobs, no longer than `limitMs`. */
export async function askAndNote(
  producer: Producer,
  task: { n: number; limitMs: number; make(n: number): Parameters<Producer['add']>[0] },
  begun: (n: number) => Promise<unknown>,
): Promise<Asked> {
  const { addAndSee } = producer
  const notes: Asked = { asked: [], seen: [] }
  const until = now() + task.limitMs
  for (let i = 0; i < task.n && now() < until; i++) {
    const one = task.make(i)
    const began = addAndSee ? null : begun(i)
    notes.asked.push([i, now()])
    await (addAndSee ? addAndSee(one) : producer.add(one))
    if (addAndSee) notes.seen.push([i, now()])
    await began
    await pause(2 + (i % 5)) // the worker is idle again, at no fixed beat
  }
  return notes
}
