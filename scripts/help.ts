// `npm run help`: every script with a line. The lines stand in package.json right below the scripts, under
// "//scripts"; a script without one, or a line without a script, is an error.
import { readFileSync } from 'node:fs'

interface Scripts {
  scripts: Record<string, string>
  '//scripts': Record<string, string>
}

const { scripts, '//scripts': lines }: Scripts = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

// pre* and post* hooks belong to the script they surround.
const names = Object.keys(scripts).filter(
  (name) => !(name.replace(/^(pre|post)/, '') in scripts && /^(pre|post)/.test(name)),
)
const missing = names.filter((name) => !lines[name])
const stray = Object.keys(lines).filter((name) => !names.includes(name))
const width = Math.max(...names.map((name) => name.length))

for (const name of names) console.log(`npm run ${name.padEnd(width)}  ${lines[name] ?? ''}`)
if (missing.length > 0 || stray.length > 0) {
  console.error(`package.json "//scripts": no line for ${list(missing)}; no script for ${list(stray)}`)
  process.exitCode = 1
}

function list(words: string[]): string {
  return words.length > 0 ? words.join(', ') : '(none)'
}
