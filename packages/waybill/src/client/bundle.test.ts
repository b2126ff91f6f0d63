// The client is for browsers: its modules import nothing but each other, and types.
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const folder = new URL('.', import.meta.url)
const modules = readdirSync(folder).filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name))
const code = modules.map((name) => stripTypeScriptTypes(readFileSync(new URL(name, folder), 'utf8')))

test('no module imports node:, a package, or another folder at run time', () => {
  const imported = code.flatMap((text) =>
    [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? ''),
  )
  expect(imported.length).toBeGreaterThan(5)
  expect(imported.filter((path) => !/^\.\/[\w-]+\.ts$/.test(path))).toEqual([])
})

test('all of it is small: less than 12 KB, gzipped without comments and not even minified (which makes it 7)', () => {
  const bare = code
    .join('\n')
    .replaceAll(/^\s*(\/\/|\/\*\*|\*).*$/gm, '')
    .replaceAll(/\n\s*/g, '\n')
  expect(gzipSync(bare).length).toBeLessThan(12_000)
})
