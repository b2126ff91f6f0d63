// `waybill.config.{ts,js,mjs}`: `export default { jobs: [...], …options of createWaybill }`.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { errorText } from '../lib/error-text.ts'
import { isObject } from '../lib/json.ts'

const names = ['waybill.config.ts', 'waybill.config.js', 'waybill.config.mjs']

/** Where the config file is: the named one, else the one in the working directory, else null. */
export function configPath(cwd: string, named: string | null): string | null {
  if (named) return resolve(cwd, named)
  return names.map((name) => join(cwd, name)).find((file) => existsSync(file)) ?? null
}

/** The options that a config file exports, and where it is; empty options and null when there is none. Throws when a named one cannot be used. */
export async function loadConfigFile(
  cwd: string,
  named: string | null,
): Promise<{ path: string | null; options: Record<string, unknown> }> {
  const path = configPath(cwd, named)
  if (path === null) return { path, options: {} }
  if (!existsSync(path)) throw new TypeError(`--config: expected a file, got ${path}, which does not exist`)
  const module = await load(path)
  const options = isObject(module) ? module['default'] : null
  if (!isObject(options)) throw new TypeError(`${path}: expected \`export default { jobs: [...] }\``)
  return { path, options }
}

async function load(path: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (error) {
    throw new TypeError(`${path}: cannot be loaded: ${errorText(error)}`, { cause: error })
  }
}
