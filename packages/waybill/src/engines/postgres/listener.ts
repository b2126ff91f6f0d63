// Hears of other processes' commits on a connection of its own. Behind PgBouncer a LISTEN seems to succeed and hears
// nothing, and a connection may die without a word: it counts as heard only once a message of one's own has come back.
import type { Client } from 'pg'
import type { Clock } from '../../lib/clock.ts'
import type { Message } from './notifier.ts'

const echoMs = 1_000

export interface ListenerParts {
  clock: Clock
  channel: string
  connect: () => Client
  /** Sends a message of one's own. */
  probe: () => Promise<void>
  heard: (message: Message) => void
  /** The connection is gone. */
  lost: () => void
}

export class Listener {
  readonly #parts: ListenerParts
  #client: Client | null = null
  #echo: (() => void) | null = null

  constructor(parts: ListenerParts) {
    this.#parts = parts
  }

  /** True once it really hears. */
  async open(): Promise<boolean> {
    const client = this.#parts.connect()
    this.#client = client
    client.on('error', () => this.#drop(client))
    client.on('end', () => this.#drop(client))
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''))
    try {
      await client.connect()
      await client.query(`LISTEN "${this.#parts.channel}"`)
    } catch {
      this.#drop(client) // the reason is of no use: the backstop looks, and this is tried again
      return false
    }
    return this.hears()
  }

  /** Whether a message of one's own comes back; a connection on which it does not is given up. */
  async hears(): Promise<boolean> {
    const client = this.#client
    if (client === null) return false
    const echo = new Promise<boolean>((resolve) => {
      const forget = this.#parts.clock.after(echoMs, () => resolve(false))
      this.#echo = () => {
        forget()
        resolve(true)
      }
    })
    await this.#parts.probe().catch(() => undefined)
    const heard = await echo
    if (!heard) this.#drop(client)
    return heard && this.#client === client
  }

  close(): void {
    const client = this.#client
    this.#client = null
    this.#echo?.()
    if (client) void client.end().catch(() => undefined)
  }

  #heard(payload: string): void {
    this.#echo?.()
    const message = messageFrom(payload)
    if (message) this.#parts.heard(message)
  }

  #drop(client: Client): void {
    if (this.#client !== client) return
    this.close()
    this.#parts.lost()
  }
}

function messageFrom(payload: string): Message | null {
  try {
    const message: Message = JSON.parse(payload)
    return message
  } catch {
    return null // somebody else speaks on this channel
  }
}
