// A process of the several-processes test: `submit URL COUNT NAME` or `work URL NAME TOTAL`. Prints one JSON line.
import { completed } from '../../job/decide.ts'
import type { ClaimRequest } from '../../engine/engine.ts'
import { newId } from '../../lib/ids.ts'
import { openEngine } from '../registry.ts'
import { aJob } from '../../engine/jobs.fixture.ts'

const [role = '', url = '', ...rest] = process.argv.slice(2)
const stayAlive = setInterval(() => {}, 60_000) // hints alone hold no process
const engine = await openEngine(url)
await engine.migrate()
const answer = role === 'submit' ? await submit(Number(rest[0])) : await work(rest[0] ?? '', Number(rest[1]))
await engine.close()
clearInterval(stayAlive)
process.stdout.write(`${JSON.stringify(answer)}\n`)

async function submit(count: number): Promise<string[]> {
  let left = count
  const caller = async (): Promise<string[]> => {
    const ids: string[] = []
    while (left-- > 0) {
      const id = newId()
      const [stored] = await engine.insert([aJob({ id })])
      if (stored?.outcome === 'created') ids.push(id)
    }
    return ids
  }
  return (await Promise.all(Array.from({ length: 16 }, caller))).flat()
}

/** Runs jobs until all the file's jobs have ended; answers [id, fence] of each one it ended. */
async function work(workerId: string, total: number): Promise<[string, number][]> {
  const ended: [string, number][] = []
  const request = (): ClaimRequest => ({
    workerId,
    queues: [],
    max: 20,
    leaseMs: 60_000,
    claimId: newId(),
    begins: 20,
  })
  let wake = () => {}
  const unwatch = engine.watch(() => wake())
  while ((await engine.count({})).completed < total) {
    const hint = new Promise<void>((resolve) => (wake = resolve))
    const { jobs, fence } = await engine.claim(request())
    if (jobs.length === 0) await hint
    const { applied } = await engine.apply(jobs.map((job) => completed(job.record, fence, null)))
    for (const [i, one] of applied.entries())
      if (one.outcome === 'applied') ended.push([jobs[i]?.record.id ?? '', fence])
  }
  unwatch()
  return ended
}
