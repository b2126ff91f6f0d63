// Chance, handed in like time.

/** A number in [0, 1). Not for secrets. */
export const systemRandom = (): number => Math.random()
