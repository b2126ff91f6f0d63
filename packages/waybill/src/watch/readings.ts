// Jobs that are being read right now, and whether a change of them was told of meanwhile: then nobody can say whether
// the answer shows it.

export interface Reading {
  readers: number
  /** A change was told of since the reading began. */
  doubted: boolean
}

export class Readings {
  readonly #byId = new Map<string, Reading>()

  /** To be called before the engine is asked. */
  begin(id: string): Reading {
    const reading = this.#byId.get(id) ?? { readers: 0, doubted: false }
    reading.readers++
    this.#byId.set(id, reading)
    return reading
  }

  end(id: string, reading: Reading): void {
    reading.readers--
    if (reading.readers === 0 && this.#byId.get(id) === reading) this.#byId.delete(id)
  }

  /** Those that began before now are in doubt; one that begins later is not. */
  doubt(id: string): void {
    const reading = this.#byId.get(id)
    if (!reading) return
    reading.doubted = true
    this.#byId.delete(id)
  }
}
