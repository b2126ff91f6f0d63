// What a foreign worker finds in a list: the job's id, and its input as fields. Empty fields are left out, as writers in
// other languages do: null, false, "", [] and {}.
import { isObject, type Json, type JsonObject } from '../lib/json.ts'

export function messageOf(id: string, input: Json, more: JsonObject = {}): string {
  const fields = Object.entries(fieldsOf(input)).filter(([name, value]) => name !== 'job_id' && !isEmpty(value))
  return JSON.stringify({ job_id: id, ...Object.fromEntries(fields), ...more })
}

// An input that is no object is one field.
function fieldsOf(input: Json): Record<string, unknown> {
  return isObject(input) ? input : { input }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === false || value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.keys(value).length === 0
}
