// Status reads: 64 callers ask for the present state of jobs by id, a thousand different jobs in turn.
import { input, type Producer } from '../peer.ts'
import { perSecond } from '../../figures.ts'

const callers = 64

/** Reads a second over about `ms`; null for a peer without anything to read with. */
export async function reads(producer: Producer, jobs: number, ms: number): Promise<number | null> {
  const { read } = producer
  if (!read) return null
  const ids: string[] = []
  for (let i = 0; i < jobs; i++) ids.push(await producer.add(input(i)))
  let count = 0
  const start = performance.now()
  const caller = async () => {
    while (performance.now() - start < ms) {
      const id = ids[count++ % ids.length] ?? ''
      if (!(await read(id))) throw new Error(`job ${id} was stored and is not found`)
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return perSecond(count, performance.now() - start)
}
