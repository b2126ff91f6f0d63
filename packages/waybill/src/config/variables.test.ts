// The reference of the settings and the code speak of the same variables.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { variables } from './variables.ts'

const page = fileURLToPath(new URL('../../../../docs/reference/configuration.md', import.meta.url))

test('docs/reference/configuration.md lists every variable with its default and meaning', () => {
  const text = readFileSync(page, 'utf8')
  for (const { names, default: value, meaning } of Object.values(variables)) {
    const row = `| ${names.map((name) => `\`${name}\``).join(' ')} | ${value === '' ? 'unset' : `\`${value}\``} | ${meaning} |`
    expect(text).toContain(row)
  }
})

test('docs/reference/configuration.md lists no variable that does not exist', () => {
  const known = new Set(Object.values(variables).flatMap(({ names }) => [...names]))
  const listed = [...readFileSync(page, 'utf8').matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1] ?? '')
  expect(listed.filter((name) => !known.has(name))).toEqual([])
})
