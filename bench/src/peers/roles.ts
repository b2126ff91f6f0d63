// The parts that a process of its own can play, by name: what each is told, does and hands back.
import { askAndNote, beginAndNote } from './acts/latency.ts'
import { alone, bulk, inFlight } from './acts/enqueue.ts'
import { beat, flood, follow } from './acts/progress.ts'
import { drain } from './acts/drain.ts'
import { hold, rescue } from './acts/crash.ts'
import { reads } from './acts/read.ts'
import { input, type Peer, type Producer } from './peer.ts'

/** Where a part is played, and its line to the process that directs. */
export interface Scene {
  peer: Peer
  url: string
  say: (word: string, value?: number) => void
  hear: (word: string, value?: number) => Promise<void>
}

interface Part<Task, Result> {
  /** What the part was told, from the text that its process was started with. */
  told(json: string): Task
  play(scene: Scene, json: string): Promise<Result>
}

function part<Task, Result>(play: (scene: Scene, task: Task) => Promise<Result>): Part<Task, Result> {
  const told = (json: string): Task => {
    const task: Task = JSON.parse(json)
    return task
  }
  return { told, play: (scene, json) => play(scene, told(json)) }
}

async function withProducer<T>({ peer, url }: Scene, events: boolean, use: (producer: Producer) => Promise<T>) {
  const producer = await peer.producer(url, events)
  const result = await use(producer)
  await producer.close()
  return result
}

export const roles = {
  prepare: part(({ peer, url }, _: object) => peer.prepare(url)),

  fill: part((scene, { jobs }: { jobs: number }) => withProducer(scene, false, (producer) => bulk(producer, jobs))),

  alone: part((scene, { jobs }: { jobs: number }) => withProducer(scene, false, (producer) => alone(producer, jobs))),

  inFlight: part((scene, { ms }: { ms: number }) =>
    withProducer(scene, false, async (producer) => {
      await inFlight(producer, 64, ms / 5) // warm-up
      return inFlight(producer, 64, ms)
    }),
  ),

  drain: part((scene, task: { jobs: number; concurrency: number; limitMs: number }) =>
    withProducer(scene, false, (producer) => drain(scene.peer, scene.url, producer, task)),
  ),

  read: part((scene, { jobs, ms }: { jobs: number; ms: number }) =>
    withProducer(scene, false, (producer) => reads(producer, jobs, ms)),
  ),

  begin: part(async ({ peer, url, say, hear }, _: object) => {
    const { begun, runner } = await beginAndNote(peer, url, (n) => say('began', n))
    say('ready')
    await hear('stop')
    await runner.close()
    return begun
  }),

  ask: part((scene, { jobs, limitMs }: { jobs: number; limitMs: number }) =>
    withProducer(scene, true, async (producer) => {
      const task = { n: jobs, limitMs, make: input }
      return askAndNote(producer, task, (n) => scene.hear('began', n))
    }),
  ),

  beat: part(async ({ peer, url, say, hear }, { updates }: { updates: number }) => {
    const { made, runner } = await beat(peer, url, updates)
    say('ready')
    await hear('stop')
    await runner.close()
    return made
  }),

  follow: part((scene, _: object) => withProducer(scene, true, follow)),

  flood: part((scene, { updates }: { updates: number }) =>
    withProducer(scene, false, async (producer) => {
      await producer.add(input(0))
      return flood(scene.peer, scene.url, updates)
    }),
  ),

  idle: part(async ({ peer, url, say, hear }, _: object) => {
    const runner = await peer.runner(url, { concurrency: 8, handler: async () => {}, events: false })
    say('ready')
    await hear('stop')
    await runner.close()
  }),

  hold: part(({ peer, url, say }, { jobs }: { jobs: number }) => hold(peer, url, jobs, () => say('holding'))),

  rescue: part(({ peer, url, say }, task: { jobs: number; limitMs: number; lingerMs: number }) =>
    rescue(peer, url, task, () => say('ready')),
  ),
}

export type Roles = typeof roles
