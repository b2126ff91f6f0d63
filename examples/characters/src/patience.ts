// For the start: a database may come up after the programs that need it.
import { setTimeout as pause } from 'node:timers/promises'

const tries = 20

/** What `open` resolves to, tried once a second. A TypeError is thrown at once: waiting does not mend a wrong URL. */
export async function patiently<T>(open: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await open()
    } catch (error) {
      if (error instanceof TypeError || n === tries) throw error
      console.error(`The database cannot be reached yet, trying again: ${String(error)}`)
      await pause(1000)
    }
  }
}
