// Jobs that are watched by their ids: who follows which, and the lanes that bring them, 200 ids each. Jobs that come
// and go change the lanes once things have settled.
import { WaybillClientError } from './errors.ts'
import type { Follower } from './follower.ts'
import { Lane, worstOf, type Way } from './lane.ts'
import { NamedCourse } from './named-course.ts'
import { Told } from './told.ts'
import type { Transport } from './transport.ts'

/** Ids in one stream. */
const laneIds = 200
/** The set of watched jobs settles for so long before a stream is opened; and before an open one is replaced. */
const settleMs = 10
const settleLiveMs = 100

export class Named {
  readonly #transport: Transport
  readonly #onChange: () => void
  readonly #followers = new Map<string, Set<Follower>>()
  readonly #told: Told
  #lanes: Lane[] = []
  #planned: (() => void) | null = null
  #due = false

  /** `onChange`: lanes have come, gone or changed their way. */
  constructor(transport: Transport, onChange: () => void) {
    this.#transport = transport
    this.#onChange = onChange
    this.#told = new Told(transport, {
      of: (id) => this.#followers.get(id) ?? [],
      all: () => new Set([...this.#followers.values()].flatMap((set) => [...set])),
      over: (id) => this.#forget(id),
      failed: () => [...this.#followers.keys()].forEach((id) => this.#forget(id)),
      byName: true,
    })
  }

  get lanes(): readonly Lane[] {
    return this.#lanes
  }

  follow(id: string, follower: Follower): void {
    if (!/^[\w-]{1,64}$/.test(id)) return follower.gone(id, noId(id))
    const known = this.#told.newest.get(id)
    if (known) follower.offer(known)
    const set = this.#followers.get(id)
    if (set) return void set.add(follower)
    this.#followers.set(id, new Set([follower]))
    const ms = this.#lanes.length > 0 ? settleLiveMs : settleMs
    this.#planned ??= this.#transport.env.after(ms, () => this.#replan())
  }

  leave(id: string, follower: Follower): void {
    const set = this.#followers.get(id)
    if (set?.delete(follower) && set.size === 0) this.#forget(id)
  }

  // The stream goes on telling of it until it is opened anew; nobody listens.
  #forget(id: string): void {
    this.#followers.delete(id)
    this.#told.newest.forget(id)
    if (this.#followers.size === 0) this.#unplan()
    for (const lane of this.#lanes.filter(({ over }) => over)) this.#drop(lane)
    this.#changed()
  }

  #drop(lane: Lane): void {
    lane.stop()
    this.#lanes = this.#lanes.filter((one) => one !== lane)
  }

  // Not while a stream is being opened: jobs that are added one by one would keep it from ever telling anything.
  #replan(): void {
    this.#unplan()
    this.#due = this.#opening
    if (this.#due) return
    const way = worstOf(this.#lanes) ?? 'connecting'
    for (const lane of this.#lanes) lane.stop()
    const ids = [...this.#followers.keys()]
    this.#lanes = []
    for (let i = 0; i < ids.length; i += laneIds) this.#lanes.push(this.#lane(ids.slice(i, i + laneIds), way))
    this.#onChange()
  }

  #lane(ids: string[], way: Way): Lane {
    const course = new NamedCourse(this.#transport, this.#told, () => ids.filter((id) => this.#followers.has(id)))
    return new Lane(this.#transport, course, this.#told, { way, onChange: () => this.#changed() })
  }

  #unplan(): void {
    this.#planned?.()
    this.#planned = null
  }

  get #opening(): boolean {
    return this.#lanes.some(({ opening }) => opening)
  }

  #changed(): void {
    if (this.#due && !this.#opening) this.#replan()
    else this.#onChange()
  }
}

function noId(id: string): WaybillClientError {
  return new WaybillClientError('bad_request', 400, `"${id.slice(0, 100)}" is no job id`)
}
