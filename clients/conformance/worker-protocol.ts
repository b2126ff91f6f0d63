// Holds any server against the worker protocol: `node clients/conformance/worker-protocol.ts URL [TYPE]`, with a key that may
// submit, read, control and work in WAYBILL_TOKEN (none for a server without auth). TYPE is a job type that the server knows
// and that takes any input; default `conformance`. Uses queues of its own, and leaves ended jobs and a few open ones there.
import { cases } from './cases.ts'
import { Peer } from './wire.ts'

const [url, type = 'conformance'] = process.argv.slice(2)
if (url === undefined) {
  console.error('usage: node clients/conformance/worker-protocol.ts http://127.0.0.1:8012/api/v1 [TYPE]')
  process.exitCode = 2
} else process.exitCode = (await runAll(url, type)) === 0 ? 0 : 1

async function runAll(base: string, jobType: string): Promise<number> {
  const run = Date.now().toString(36)
  let failures = 0
  for (const [i, one] of cases.entries()) {
    try {
      await one.run(new Peer(base, process.env['WAYBILL_TOKEN'] ?? null, jobType, `conformance-${run}-${i}`))
      console.log(`ok   ${one.name}`)
    } catch (error) {
      failures++
      console.log(`FAIL ${one.name}\n     ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  console.log(`${cases.length - failures} of ${cases.length} hold`)
  return failures
}
