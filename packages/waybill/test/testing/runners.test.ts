// testWaybill needs nothing of the runner: under node:test it passes, and the process ends by itself.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('node:test', async () => {
  const file = fileURLToPath(new URL('plain.node.ts', import.meta.url))
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', file], { env: { PATH: process.env['PATH'] } })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  expect(said).toContain('# pass 2')
  expect(code).toBe(0)
})
