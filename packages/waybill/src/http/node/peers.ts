// Finds the peers of event streams that vanished without a word, and lets go of their connections. While a connection is
// idle, keepalive probes find them; while bytes are under way Linux probes no more and goes on resending for a quarter of
// an hour, so its own table is looked at. Systems that have none keep to what their TCP does.
import type { Socket } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/log.ts'
import { connectionOf, hasTables, readTables, waitingIn, type Waiting } from './tcp-table.ts'

const lookMs = 5_000
/** Sent twice without an answer: once is everyday loss. */
const fewestUnanswered = 2
/** Looks in a row until a connection is cut: 15 s without an answer, or 30 s in which a reader without room took nothing. */
const patience = { silent: 4, shut: 7 }

interface Suspect extends Waiting {
  looks: number
}

export class Peers {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #read: () => Promise<string>
  readonly #sockets = new Map<string, Socket>()
  #suspects = new Map<string, Suspect>()
  #isLooking = false

  constructor(clock: Clock, log: Logger, read: () => Promise<string> = readTables) {
    this.#clock = clock
    this.#log = log
    this.#read = read
  }

  /** Destroys the socket once its peer has vanished. For connections that are written to again and again: streams. */
  watch(socket: Socket): void {
    socket.setKeepAlive(true, 6_000, 2_000, 3) // idle for 6 s, then three probes
    const connection = hasTables ? connectionOf(socket) : null
    if (connection === null) return
    this.#sockets.set(connection, socket)
    socket.once('close', () => this.#sockets.delete(connection))
    if (!this.#isLooking) this.#lookLater()
  }

  #lookLater(): void {
    this.#isLooking = this.#sockets.size > 0
    if (this.#isLooking) this.#clock.after(lookMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    try {
      this.#judge(waitingIn(await this.#read()))
    } catch (error) {
      this.#log.debug({ error }, 'Linux did not tell of its connections; asked again soon')
    }
    this.#lookLater()
  }

  // Who is not met again has answered.
  #judge(all: Waiting[]): void {
    const before = this.#suspects
    this.#suspects = new Map()
    for (const waiting of all) {
      const socket = this.#sockets.get(waiting.connection)
      if (!socket || !isDoubtful(waiting)) continue
      const suspect = suspectOf(waiting, before.get(waiting.connection))
      if (suspect.looks >= patienceWith(waiting)) socket.destroy()
      else this.#suspects.set(waiting.connection, suspect)
    }
  }
}

function isDoubtful({ unanswered, isShut }: Waiting): boolean {
  return unanswered >= fewestUnanswered || isShut
}

function patienceWith({ unanswered }: Waiting): number {
  return unanswered >= fewestUnanswered ? patience.silent : patience.shut
}

/** An answer sets Linux's count back, and what was taken shortens the queue: then the count of looks begins anew. */
function suspectOf(waiting: Waiting, before: Suspect | undefined): Suspect {
  const isSame = before && waiting.unanswered >= before.unanswered && waiting.bytes >= before.bytes
  return { ...waiting, looks: isSame ? before.looks + 1 : 1 }
}
