// GET /types: the types of job that may be submitted here.
import { typeSchema } from '../../wire/schemas-operations.ts'
import { itemsOf } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import type { Route } from './route.ts'

export const types: Route = {
  method: 'GET',
  path: '/types',
  summary: 'The types of job that may be submitted here, with JSON Schemas where they can be told',
  scope: 'admin:read',
  answers: { 200: { description: 'By name.', schema: itemsOf(typeSchema) } },
  problems: ['unauthenticated', 'insufficient_scope'],
  handle: (call) => {
    needExactly(call.principal, 'admin:read')
    const items = call.server.parts.operate.types().map(({ inputSchema, outputSchema, ...type }) => ({
      ...type,
      input_schema: inputSchema,
      output_schema: outputSchema,
    }))
    return call.value(200, { items })
  },
}
