// `npm run layers [-- SRC]`: reads every import of packages/waybill/src and refuses those that layers.ts does not
// allow: upward, sideways, into a package that a pure layer must not know. Tests and their fixtures may import anything.
import { readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import { clockFaults } from './clock-reads.ts'
import { sourcesUnder } from './files.ts'
import { type Import, importsOf } from './imports.ts'
import { layers, packages, refusedNames } from './layers.ts'

const root = resolve(process.argv[2] ?? new URL('../packages/waybill/src', import.meta.url).pathname)
const files = sourcesUnder(root).filter((file) => !/\.(test|fixture)\.tsx?$/.test(file))
const faults = files.flatMap(faultsOf)

for (const fault of faults) console.error(fault)
if (files.length === 0) console.error(`layers: no source file under ${root}`)
if (faults.length > 0 || files.length === 0) process.exitCode = 1
else console.log(`layers: ${files.length} files, every import goes down`)

function faultsOf(file: string): string[] {
  const layer = layerOf(file)
  if (layer === null) return [`${file}: belongs to no layer; add its folder to scripts/layers.ts`]
  const source = readFileSync(`${root}/${file}`, 'utf8')
  return [...importFaults(file, layer, source), ...clockFaults(file, source)]
}

function importFaults(file: string, layer: string, source: string): string[] {
  return importsOf(file, source).flatMap((found) => {
    const why = found.from.startsWith('.') ? insideFault(file, layer, found) : outsideFault(layer, found)
    return why === null ? [] : [`${file}:${found.line} imports ${found.from}: ${why}`]
  })
}

function insideFault(file: string, layer: string, found: Import): string | null {
  const target = layerOf(posix.join(posix.dirname(file), found.from))
  const allowed = layers[layer] ?? []
  const refused = found.names.find((name) => refusedNames[layer]?.includes(name))
  if (refused !== undefined) return `${layer} must not hold ${refused}`
  if (target === layer || (target !== null && allowed.includes(target))) return null
  if (target !== null && allowed.includes(`types:${target}`)) {
    return found.typeOnly ? null : `${layer} may import only types from ${target}; write "import type"`
  }
  return `${layer} may import only ${allowed.join(', ') || 'its own files'}, not ${target ?? 'files outside every layer'}`
}

function outsideFault(layer: string, found: Import): string | null {
  const allowed = packages[layer]
  if (allowed === undefined || allowed.includes(found.from)) return null
  return `${layer} may import only ${allowed.join(', ') || 'no package'}`
}

function layerOf(file: string): string | null {
  const rows = Object.keys(layers).filter((row) => file === row || file.startsWith(`${row}/`))
  return rows.sort((a, b) => b.length - a.length)[0] ?? null
}
