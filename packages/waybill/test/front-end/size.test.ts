// What the browser's parts weigh, minified and gzipped, and that nothing of the server is in them.
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundled } from './bundle.fixture.ts'

test.each([
  ['react', 13_000],
  ['element', 12_000],
  ['client', 8_000],
])('waybill/%s weighs less than %i bytes, React not counted', async (entry, limit) => {
  const code = await bundled(new URL(`../../src/${entry}/index.ts`, import.meta.url).pathname, { lean: true })
  expect(gzipSync(code).length).toBeLessThan(limit)
  expect(code).not.toMatch(/["'](node:|zod|hono)/)
})
