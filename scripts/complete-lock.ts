// `npm run lock`, after `npm install`: adds to package-lock.json the platform packages that npm left out because the
// registry at hand does not carry them. `npm ci` refuses a lock file that lacks one, even for a platform it will never
// install. They get no integrity here; an `npm install` where the registry has them all writes complete entries.
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  optionalDependencies?: Record<string, string>
}

const file = process.argv[2] ?? new URL('../package-lock.json', import.meta.url)
const lock: { packages: Record<string, Entry> } = JSON.parse(readFileSync(file, 'utf8'))
const added = Object.entries(lock.packages).flatMap(([place, entry]) => complete(place, entry))

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`lock: ${added.length} platform packages added`)

function complete(place: string, entry: Entry): string[] {
  return Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, version]) => {
    const platform = platformOf(name)
    if (platform === null || isLocked(place, name, version)) return []
    const target = besides(place, name) in lock.packages ? `${place}/node_modules/${name}` : besides(place, name)
    lock.packages[target] = {
      version,
      cpu: platform.cpu,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: platform.os,
    }
    return [target]
  })
}

// npm hoists what it can: next to the package that asks for it.
function besides(place: string, name: string): string {
  const parent = place.slice(0, place.lastIndexOf('node_modules/'))
  return `${parent}node_modules/${name}`
}

function isLocked(place: string, name: string, version: string): boolean {
  const own = lock.packages[`${place}/node_modules/${name}`] ?? lock.packages[besides(place, name)]
  return own?.version === version
}

/** `@biomejs/cli-linux-x64-musl` → linux, x64. Null when the name tells no platform. */
function platformOf(name: string): { os: string[]; cpu: string[] } | null {
  const systems = /[-/](android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|ia32|ppc64|riscv64|s390x|x64)\b/
  const [, os, cpu] = systems.exec(name) ?? []
  return os === undefined || cpu === undefined ? null : { os: [os], cpu: [cpu] }
}
