// Errors on the wire: RFC 9457 problem details. Programs look at `code`.
import type { CallerErrorCode, FieldError } from '../job/errors.ts'

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: CallerErrorCode
  request_id: string
  errors?: FieldError[]
}
