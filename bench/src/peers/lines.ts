// Words that one side says and the other hears, whichever comes first.
import { EventEmitter, once } from 'node:events'

export class Lines {
  readonly #events = new EventEmitter().setMaxListeners(0)
  readonly #said = new Set<string>()

  say(word: string, value?: number): void {
    this.#said.add(key(word, value))
    this.#events.emit(key(word, value))
    this.#events.emit('word', word, value ?? 0)
  }

  async hear(word: string, value?: number): Promise<void> {
    if (!this.#said.has(key(word, value))) await once(this.#events, key(word, value))
  }

  onWord(word: string, listen: (value: number) => void): void {
    this.#events.on('word', (said: string, value: number) => {
      if (said === word) listen(value)
    })
  }
}

function key(word: string, value?: number): string {
  return `said ${word} ${value ?? ''}`
}
