// What an element does: watches the job that its attributes name while it is in a page, draws what it hears, and tells
// the page. Elements that say the same share one client, and so one stream.
import { isEnded, type Job, type TokenSource, type WaybillClient } from '../client/index.ts'
import { present } from '../page/present.ts'
import { nothing, type Snapshot } from '../page/snapshot.ts'
import { storeOf } from '../page/store.ts'
import { browserPage } from '../page/visibility.ts'
import { sharedClient } from './clients.ts'
import { Drawing } from './drawing.ts'
import { defaultSrc, type WaybillProgressDetail } from './progress.ts'

const tickMs = 1_000

export class Control {
  readonly #host: HTMLElement
  readonly #drawing: Drawing
  #given: { token?: TokenSource | undefined; client?: WaybillClient | undefined } = {}
  #client: WaybillClient | undefined
  #shown: Snapshot<Job | null> | null = null
  #told: Snapshot<Job | null> = nothing
  #connected = false
  #leave: () => void = () => {}
  #stopTicking: () => void = () => {}

  constructor(host: HTMLElement) {
    this.#host = host
    this.#drawing = new Drawing(host)
  }

  get token(): TokenSource | undefined {
    return this.#given.token ?? this.#host.getAttribute('token') ?? undefined
  }

  get client(): WaybillClient | undefined {
    return this.#given.client ?? this.#client
  }

  /** Something was said anew, by an attribute or a property. */
  changed(given: { token?: TokenSource | undefined; client?: WaybillClient | undefined }): void {
    this.#given = { ...this.#given, ...given }
    if (this.#connected) this.#watch()
  }

  show(snapshot: Snapshot<Job | null> | null): void {
    this.#shown = snapshot
    if (this.#connected) this.#watch()
  }

  connect(): void {
    this.#connected = true
    this.#takeEarly('token')
    this.#takeEarly('client')
    this.#watch()
  }

  disconnect(): void {
    this.#connected = false
    this.#leave()
    this.#stopTicking()
  }

  // What a page set before the element was defined lies in front of the property of the same name.
  #takeEarly(name: 'token' | 'client'): void {
    const early = Object.getOwnPropertyDescriptor(this.#host, name)
    if (!early || !Reflect.deleteProperty(this.#host, name)) return
    Reflect.set(this.#host, name, early.value)
  }

  #watch(): void {
    const left = this.#leave // after the next watch has begun, so that a shared stream stays
    const id = this.#host.getAttribute('job')
    if (this.#shown || !id) {
      this.#leave = () => {}
      this.#hear(this.#shown ?? nothing)
    } else this.#follow(id)
    left()
  }

  #follow(id: string): void {
    const src = this.#host.getAttribute('src') ?? defaultSrc
    const client = (this.#client = this.#given.client ?? sharedClient(src, this.token))
    const store = storeOf(client)
    this.#leave = store.subscribe(id, () => this.#hear(store.snapshot(id)))
    this.#hear(store.snapshot(id))
  }

  #hear(snapshot: Snapshot<Job | null>): void {
    const before = this.#told
    this.#told = snapshot
    this.#draw()
    if (snapshot !== before) this.#tell(before.value)
  }

  #draw(): void {
    this.#stopTicking()
    const shown = present(this.#told, this.#now)
    const label = this.#host.getAttribute('label') ?? this.#told.value?.title ?? 'Progress'
    this.#drawing.draw(shown, label)
    if (shown.ticks && this.#connected) this.#stopTicking = browserPage.after(tickMs, () => this.#draw())
  }

  get #now(): number {
    return this.client?.serverTime ?? browserPage.now()
  }

  #tell(before: Job | null): void {
    const { value: job, connection } = this.#told
    const { state, percent, text } = present(this.#told, this.#now)
    const detail: WaybillProgressDetail = { job, connection, state, percent, text }
    const isNewEnd = job !== null && isEnded(job) && !(before?.id === job.id && isEnded(before))
    this.#dispatch('waybill-change', detail)
    if (isNewEnd) this.#dispatch('waybill-end', detail)
  }

  #dispatch(type: string, detail: WaybillProgressDetail): void {
    this.#host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }
}
