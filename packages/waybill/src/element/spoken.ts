// What a screen reader is told by itself: that the state has changed, not each step of it.
import type { Presentation, State } from '../page/present.ts'

const words: Record<State, string> = {
  idle: '',
  connecting: '',
  waiting: 'Waiting',
  running: 'Running',
  retrying: 'It did not succeed and will be tried again',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  missing: '',
  refused: '',
}

export function spokenText({ state, text, lost }: Presentation): string {
  if (lost) return 'Connection lost'
  if (state === 'failed') return text === words.failed ? text : `${words.failed}: ${text}`
  return words[state] || text
}
