// A page that nobody looks at for long closes its stream: browsers allow few connections a host, and tabs are many. When
// it is looked at again it catches up, and asks again where it was refused (somebody may have logged in meanwhile).
import type { PageEnv } from './visibility.ts'
import type { Watch } from './watched.ts'

/** Hidden for so long, a page stops watching. */
const sleepAfterMs = 300_000

export class Sleep {
  readonly #page: PageEnv
  readonly #all: () => readonly Watch[]
  #asleep = new Set<Watch>()
  #forget: () => void = () => {}

  constructor(page: PageEnv, all: () => readonly Watch[]) {
    this.#page = page
    this.#all = all
  }

  /** Follows the page's visibility. The answer stops it. */
  begin(): () => void {
    const stop = this.#page.onVisibility(() => this.#changed())
    this.#changed()
    return () => {
      stop()
      this.#forget()
      this.#asleep.clear()
    }
  }

  #changed(): void {
    this.#forget()
    if (this.#page.hidden()) this.#forget = this.#page.after(sleepAfterMs, () => this.#sleep())
    else this.#wake()
  }

  #sleep(): void {
    for (const watch of this.#all().filter(({ running }) => running)) {
      watch.pause()
      this.#asleep.add(watch)
    }
  }

  #wake(): void {
    const refused = ({ snapshot }: Watch) => snapshot.connection === 'unauthorized'
    for (const watch of this.#all()) if (this.#asleep.has(watch) || refused(watch)) watch.resume()
    this.#asleep.clear()
  }
}
