// A reader of event streams for the tests: hears events over a plain HTTP connection, and lets go of it.
import { get, type IncomingMessage } from 'node:http'
import { once } from 'node:events'

export interface Heard {
  event: string
  id: string | null
  data: { job_id?: string; status?: string; reason?: string; rev?: number }
}

export class Reader {
  readonly all: Heard[] = []
  readonly #response: IncomingMessage
  readonly ended: Promise<unknown>
  #text = ''
  #wake = () => {}

  static async open(url: string, headers: Record<string, string> = {}): Promise<Reader> {
    const [response]: IncomingMessage[] = await once(get(url, { headers, agent: false }), 'response')
    if (response?.statusCode !== 200) throw new Error(`${url} answered ${response?.statusCode}`)
    return new Reader(response)
  }

  constructor(response: IncomingMessage) {
    this.#response = response.setEncoding('utf8')
    this.#response.on('error', () => this.#wake()) // a server that was killed
    this.ended = new Promise((resolve) => this.#response.once('close', resolve))
    this.#response.on('data', (text: string) => this.#hear(text))
  }

  async until(event: string, fits: (data: Heard['data']) => boolean = () => true): Promise<Heard> {
    for (;;) {
      const found = this.all.find((one) => one.event === event && fits(one.data))
      if (found) return found
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** `event job_id status` of each, for jobs as the test names them. */
  told(names: Record<string, string>): string[] {
    return this.all.map(({ event, data }) => [event, names[data.job_id ?? ''], data.status].filter(Boolean).join(' '))
  }

  get lastId(): string {
    return this.all.findLast(({ id }) => id !== null)?.id ?? ''
  }

  close(): void {
    this.#response.destroy()
  }

  #hear(text: string): void {
    const blocks = (this.#text + text).split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null
      const event = field('event')
      if (event !== null) this.all.push({ event, id: field('id'), data: JSON.parse(field('data') ?? '{}') })
    }
    this.#wake()
  }
}
