// What an engine has to say of the store behind it to whoever looks after it: one line each, with what to do.

export interface Remark {
  level: 'ok' | 'warn' | 'fail'
  about: string
  text: string
}

/** Clocks this far apart are worth a word (ms). */
const worthAWord = 1_000

/** Of the store's clock and this machine's. `tripMs`: how long the question took, so far the answer may be off. */
export function clockRemark(aheadMs: number, tripMs: number): Remark {
  const apart = Math.round(Math.abs(aheadMs))
  const about = 'clock'
  if (apart <= worthAWord + tripMs / 2)
    return { level: 'ok', about, text: `the store's clock and this machine's are ${apart} ms apart` }
  const way = aheadMs > 0 ? 'ahead of' : 'behind'
  return {
    level: 'warn',
    about,
    text: `the store's clock is ${(apart / 1_000).toFixed(1)} s ${way} this machine's: let NTP set both; leases go by the store's alone, but ages and waits are shown wrongly`,
  }
}
