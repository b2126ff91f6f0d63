// A process of a user with limits: `URL COUNT`. Says `ready`, waits for a word, submits all at once, says how many were stored.
import { once } from 'node:events'
import { createWaybill, defineJob, WaybillError } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'

const [url = '', count = '0'] = process.argv.slice(2)
const plain = defineJob({ type: 'plain', run: () => null })
// Both, so that a midnight on the way lets no more pass.
const tiers = { free: { perDay: 5, active: 5 } }
const waybill = createWaybill({ engine: url, jobs: [plain], tiers, logger: silentLogger })

async function isStored(): Promise<boolean> {
  try {
    await waybill.enqueue(plain, null, { userId: 'ann', tier: 'free' })
    return true
  } catch (error) {
    if (error instanceof WaybillError && error.status === 429) return false
    throw error
  }
}

await waybill.migrate()
const go = once(process, 'message')
process.send?.('ready')
await go
const stored = await Promise.all(Array.from({ length: Number(count) }, isStored))
process.send?.({ stored: stored.filter(Boolean).length })
await waybill.close()
process.disconnect?.()
