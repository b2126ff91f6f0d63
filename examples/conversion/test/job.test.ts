// The pipeline as a Waybill job: its result, what an owner is told, and what is refused.

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWaybill, JobFailed, type Waybill } from 'waybill'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type ConversionInput, conversionJob } from '../src/job.ts'
import type { Converted } from '../src/pipeline/run.ts'
import { makeEncryptedPdf } from './pdf.fixture.ts'
import { type Desk, makeDesk } from './pipeline.fixture.ts'

// Each book goes through epubcheck, and Java is slow to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

interface Office {
  desk: Desk
  waybill: Waybill
  send: (input: ConversionInput) => Promise<Converted>
}

async function makeOffice(): Promise<Office> {
  const desk = await makeDesk()
  const store = await mkdtemp(join(tmpdir(), 'conversion-store-'))
  const convert = conversionJob({ documents: desk.dir, workRoot: desk.workDir })
  const waybill = createWaybill({ engine: `sqlite:${join(store, 'waybill.db')}`, jobs: [convert], logLevel: 'error' })
  onTestFinished(async () => {
    await waybill.close()
    await rm(store, { recursive: true, force: true })
  })
  await waybill.worker({ concurrency: 1 }).start()
  const send = async (input: ConversionInput): Promise<Converted> =>
    waybill.result(await waybill.enqueue(convert, input))
  return { desk, waybill, send }
}

async function failureOf(sending: Promise<unknown>): Promise<JobFailed['error']> {
  const error: unknown = await sending.catch((thrown: unknown) => thrown)
  if (!(error instanceof JobFailed)) throw new Error('the job was expected to fail', { cause: error })
  return error.error
}

test('a document becomes a book, and the job ends with where it lies', async () => {
  const { desk, send } = await makeOffice()
  await desk.put('a.md', '# One\n\nText.\n\n# Two\n\nMore.')
  const made = await send({ file: 'a.md', title: 'My title' })
  expect(made).toMatchObject({ title: 'My title', chapters: 2, format: 'markdown' })
  expect((await stat(made.epub)).size).toBe(made.bytes)
})

test('the owner of an encrypted PDF reads a sentence, and no second attempt is made', async () => {
  const { desk, send } = await makeOffice()
  await desk.put('a.pdf', await makeEncryptedPdf())
  const error = await failureOf(send({ file: 'a.pdf' }))
  expect(error).toMatchObject({ code: 'pdf_encrypted', retryable: false })
  expect(error?.message).toBe('This PDF is protected by a password. Save a copy without the password and send that.')
})

test('a file outside the documents directory is refused', async () => {
  const { send } = await makeOffice()
  expect(await failureOf(send({ file: '/etc/passwd' }))).toMatchObject({ code: 'file_refused' })
})

test('the last state of a job names its last stage and full progress', async () => {
  const { desk, waybill, send } = await makeOffice()
  await desk.put('a.md', '# One\n\nText.')
  await send({ file: 'a.md' })
  const { jobs } = await waybill.list()
  expect(jobs[0]).toMatchObject({ status: 'completed', stage: 'VALIDATING', progress: 1 })
})
