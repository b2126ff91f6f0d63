import { expect, test } from 'vitest'
import type { Clock } from '../../lib/clock.ts'
import type { Sink } from './sink.ts'
import { Streams } from './streams.ts'

/** Time that moves when told; timers fire on the way. */
class Hand implements Clock {
  #at = 0
  #timers = new Set<{ at: number; fn: () => void }>()

  now(): number {
    return this.#at
  }

  after(ms: number, fn: () => void): () => void {
    const timer = { at: this.#at + ms, fn }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  async pass(ms: number): Promise<void> {
    const until = this.#at + ms
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers.delete(due)
      this.#at = due.at
      due.fn()
    }
    this.#at = until
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function aSink(): { sink: Sink; said: string[] } {
  const said: string[] = []
  const sink = {
    unsent: 0,
    write: (text: string) => void said.push(text),
    end: (last: string) => void said.push(last),
    cut() {},
  }
  return { sink, said }
}

const scene = (limits = { perUser: 5, inAll: 100_000 }) => {
  const clock = new Hand()
  const streams = new Streams(clock, limits)
  const open = (user: string | null = null, expiresAt?: number) => {
    const stream = streams.open(user, () => 0, expiresAt)
    const { sink, said } = aSink()
    stream.start(sink, 'hello')
    return { stream, said }
  }
  return { clock, streams, open }
}

test('each stream gives a sign of life every 15 s, however many there are', async () => {
  const { clock, open } = scene()
  const all = Array.from({ length: 3_000 }, () => open())
  await clock.pass(60_000)
  const beats = all.map(({ said }) => said.filter((text) => text === ': hb\n\n').length)
  expect([Math.min(...beats), Math.max(...beats)]).toEqual([3, 4])
})

test('a stream ends with its token, and after an hour', async () => {
  const { clock, open, streams } = scene()
  const [short, long] = [open('ann', 1_000), open('ann')]
  await clock.pass(1_000)
  expect(short.said.at(-1)).toContain('token_expired')
  await clock.pass(3_700_000)
  expect(long.said.at(-1)).toContain('max_age')
  expect(streams.size).toBe(0)
})

test('a user’s streams and all streams are counted, and forgotten when they end', () => {
  const { open, streams } = scene({ perUser: 2, inAll: 3 })
  const [first] = [open('ann'), open('ann')]
  expect(() => open('ann')).toThrow('you have 2 event streams open')
  open('bob')
  expect(() => open('eve')).toThrow('this server has 3 event streams open')
  first?.stream.over()
  open('ann')
  streams.endAll('shutdown')
  expect(streams.size).toBe(0)
})

test('a reader that takes nothing is told slow once a megabyte waits for it', async () => {
  const { streams } = scene()
  const stream = streams.open(null, () => 0, undefined)
  const { sink, said } = aSink()
  const stuck = { ...sink, write: (text: string) => ((stuck.unsent += text.length), sink.write(text)) }
  stream.start(stuck, 'hello')
  const tell = async () => {
    stream.sendText('x'.repeat(64 * 1024))
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let i = 0; i < 15; i++) await tell()
  expect([stream.closed, said.length]).toEqual([false, 2]) // hello, and what was handed over at first
  await tell()
  expect([stream.closed, said.at(-1)]).toEqual([true, 'event: bye\ndata: {"reason":"slow"}\n\n'])
})
