// The parser of event streams, by the rules of the HTML standard.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventParser, type ServerEvent } from './sse.ts'

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

test('however a stream is cut into pieces, its events are the same', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n\0]/g, ' '))
  const event = fc.record({
    type: fc.constantFrom('job', 'progress', ''),
    id: line,
    lines: fc.array(line, { minLength: 1, maxLength: 3 }),
  })
  const end = fc.constantFrom('\n', '\r\n', '\r')
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 5 }),
      end,
      fc.array(fc.nat(200), { maxLength: 8 }),
      (events, eol, cuts) => {
        const text = events
          .map(({ type, id, lines }) =>
            [`event: ${type}`, `id: ${id}`, ...lines.map((one) => `data: ${one}`), '', ''].join(eol),
          )
          .join('')
        const at = [...new Set(cuts.filter((cut) => cut < text.length))].toSorted((a, b) => a - b)
        const pieces = [...at, text.length].map((cut, i) => text.slice(at[i - 1] ?? 0, cut))
        expect(parse(...pieces)).toEqual(parse(text))
      },
    ),
  )
})
