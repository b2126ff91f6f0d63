// The demo's own small parts.

import { expect, test } from 'vitest'
import { readArgs } from '../src/demo/args.ts'
import { type BarState, makeBar } from '../src/demo/bar.ts'

function written(isTTY: boolean, states: BarState[]): string {
  let text = ''
  const bar = makeBar({ isTTY, columns: 60, write: (more) => (text += more) })
  for (const state of states) bar.show(state)
  bar.end()
  return text
}

const state = (progress: number, message: string): BarState => ({ progress, stage: 'EXTRACTING', message })

test('the bar is redrawn in place on a terminal and never wider than it', () => {
  const text = written(true, [state(0.5, 'Page 1'), state(1, `Page 2 ${'x'.repeat(99)}`)])
  expect(text).toContain('\r\u001b[2K███████████████░')
  expect(text.split('\r').every((line) => line.length <= 59 + 5)).toBe(true)
})

test('in a pipe the bar is one plain line for each tenth', () => {
  const text = written(false, [state(0.1, 'a'), state(0.11, 'b'), state(0.25, 'c')])
  expect(text).toBe(' 10 %  EXTRACTING  a\n 25 %  EXTRACTING  c\n')
})

test('a message cannot send escape sequences to the terminal', () => {
  expect(written(false, [state(0, '\u001b[2Jx')])).toContain('EXTRACTING  [2Jx\n')
})

test('the command line takes a file and a port and says what it does not know', () => {
  expect(readArgs(['a.pdf', '--serve', '--port', '8080'])).toEqual({
    file: 'a.pdf',
    serve: true,
    port: 8080,
    help: false,
  })
  expect(() => readArgs(['--port', '99999'])).toThrow('--port takes a number')
  expect(() => readArgs(['--sevre'])).toThrow("Unknown option '--sevre'")
})
