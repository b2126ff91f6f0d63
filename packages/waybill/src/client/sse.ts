// text/event-stream, as the HTML standard defines its parsing (server-sent events, 9.2.6): fed with text in any pieces.
// `retry` is passed over: when to connect again is the ladder's own affair.

export interface ServerEvent {
  type: string
  data: string
  /** The last id seen, this event's or an earlier one's. */
  id: string
}

/** Characters of one event at most. Waybill sends far less: whoever sends more is not Waybill. */
const mostText = 4 * 1024 * 1024

export class EventParser {
  readonly #emit: (event: ServerEvent) => void
  #line = ''
  #size = 0
  #first = true
  #afterCr = false
  #data: string[] = []
  #type = ''
  #id = ''

  constructor(emit: (event: ServerEvent) => void) {
    this.#emit = emit
  }

  /** Throws a RangeError for an event without end. */
  push(piece: string): void {
    if (piece === '') return
    const text = this.#afterCr && piece.startsWith('\n') ? piece.slice(1) : piece
    this.#afterCr = piece.endsWith('\r')
    const [head = '', ...more] = text.split(/\r\n|\n|\r/)
    this.#line += head
    for (const next of more) {
      this.#take(this.#line)
      this.#line = next
    }
    if (this.#size + this.#line.length > mostText) throw new RangeError('an event without end')
  }

  #take(raw: string): void {
    const line = this.#first && raw.startsWith('\ufeff') ? raw.slice(1) : raw
    this.#first = false
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#size += this.#data.push(value) + value.length
    else if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
  }

  #dispatch(): void {
    const data = this.#data
    const type = this.#type || 'message'
    this.#data = []
    this.#type = ''
    this.#size = 0
    if (data.length > 0) this.#emit({ type, data: data.join('\n'), id: this.#id })
  }
}
