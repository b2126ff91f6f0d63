// The comparison with peers runs once, tiny and in one process, on real servers: it cannot rot unseen. No timing is asserted.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const program = fileURLToPath(new URL('./src/peers/main.ts', import.meta.url))

test('every contestant takes part in every measurement', { timeout: 120_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-peers-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const [json, chart] = [join(dir, 'peers.json'), join(dir, 'peers.svg')]

  const printed = execFileSync(process.execPath, [program, '--quick', '--json', json, '--chart', chart], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })

  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ failures: [] })
  expect(printed).toContain('## Targets')
  expect(readFileSync(chart, 'utf8')).toContain('</svg>')
})
