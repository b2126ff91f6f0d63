// The types of job that are registered here, with the JSON Schemas of what they take and give, where their schema
// library can say (Standard Schema's JSON Schema part: zod 4.2 and later, ArkType, …).
import type { AnyJobDefinition } from '../job/definition.ts'
import type { StandardSchema } from '../job/standard-schema.ts'
import type { Logger } from '../lib/log.ts'

export interface TypeDescription {
  type: string
  queue: string
  priority: number
  inputSchema: object | null
  outputSchema: object | null
}

export function typesOf(jobs: Iterable<AnyJobDefinition>, log: Logger): TypeDescription[] {
  return [...jobs]
    .map(({ type, queue, priority, input, output }) => ({
      type,
      queue,
      priority,
      inputSchema: jsonSchemaOf(input, 'input', type, log),
      outputSchema: jsonSchemaOf(output, 'output', type, log),
    }))
    .toSorted((a, b) => (a.type < b.type ? -1 : 1))
}

// Libraries throw at what JSON Schema cannot say: such a schema is told as unknown, and the log says why.
function jsonSchemaOf(
  schema: StandardSchema | null,
  side: 'input' | 'output',
  type: string,
  log: Logger,
): object | null {
  const made = schema?.['~standard'].jsonSchema
  if (!made) return null
  try {
    return made[side]({ target: 'draft-2020-12' })
  } catch (error) {
    log.debug({ error, type }, 'a schema of this type cannot be told as JSON Schema; /types shows null')
    return null
  }
}
