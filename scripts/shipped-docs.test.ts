// The documentation that goes out with the package has no link that leads nowhere.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { deadLinks, shipDocs, withoutDeadLinks } from './shipped-docs.ts'

const workspace = resolve(import.meta.dirname, '..')

test('no page that is shipped has a dead link, and the README still leads to the guides', () => {
  const dist = mkdtempSync(join(tmpdir(), 'waybill-docs-'))
  shipDocs(workspace, dist)
  expect(deadLinks(dist)).toEqual([])
  rmSync(dist, { recursive: true })
})

test('in the checkout no link of these pages is dead either', () => {
  expect(deadLinks(workspace)).toEqual([])
})

test('what does not ship is named without a link, and a table row about nothing else is left out', () => {
  const text = [
    'See [the code](src/x.ts) and [the guide](docs/a.md#top), or [the web](https://example.org).',
    '![A picture](docs/images/p.png)',
    '| [Benchmarks](bench/README.md) | measured |',
    '| [Guide](docs/a.md) · [Code](src/x.ts) | both |',
  ].join('\n')
  expect(withoutDeadLinks(text, (target) => target === 'docs/a.md')).toBe(
    [
      'See the code and [the guide](docs/a.md#top), or [the web](https://example.org).',
      'A picture',
      '| [Guide](docs/a.md) · Code | both |',
    ].join('\n'),
  )
})
