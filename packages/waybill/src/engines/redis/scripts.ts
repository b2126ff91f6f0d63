// The Lua functions of the engine: each file with the common part in front, known to Redis by its SHA-1.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Script {
  name: string
  source: string
  sha: string
}

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'lua', `${name}.lua`), 'utf8')
const common = read('common')

function load(name: string): Script {
  const source = `${common}\n${read(name)}`
  return { name, source, sha: createHash('sha1').update(source).digest('hex') }
}

export type ScriptName =
  | 'insert'
  | 'exchange'
  | 'read'
  | 'ahead'
  | 'store'
  | 'extend'
  | 'enrol'
  | 'lead'
  | 'doc'
  | 'due'
  | 'purge'

export const scripts: Readonly<Record<ScriptName, Script>> = {
  insert: load('insert'),
  exchange: load('exchange'),
  read: load('read'),
  ahead: load('ahead'),
  store: load('store'),
  extend: load('extend'),
  enrol: load('enrol'),
  lead: load('lead'),
  doc: load('doc'),
  due: load('due'),
  purge: load('purge'),
}
