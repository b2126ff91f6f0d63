// The parser of event streams, by the rules of the HTML standard.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultEnv } from './env.ts'
import { EventParser, type ServerEvent } from './sse.ts'
import { readStream } from './stream.ts'
import { Transport } from './transport.ts'

function parse(...pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = []
  const parser = new EventParser((event) => events.push(event))
  for (const piece of pieces) parser.push(piece)
  return events
}

test('an event has a type, an id and data', () => {
  expect(parse('event: job\nid: 7\ndata: {"a":1}\n\n')).toEqual([{ type: 'job', id: '7', data: '{"a":1}' }])
})

test('lines of data are joined, the type defaults to message, and one space after the colon is dropped', () => {
  expect(parse('data:one\ndata:  two\n\n')).toEqual([{ type: 'message', id: '', data: 'one\n two' }])
})

test('CR, LF and CRLF end a line, also when a piece ends between CR and LF', () => {
  expect(parse('data: a\r', '\ndata: b\r\r', 'data: c\n\n')).toEqual([
    { type: 'message', id: '', data: 'a\nb' },
    { type: 'message', id: '', data: 'c' },
  ])
})

test('a byte order mark at the beginning is no part of the first field', () => {
  expect(parse('\ufeffdata: a\n\n')).toHaveLength(1)
})

test('comments and events without data are no events, and an id stays for those that follow', () => {
  expect(parse(': hb\n\nid: 3\n\ndata: x\n\n')).toEqual([{ type: 'message', id: '3', data: 'x' }])
})

test('an event that was cut off is not told', () => {
  expect(parse('data: whole\n\ndata: half\n')).toHaveLength(1)
})

test('a CR and its LF in pieces of their own end one line, and the LF after them another', () => {
  expect(parse('data: a\r', '\n', '\n', 'data: b\n', '\n')).toHaveLength(2)
})

test('an event without end is refused before it fills the memory', () => {
  const parser = new EventParser(() => {})
  const push = (piece: string, times: number) => Array.from({ length: times }, () => parser.push(piece))
  expect(() => push('x'.repeat(100_000), 50)).toThrow('without end')
  expect(() => push(`data: ${'x'.repeat(100_000)}\n`, 50)).toThrow('without end')
})

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((line) => line.replaceAll(/[\r\n\0]/g, ' '))
const event = fc.record({
  type: fc.constantFrom('job', 'progress', ''),
  id: text,
  lines: fc.array(text, { minLength: 1, maxLength: 3 }),
  comment: fc.boolean(),
})
const end = fc.constantFrom('\n', '\r\n', '\r')

test('whatever ends its lines and however its bytes are cut, a stream has the same events', async () => {
  const sent = fc.array(fc.tuple(event, end), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(sent, fc.array(fc.nat(300), { maxLength: 12 }), async (events, cuts) => {
      const stream = events.map(([one, eol]) => wire(one, eol)).join('')
      const got = await received(cutUp(new TextEncoder().encode(stream), cuts))
      expect(got).toEqual(
        events.map(([{ type, id, lines }]) => ({ type: type || 'message', id, data: lines.join('\n') })),
      )
    }),
  )
})

test('a stream that comes byte by byte has the same events', () => {
  const stream = 'event: job\r\ndata: {"a":"é"}\r\n\r\n: hb\n\ndata: x\r\r'
  expect(parse(...stream.split(''))).toEqual(parse(stream))
  expect(parse(...stream.split(''))).toHaveLength(2)
})

function wire(
  { type, id, lines, comment }: { type: string; id: string; lines: string[]; comment: boolean },
  eol: string,
) {
  const data = lines.map((line) => `data: ${line}`)
  return [...(comment ? [': hb'] : []), `event: ${type}`, `id: ${id}`, ...data, '', ''].join(eol)
}

function cutUp(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const at = [...new Set(cuts.filter((cut) => cut < bytes.length))].toSorted((a, b) => a - b)
  return [...at, bytes.length].map((cut, i) => bytes.subarray(at[i - 1] ?? 0, cut))
}

// Through readStream, so that pieces may end within a character.
async function received(pieces: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = []
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  const headers = { 'content-type': 'text/event-stream' }
  const transport = new Transport('', undefined, { ...defaultEnv, fetch: async () => new Response(body, { headers }) })
  const on = (one: ServerEvent) => void events.push(one)
  const end = await readStream(transport, {
    path: '/',
    lastEventId: null,
    on,
    room: () => null,
    signal: new AbortController().signal,
  })
  expect(end.error).toBeNull()
  return events
}
