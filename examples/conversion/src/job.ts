// The job `document.convert`: the pipeline as checkpointed steps of a Waybill job. A retry resumes after the last stage
// that was finished; what an owner can put right reaches them as a sentence.

import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { defineJob, type JobContext, type JobDefinition, UserError } from 'waybill'
import { z } from 'zod'
import { UserFacingError } from './pipeline/errors.ts'
import { ifMissing } from './pipeline/files.ts'
import { type Converted, convert } from './pipeline/run.ts'

export interface ConversionOptions {
  /** Only documents in this directory may be converted: an input names a file of this machine. */
  documents: string
  /** Each job gets a directory of its own in here; the book is its `book.epub`. */
  workRoot: string
}

const conversionInput = z.object({
  /** Relative to the documents directory, or absolute inside it. */
  file: z.string().min(1).max(4096),
  title: z.string().min(1).max(200).optional(),
})

export type ConversionInput = z.infer<typeof conversionInput>

export function conversionJob(options: ConversionOptions): JobDefinition<ConversionInput, Converted> {
  return defineJob<ConversionInput, Converted>({
    type: 'document.convert',
    input: conversionInput,
    queue: 'documents',
    timeout: '30m',
    retry: { attempts: 3, backoff: '5s' },
    run: (ctx) => run(ctx, options).catch(forOwner),
  })
}

async function run(ctx: JobContext<ConversionInput>, options: ConversionOptions): Promise<Converted> {
  const file = await allowed(ctx.input.file, options.documents)
  const source = { file, workDir: join(resolve(options.workRoot), ctx.job.id), title: ctx.input.title }
  return convert(source, {
    signal: ctx.signal,
    progress: (fraction, message, stage) => ctx.progress(fraction, message, { stage }),
    checkpoint: (key, work) => ctx.step(key, work),
  })
}

/** The real path of a document, symbolic links resolved, provided it lies in the documents directory. */
async function allowed(file: string, documents: string): Promise<string> {
  const real = await realpath(resolve(documents, file)).catch(ifMissing)
  if (real === undefined)
    throw new UserFacingError('file_missing', 'There is no such file. Check the name and send it again.')
  const inside = relative(await realpath(documents), real)
  if (inside.startsWith('..') || isAbsolute(inside)) {
    throw new UserFacingError(
      'file_refused',
      'This file lies outside the documents directory. Move it there and send it again.',
    )
  }
  return real
}

function forOwner(error: unknown): never {
  if (error instanceof UserFacingError) throw new UserError(error.code, error.message, { cause: error })
  throw error
}
