// What a route is: enough to serve it and to describe it, so that the document cannot drift from the server.
import type { z } from 'zod'
import type { CallerErrorCode } from '../../job/errors.ts'
import type { Problem } from '../../wire/problem.ts'
import type { Call } from '../call.ts'

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base path, or from the root when `root`. Parameters in braces. */
  path: string
  root?: true
  /** Served without asking who calls. */
  open?: true
  summary: string
  /** The scope needed, for the document. */
  scope?: string
  query?: Record<string, string>
  headers?: Record<string, string>
  body?: { schema: z.ZodType; optional?: true }
  answers: Record<number, Answer>
  problems: CallerErrorCode[]
  /** How a problem is told here; null: as everywhere. */
  reword?: (problem: Problem) => object | null
  handle: (call: Call) => Response | Promise<Response>
}

export interface Answer {
  description: string
  schema?: z.ZodType
  /** Default `application/json`. */
  mediaType?: string
}
