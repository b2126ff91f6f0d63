// One shard: the keys that share a hash tag and so one node, and how its scripts are called. Key names live here and in
// the headers of lua/*.lua; nothing outside this folder knows them.
//   PREFIX{i}:ID             a job: three lines, state · spec · input
//   PREFIX{i}.meta           layout, shards, n (the last place given), returns (the last ticket), fence
//   PREFIX{i}.ids:CHUNK      the ids at 128 places in a row; .chunks says how many of them are left in each
//   PREFIX{i}.user:U …       places of an owner's jobs; also .subject: .batch: .parent: .schedule: .in:STATUS
//   PREFIX{i}.ready:L:QUEUE  lane L of a queue: ids, or "ticket,rev,id" of jobs that came back; .lanes names the lanes that hold something
//   PREFIX{i}.stale          "rev,id" of entries whose job is not pending any more
//   PREFIX{i}.leased         id → "fence:place", with * once a lease is written into the record; .lease:FENCE is the claim's row, .leases orders them, .claims finds them
//   PREFIX{i}.done           place → what the end of a job adds that was fresh, claimed once and completed
//   PREFIX{i}.idlers         workers that wait for a job, found by .idle:QUEUE; .to:PROCESS is where one hears of it
//   PREFIX{i}.scheduled .cancelling .start_by .expiring:SECOND .expiries   what time has something to say about
//   PREFIX{i}.timeline:ID .steps:ID .logs:ID .key:K .gone:ID .counts .paused .docs:KIND .workers .roles
import { Memo } from './memo.ts'
import type { Arg, Port } from './port.ts'
import { scripts, type ScriptName } from './scripts.ts'

export class Shard {
  readonly index: number
  /** `wb:{0}`: the key that routes a script and begins every other key. */
  readonly base: string
  readonly memo: Memo = new Memo()
  readonly #port: Port
  readonly #offset: () => number
  readonly #told: (serverNow: number) => void

  constructor(port: Port, prefix: string, index: number, offset: () => number, told: (serverNow: number) => void) {
    this.#port = port
    this.index = index
    this.base = `${prefix}{${index}}`
    this.#offset = offset
    this.#told = told
  }

  key(name: string): string {
    return `${this.base}.${name}`
  }

  run(name: ScriptName, args: Arg[]): Promise<unknown> {
    return this.#port.run(scripts[name], this.base, [this.#offset(), ...args])
  }

  call(command: string, name: string, ...args: Arg[]): Promise<unknown> {
    return this.#port.call(command, this.key(name), ...args)
  }

  /** The records of these jobs as they are written, null for one that is not there. */
  records(ids: string[]): Promise<unknown> {
    return this.#port.call('MGET', ...ids.map((id) => `${this.base}:${id}`))
  }

  /** Remembers what time it is there. */
  heard(now: number): number {
    this.#told(now)
    return now
  }
}
