// One child and its job, with a child that is only acted and a clock that is turned by hand: what is told to whom, and in
// which order.
import { beforeEach, describe, expect, test } from 'vitest'
import { aRecord } from '../../job/record.fixture.ts'
import type { Clock } from '../../lib/clock.ts'
import { Attempt } from '../attempt.ts'
import { Cell } from './cell.ts'
import type { ChildEvents } from './child.ts'

const crash = { exitCode: null, signal: 'SIGKILL', text: 'killed' }

let happened: string[]
let events: ChildEvents
let timers: { at: number; fn: () => void }[]
let time: number

const clock: Clock = {
  now: () => time,
  after(ms, fn) {
    const timer = { at: time + ms, fn }
    timers.push(timer)
    return () => (timers = timers.filter((one) => one !== timer))
  },
}

function passes(ms: number): void {
  time += ms
  const over = timers.filter(({ at }) => at <= time).toSorted((a, b) => a.at - b.at)
  timers = timers.filter((timer) => !over.includes(timer))
  for (const { fn } of over) fn()
}

function aCell(): Cell {
  const told =
    (what: string) =>
    (_: Cell, more?: unknown): void =>
      void happened.push(typeof more === 'string' ? `${what}: ${more}` : what)
  return new Cell({
    clock,
    memoryMb: 100,
    ready: told('ready'),
    free: told('free'),
    gone: told('gone'),
    failed: told('failed'),
    nursery: {
      spawn(heard) {
        events = heard
        return {
          send: (order) => void happened.push(order.do),
          terminate: () => void happened.push('terminate'),
          kill: () => void happened.push('kill'),
          hold: () => {},
          memoryMb: () => 50,
        }
      },
      close: () => {},
    },
  })
}

function aBusyCell(): { cell: Cell; attempt: Attempt } {
  const cell = aCell()
  events.said({ say: 'ready', types: ['t'] })
  const unused = () => {
    throw new Error('not asked for')
  }
  const host = { dirty: unused, stepsOf: unused, waitsOf: unused }
  const attempt = new Attempt({ record: aRecord(), inputJson: 'null', steps: [] }, 7, 0, host)
  const store = { clock, now: () => time, steps: unused, keep: unused, write: unused, park: unused }
  cell.begin({ attempt, host: store, end: (_, outcome) => void happened.push(`end: ${Object.keys(outcome)[0]}`) })
  happened = []
  return { cell, attempt }
}

beforeEach(() => {
  happened = []
  timers = []
  time = 0
})

describe('a job that must end', () => {
  test('is asked, and killed when its grace is over; it has ended when its child is gone', () => {
    aBusyCell().cell.kill('its time was over')
    expect(happened).toEqual(['terminate'])
    passes(300)
    expect(happened).toEqual(['terminate', 'kill'])
    events.gone(crash)
    expect(happened).toEqual(['terminate', 'kill', 'end: crashed', 'gone'])
    expect(timers).toEqual([])
  })

  test('and obeys within the grace has ended as it says, also when its child is gone', () => {
    aBusyCell().cell.kill('its time was over')
    events.said({ say: 'end', run: 1, outcome: { returned: 1 }, note: null })
    expect(happened).toEqual(['terminate', 'kill'])
    events.gone(crash)
    expect(happened).toEqual(['terminate', 'kill', 'end: returned', 'gone'])
  })

  test('in a child that does not end when it is killed is given up', () => {
    aBusyCell().cell.kill('its time was over')
    passes(1_300)
    expect(happened).toEqual(['terminate', 'kill', 'end: crashed', 'gone'])
    events.gone(crash) // at last
    expect(happened).toHaveLength(4)
  })

  test('is told so once, however often it must', () => {
    const { cell } = aBusyCell()
    cell.kill('its time was over')
    cell.kill('its lease was lost')
    expect(happened).toEqual(['terminate'])
  })
})

test('a job hears why it should stop, and is not ended for it', () => {
  const { attempt } = aBusyCell()
  attempt.cancel()
  expect(happened).toEqual(['abort'])
})

test('a job that is over hears nothing more', () => {
  const { attempt } = aBusyCell()
  events.said({ say: 'end', run: 1, outcome: { returned: 1 }, note: null })
  attempt.cancel()
  expect(happened).toEqual(['end: returned', 'free'])
})

test('a child that is not ready for too long is ended, and that is said', () => {
  aCell()
  passes(60_000)
  events.gone(crash)
  expect(happened).toEqual(['terminate', 'failed: killed: it was not ready after 60000 ms'])
})
