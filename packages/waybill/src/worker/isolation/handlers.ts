// The jobs that a module exports, for a child that runs them: each under a name of its own, in a list, or in
// `export default { jobs: [...] }` as a config file has them.
import { jobsByType, type AnyJobDefinition } from '../../job/definition.ts'
import { isObject } from '../../lib/json.ts'

export function handlersIn(module: object): ReadonlyMap<string, AnyJobDefinition> {
  const found = Object.values(module).flatMap((value: unknown) => definitionsIn(value))
  return jobsByType([...new Set(found)])
}

function definitionsIn(exported: unknown): AnyJobDefinition[] {
  const list = isObject(exported) && Array.isArray(exported['jobs']) ? exported['jobs'] : exported
  return (Array.isArray(list) ? list : [list]).filter((value: unknown) => isDefinition(value))
}

function isDefinition(value: unknown): value is AnyJobDefinition {
  return isObject(value) && typeof value['type'] === 'string' && typeof value['with'] === 'function'
}
