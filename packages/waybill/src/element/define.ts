// Defines the element, once. The class is made here and not before: where there is no HTMLElement (a server that renders
// pages) this file must still load.
import type { Job, TokenSource, WaybillClient } from '../client/index.ts'
import type { Snapshot } from '../page/snapshot.ts'
import { Control } from './control.ts'
import { watchedAttributes, type WaybillProgress } from './progress.ts'

const name = 'waybill-progress'

/** Does nothing where it is defined already, and where there are no elements. */
export function defineProgress(): void {
  if (typeof customElements === 'undefined' || customElements.get(name)) return
  customElements.define(name, progressClass())
}

function progressClass(): CustomElementConstructor {
  return class extends HTMLElement implements WaybillProgress {
    static readonly observedAttributes = watchedAttributes
    readonly #control = new Control(this)

    get token(): TokenSource | undefined {
      return this.#control.token
    }

    set token(token: TokenSource | undefined) {
      this.#control.changed({ token })
    }

    get client(): WaybillClient | undefined {
      return this.#control.client
    }

    set client(client: WaybillClient | undefined) {
      this.#control.changed({ client })
    }

    show(snapshot: Snapshot<Job | null> | null): void {
      this.#control.show(snapshot)
    }

    connectedCallback(): void {
      this.#control.connect()
    }

    disconnectedCallback(): void {
      this.#control.disconnect()
    }

    attributeChangedCallback(): void {
      this.#control.changed({})
    }
  }
}
