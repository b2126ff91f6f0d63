// Failures the owner of a document is meant to read: a stable code and one sentence that says what to do.
// Anything else that is thrown is a fault of the program and is shown to nobody but the operator.

export type ProblemCode =
  | 'file_missing'
  | 'file_is_folder'
  | 'file_refused'
  | 'document_empty'
  | 'document_too_large'
  | 'document_too_deep'
  | 'format_unknown'
  | 'pdf_broken'
  | 'pdf_encrypted'
  | 'pdf_without_text'
  | 'epub_invalid'

export class UserFacingError extends Error {
  readonly code: ProblemCode

  constructor(code: ProblemCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UserFacingError'
    this.code = code
  }
}
