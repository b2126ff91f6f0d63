// What an owner can get wrong has a code and a sentence of its own.

import { expect, test } from 'vitest'
import { UserFacingError } from '../src/pipeline/errors.ts'
import { makeEncryptedPdf, makeHandbookPdf, makeScannedPdf } from './pdf.fixture.ts'
import { makeDesk } from './pipeline.fixture.ts'

async function codeOf(name: string, data: string | Uint8Array): Promise<string> {
  const desk = await makeDesk()
  const file = await desk.put(name, data)
  const error: unknown = await desk.convert(file).catch((thrown: unknown) => thrown)
  if (!(error instanceof UserFacingError))
    throw new Error(`expected a sentence for the owner, got ${String(error)}`, { cause: error })
  expect(error.message).toMatch(/^[A-Z][^\n]+\.$/)
  return error.code
}

test('a file without a byte is empty', async () => expect(await codeOf('a.md', '')).toBe('document_empty'))

test('a file of white space is empty', async () => expect(await codeOf('a.html', ' \n\t ')).toBe('document_empty'))

test('an HTML document of scripts alone is empty', async () =>
  expect(await codeOf('a.html', '<html><body><script>run()</script></body></html>')).toBe('document_empty'))

test('a PDF cut in half is broken', async () => {
  const whole = await makeHandbookPdf(2)
  expect(await codeOf('a.pdf', whole.subarray(0, 400))).toBe('pdf_broken')
})

test('a text that only is named .pdf is broken', async () =>
  expect(await codeOf('a.pdf', 'Dear reader')).toBe('pdf_broken'))

test('a PDF with a password is encrypted', async () =>
  expect(await codeOf('a.pdf', await makeEncryptedPdf())).toBe('pdf_encrypted'))

test('a scanned PDF holds no text', async () =>
  expect(await codeOf('a.pdf', await makeScannedPdf())).toBe('pdf_without_text'))

test('a zip file is of no known format, whatever its name', async () =>
  expect(await codeOf('a.md', Buffer.from('PK\u0003\u0004\u0000\u0000'))).toBe('format_unknown'))

test('an HTML document of 17 MiB is too large', async () =>
  expect(await codeOf('a.html', `<p>${'x'.repeat(17 * 1024 * 1024)}`)).toBe('document_too_large'))

test('a file that is not there is missing', async () => {
  const desk = await makeDesk()
  await expect(desk.convert(`${desk.dir}/none.md`)).rejects.toMatchObject({ code: 'file_missing' })
})
