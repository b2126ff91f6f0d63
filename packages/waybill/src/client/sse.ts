// text/event-stream, as the HTML standard defines its parsing (server-sent events, 9.2.6): fed with text in any pieces.

export interface ServerEvent {
  type: string
  data: string
  /** The last id seen, this event's or an earlier one's. */
  id: string
}

export class EventParser {
  readonly #emit: (event: ServerEvent) => void
  #text = ''
  #first = true
  #afterCr = false
  #data: string[] = []
  #type = ''
  #id = ''

  constructor(emit: (event: ServerEvent) => void) {
    this.#emit = emit
  }

  push(piece: string): void {
    let text = piece
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1)
    if (text === '') return
    this.#afterCr = text.endsWith('\r')
    this.#text += text
    const lines = this.#text.split(/\r\n|\n|\r/)
    this.#text = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(raw: string): void {
    const line = this.#first && raw.startsWith('\ufeff') ? raw.slice(1) : raw
    this.#first = false
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
  }

  #dispatch(): void {
    const data = this.#data
    const type = this.#type || 'message'
    this.#data = []
    this.#type = ''
    if (data.length > 0) this.#emit({ type, data: data.join('\n'), id: this.#id })
  }
}
