// `npm run find-it`: every path in backticks in docs/find-it.md exists. A word in backticks is a path when it holds a
// slash and no space; `*` stands for any name.
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(process.argv[2] ?? new URL('..', import.meta.url).pathname)
const page = readFileSync(`${root}/docs/find-it.md`, 'utf8')
const paths = [...page.matchAll(/`([^`\s]*\/[^`\s]*)`/g)].flatMap((match) => match[1] ?? [])
const missing = paths.filter((path) => globSync(path, { cwd: root }).length === 0)

for (const path of missing) console.error(`docs/find-it.md: ${path} does not exist`)
if (paths.length === 0) console.error('docs/find-it.md names no path')
if (missing.length > 0 || paths.length === 0) process.exitCode = 1
else console.log(`find-it: ${paths.length} paths, all there`)
