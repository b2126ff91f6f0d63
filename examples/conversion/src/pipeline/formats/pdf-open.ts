// Opens a PDF and says in plain words why it cannot be read. Nothing in the file is run; fonts and tables come from the
// library's own folder, never from the network.

import { fileURLToPath } from 'node:url'
import {
  getDocument,
  InvalidPDFException,
  PasswordException,
  type PDFDocumentProxy,
} from 'pdfjs-dist/legacy/build/pdf.mjs'
import { UserFacingError } from '../errors.ts'

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../${name}/`, import.meta.resolve('pdfjs-dist/legacy/build/pdf.mjs')))

export async function withPdf<T>(bytes: Uint8Array, use: (pdf: PDFDocumentProxy) => Promise<T>): Promise<T> {
  const task = getDocument({
    data: Uint8Array.from(bytes),
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
    fontExtraProperties: true,
    maxImageSize: 50_000_000,
    standardFontDataUrl: folder('standard_fonts'),
    cMapUrl: folder('cmaps'),
    wasmUrl: folder('wasm'),
  })
  try {
    return await use(await task.promise.catch(explain))
  } finally {
    await task.destroy()
  }
}

function explain(error: unknown): never {
  if (error instanceof PasswordException) {
    throw new UserFacingError(
      'pdf_encrypted',
      'This PDF is protected by a password. Save a copy without the password and send that.',
      { cause: error },
    )
  }
  if (
    error instanceof InvalidPDFException ||
    (error instanceof Error && /^(FormatError|XRefParseException|UnknownErrorException)$/.test(error.name))
  ) {
    throw new UserFacingError(
      'pdf_broken',
      'This PDF is damaged and cannot be opened. Export it again and send the new file.',
      { cause: error },
    )
  }
  throw error
}
