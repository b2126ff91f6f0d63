// How far the copy is: a bar where talk is read on a terminal, a line now and then elsewhere.
import { bar, barWidth } from '../bar.ts'
import type { Terminal } from '../terminal.ts'
import type { Copied } from './jobs.ts'

/** Where there is no terminal: one line for so many jobs. */
const linesEvery = 10_000

export function progressOf(terminal: Terminal, total: number): (soFar: Copied) => void {
  let said = 0
  return ({ copied, present }) => {
    const done = copied + present
    const words = `${done} of ${total} jobs`
    const share = total === 0 ? 1 : Math.min(1, done / total)
    if (terminal.sketch) return terminal.sketch(`${bar(share, barWidth(terminal.columns))}  ${words}`)
    if (done - said < linesEvery) return
    said = done
    terminal.say(words)
  }
}
