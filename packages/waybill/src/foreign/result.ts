// A result from elsewhere: as large as results may be, and as the type's output schema has it where this process knows one.
import { isGone, type ReadEngine } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import { pointerOf } from '../job/standard-schema.ts'
import { jsonFault, type Json } from '../lib/json.ts'

interface Known {
  engine: ReadEngine
  jobs: ReadonlyMap<string, AnyJobDefinition>
}

/** Throws `too_large`, or `invalid_input` for a result that does not fit. */
export async function checkedResult({ engine, jobs }: Known, jobId: string, result: Json): Promise<Json> {
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes > limits.resultBytes)
    throw new WaybillError(
      'too_large',
      `the result has ${bytes} bytes, the limit is ${limits.resultBytes}; keep it in a file and return its address`,
    )
  if (![...jobs.values()].some(({ output }) => output)) return result
  const [found = null] = await engine.get([jobId])
  const type = found === null || isGone(found) ? null : found.record.type
  const output = type === null ? null : jobs.get(type)?.output
  return output ? fitting(output, result) : result
}

async function fitting(output: NonNullable<AnyJobDefinition['output']>, result: Json): Promise<Json> {
  const verdict = await output['~standard'].validate(result)
  if (verdict.issues === undefined) return kept(verdict.value)
  const errors = verdict.issues
    .slice(0, 50)
    .map((issue) => ({ pointer: `/result${pointerOf(issue)}`, detail: issue.message }))
  const [first] = errors
  throw new WaybillError('invalid_input', `the result does not fit: ${first?.pointer} ${first?.detail}`, { errors })
}

function kept(value: unknown): Json {
  const fault = jsonFault(value ?? null)
  if (fault) throw new WaybillError('invalid_input', `the result cannot be kept: ${fault.pointer} ${fault.detail}`)
  const json: Json = JSON.parse(JSON.stringify(value ?? null))
  return json
}
