// Bodies in: the size before anything is parsed, then the media type, UTF-8, JSON, what must never be stored, the schema.
import type { z } from 'zod'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import { jsonFault } from '../lib/json.ts'
import { checked } from '../wire/faults.ts'

/** The body as `schema` has it. Throws `too_large`, `unsupported_media_type`, `bad_request`. */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  return fitting(schema, parsed(await readText(request)))
}

/** The same where a body may be left out: then it is an empty object. */
export async function readOptionalBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const nothing = request.headers.get('content-length') === '0' || !hasBody(request)
  if (nothing) return fitting(schema, {})
  const text = await readText(request)
  return fitting(schema, text.trim() === '' ? {} : parsed(text))
}

function hasBody({ headers }: Request): boolean {
  return headers.has('content-length') || headers.has('transfer-encoding') || headers.has('content-type')
}

function fitting<T>(schema: z.ZodType<T>, value: unknown): T {
  const verdict = checked(schema, value)
  if ('value' in verdict) return verdict.value
  const { errors } = verdict
  const first = errors[0] ? `${errors[0].pointer || 'the body'}: ${errors[0].detail}` : 'the body does not fit'
  throw new WaybillError('bad_request', first, { errors })
}

function parsed(text: string): unknown {
  const value = parseJson(text)
  const fault = jsonFault(value)
  if (!fault) return value
  throw new WaybillError('bad_request', `the body at ${fault.pointer || '/'} ${fault.detail}`, { errors: [fault] })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new WaybillError('bad_request', 'the body is not JSON; send a JSON object in UTF-8', { cause: error })
  }
}

async function readText(request: Request): Promise<string> {
  const said = request.headers.get('content-length')
  if (said !== null && Number(said) > limits.bodyBytes) throw tooLarge()
  needJson(request)
  const bytes = said === null ? await readCounted(request) : new Uint8Array(await request.arrayBuffer())
  if (bytes.byteLength > limits.bodyBytes) throw tooLarge()
  return utf8(bytes)
}

function needJson(request: Request): void {
  const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return
  throw new WaybillError('unsupported_media_type', `send content-type: application/json, not "${type.slice(0, 100)}"`)
}

// A chunked body tells its size only as it comes.
async function readCounted({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = body?.getReader()
  for (let size = 0; reader; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size > limits.bodyBytes) throw await cancelled(reader)
    chunks.push(value)
  }
  return Buffer.concat(chunks)
}

async function cancelled(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<WaybillError> {
  await reader.cancel()
  return tooLarge()
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new WaybillError('bad_request', 'the body is not UTF-8', { cause: error })
  }
}

function tooLarge(): WaybillError {
  return new WaybillError(
    'too_large',
    `the body is larger than ${limits.bodyBytes} bytes; upload the data and send its address`,
  )
}
