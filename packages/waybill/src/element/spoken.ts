// What a screen reader is told by itself: that the state has changed, not each step of it.
import type { Presentation, State } from '../page/present.ts'

/** Null: what is shown. */
const words: Record<State, string | null> = {
  idle: '',
  connecting: '',
  waiting: 'Waiting',
  running: 'Running',
  retrying: 'It did not succeed and will be tried again',
  done: 'Done',
  failed: null,
  cancelled: 'Cancelled',
  missing: null,
  refused: null,
}

export function spokenText({ state, text, lost }: Presentation): string {
  if (lost) return 'Connection lost'
  if (state === 'failed' && text !== 'Failed') return `Failed: ${text}`
  return words[state] ?? text
}
