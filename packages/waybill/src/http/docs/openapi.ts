// The OpenAPI 3.1 document, made from the routes that serve.
import { callerErrors } from '../../job/errors.ts'
import type { Answer, Route } from '../routes/route.ts'
import { problemSchema } from '../../wire/schemas-views.ts'
import { components, pascal, type Components } from './schemas.ts'

export interface Operation {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  parameters: Parameter[]
  requestBody?: object
  responses: Record<string, { description: string; content?: object }>
  security: Record<string, string[]>[]
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description: string
  schema: { type: 'string' }
}

export interface OpenApi {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: object }
}

export function openApi(routes: readonly Route[], base: string): OpenApi {
  const parts = components(routes)
  const paths: OpenApi['paths'] = {}
  for (const route of routes) {
    const path = route.root ? route.path : `${base}${route.path}`
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, parts) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Waybill', version: 'v1', description: 'Durable background jobs that people can watch.' },
    paths,
    components: { schemas: parts.schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  }
}

function operation(route: Route, parts: Components): Operation {
  return {
    operationId: `${route.method.toLowerCase()}${pascal(route.path)}${route.path.endsWith('}') ? 'ById' : ''}`,
    summary: route.summary,
    ...(route.scope ? { description: `Scope: ${route.scope}.` } : {}),
    tags: [route.root ? 'server' : (route.path.split('/')[1] ?? 'server')],
    parameters: parametersOf(route),
    ...(route.body ? { requestBody: bodyOf(route.body, parts) } : {}),
    responses: responsesOf(route, parts),
    security: route.open ? [] : [{ bearer: [] }],
  }
}

function parametersOf({ path, query = {}, headers = {} }: Route): Parameter[] {
  const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  return [
    ...ids.map((name) => parameter(name, 'path', 'Its id.')),
    ...Object.entries(query).map(([name, text]) => parameter(name, 'query', text)),
    ...Object.entries(headers).map(([name, text]) => parameter(name, 'header', text)),
  ]
}

function parameter(name: string, place: Parameter['in'], description: string): Parameter {
  return { name, in: place, required: place === 'path', description, schema: { type: 'string' } }
}

function bodyOf({ schema, optional }: NonNullable<Route['body']>, parts: Components): object {
  return { required: !optional, content: { 'application/json': { schema: parts.ref(schema) } } }
}

function responsesOf({ answers, problems }: Route, parts: Components): Operation['responses'] {
  const responses: Operation['responses'] = {}
  for (const [status, answer] of Object.entries(answers)) responses[status] = response(answer, Number(status), parts)
  for (const code of problems) {
    const status = String(callerErrors[code])
    const before = responses[status]?.description
    const content = { 'application/problem+json': { schema: parts.ref(problemSchema) } }
    responses[status] = { description: before ? `${before} · ${code}` : code, content }
  }
  return responses
}

function response(
  { description, schema, mediaType }: Answer,
  status: number,
  parts: Components,
): { description: string; content?: object } {
  if (status === 304 || status === 204) return { description }
  return { description, content: { [mediaType ?? 'application/json']: { schema: schema ? parts.ref(schema) : {} } } }
}
