// Dialects: jobs under the paths and in the shape that an existing front end reads. What is said here is data; the HTTP face
// makes routes of it (http/routes/dialect.ts).
import { refuseUnknown } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import type { JsonObject } from '../lib/json.ts'
import type { EnqueueOptions } from '../submit/enqueue-options.ts'
import type { Problem } from '../wire/problem.ts'
import { Wording, wordingNames, type WordingOptions } from './wording.ts'

/** What a path is about. The job is named by the path's last parameter, unless `subject` says otherwise. */
export interface DialectPath {
  /** What is done with the job before it is shown. Default nothing. */
  do?: 'cancel' | 'retry'
  /** Jobs of this type alone; any other answers as if it were not there. */
  type?: string
  /** The newest job about this, such as `character:{id}`. */
  subject?: string
  /** Submits a job of this type instead. */
  submit?: string
  /** With `submit`: the member of the body that is the input. Default: the whole body. */
  input?: string
  /** With `submit`: what else is asked of the job. */
  options?: (body: JsonObject) => EnqueueOptions
  /** The status of the answer. Default 200, with `submit` 202. */
  code?: number
}

export interface DialectOptions extends WordingOptions {
  /** `GET /api/slides/jobs/{job_id}`: what; without a method it is GET. */
  paths: Record<string, DialectPath>
  /** Everything is inside of this member, such as `data`. */
  envelope?: string
  /** Names of what is said of an error, such as `{ detail: 'error' }`. Default: problem details (RFC 9457). */
  errors?: Partial<Record<ProblemMember, string>>
  /** Further members. */
  more?: (job: JobRecord) => JsonObject
}

type ProblemMember = 'detail' | 'code' | 'title' | 'status' | 'request_id'

const names: readonly (keyof DialectOptions)[] = [...wordingNames, 'paths', 'envelope', 'errors', 'more']
const pathNames: readonly (keyof DialectPath)[] = ['do', 'type', 'subject', 'submit', 'input', 'options', 'code']
const problemNames: readonly ProblemMember[] = ['detail', 'code', 'title', 'status', 'request_id']
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export interface DialectRoute {
  method: (typeof methods)[number]
  path: string
  /** The parameter that names the job; '' where there is none. */
  id: string
  what: DialectPath
}

export class Dialect {
  readonly routes: readonly DialectRoute[]
  readonly #wording: Wording
  readonly #options: DialectOptions

  constructor(options: DialectOptions) {
    refuseUnknown(options, names, 'dialect')
    refuseUnknown(options.errors ?? {}, problemNames, 'dialect errors')
    this.#wording = new Wording(options, 'dialect')
    this.#options = options
    this.routes = Object.entries(options.paths).map(([path, what]) => routeOf(path, what))
  }

  body(record: JobRecord): JsonObject {
    const { more, envelope } = this.#options
    const members = {
      ...Object.fromEntries([...this.#wording.all(record), ...this.#wording.results(record)]),
      ...more?.(record),
    }
    return envelope === undefined ? members : { [envelope]: members }
  }

  /** Null: problems stay as they are. */
  problem(problem: Problem): JsonObject | null {
    const { errors } = this.#options
    if (errors === undefined) return null
    const said = problemNames.flatMap((member) => {
      const name = errors[member]
      return name === undefined ? [] : [[name, problem[member]] as const]
    })
    return Object.fromEntries(said)
  }
}

/** Throws for a path or an option that cannot be meant. */
export function dialect(options: DialectOptions): Dialect {
  return new Dialect(options)
}

function routeOf(text: string, what: DialectPath): DialectRoute {
  refuseUnknown(what, pathNames, `dialect "${text}"`)
  const [, word = 'GET', path = ''] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(text) ?? []
  const method = methods.find((one) => one === word)
  if (method === undefined || path === '') throw bad(text, 'expected a path such as "GET /api/jobs/{job_id}"')
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const id = parameters.at(-1) ?? ''
  if (id === '' && what.submit === undefined && what.subject === undefined)
    throw bad(text, 'expected a parameter that names the job, such as {job_id}')
  const unknown = [...(what.subject ?? '').matchAll(/\{(\w+)\}/g)].find(([, name = '']) => !parameters.includes(name))
  if (unknown) throw bad(text, `subject: the path has no parameter ${unknown[0]}`)
  return { method, path, id, what }
}

function bad(path: string, why: string): WaybillError {
  return new WaybillError('bad_request', `dialect "${path}": ${why}`)
}
