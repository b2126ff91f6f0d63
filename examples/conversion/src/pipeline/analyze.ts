// Stage 1, ANALYZING: what is this file, can it be read at all, and how is it called? Everything an owner can do wrong
// (empty, too large, encrypted, broken, unknown) is found here, before any long work starts.

import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { UserFacingError } from './errors.ts'
import { ifMissing } from './files.ts'
import { decodeText } from './formats/decode.ts'
import { detectFormat } from './formats/detect.ts'
import { readHead } from './formats/html.ts'
import { firstHeading, frontMatter } from './formats/markdown.ts'
import { withPdf } from './formats/pdf-open.ts'
import { mebibytes, shorten } from './text.ts'
import { tidy } from './tree.ts'
import type { Analysis, Format, Source, StageTools } from './types.ts'

const SIZE_LIMITS: Record<Format, number> = {
  pdf: 128 * 1024 * 1024,
  markdown: 16 * 1024 * 1024,
  html: 16 * 1024 * 1024,
}

interface Facts {
  title?: string | null | undefined
  author?: string | null | undefined
  language?: string | null | undefined
  pages?: number
}

export async function analyze(source: Source, tools: StageTools): Promise<Analysis> {
  await checkSize(source.file)
  const bytes = await readFile(source.file)
  tools.signal.throwIfAborted()
  const format = detectFormat(source.file, bytes.subarray(0, 64 * 1024))
  if (bytes.length > SIZE_LIMITS[format]) throw tooLarge(bytes.length, SIZE_LIMITS[format])
  tools.progress(0.3, `Looking at ${basename(source.file)}`)
  const facts = await factsOf(format, bytes, tools)
  tools.progress(1, `A ${NAMES[format]} document`)
  return describe(source, format, bytes, facts)
}

const NAMES: Record<Format, string> = { pdf: 'PDF', markdown: 'Markdown', html: 'HTML' }

async function checkSize(file: string): Promise<void> {
  const found = await stat(file).catch(ifMissing)
  if (found?.isDirectory())
    throw new UserFacingError('file_is_folder', `"${basename(file)}" is a folder. Send one document that is in it.`)
  if (!found?.isFile())
    throw new UserFacingError('file_missing', `There is no file "${basename(file)}". Check the name and send it again.`)
  if (found.size === 0) throw empty()
  if (found.size > SIZE_LIMITS.pdf) throw tooLarge(found.size, SIZE_LIMITS.pdf)
}

function factsOf(format: Format, bytes: Uint8Array, tools: StageTools): Promise<Facts> {
  return format === 'pdf' ? pdfFacts(bytes) : textFacts(format, decodeText(bytes), tools)
}

async function textFacts(format: Format, text: string, tools: StageTools): Promise<Facts> {
  if (text.trim() === '') throw empty()
  if (format === 'html') return readHead(text, { ...tools, progress: () => {} })
  const front = frontMatter(text)
  return { ...front, title: front.title ?? firstHeading(text) }
}

function pdfFacts(bytes: Uint8Array): Promise<Facts> {
  return withPdf(bytes, async (pdf) => {
    const { info } = await pdf.getMetadata()
    const word = (name: string): string | null => {
      const value: unknown = Reflect.get(info, name)
      return typeof value === 'string' && value.trim() !== '' ? value : null
    }
    return { title: word('Title'), author: word('Author'), language: word('Language'), pages: pdf.numPages }
  })
}

function describe(source: Source, format: Format, bytes: Uint8Array, facts: Facts): Analysis {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    format,
    title: shorten(tidy(source.title ?? facts.title ?? '') || basename(source.file, extname(source.file)), 200),
    author: tidy(facts.author ?? '') || null,
    language: languageTag(facts.language ?? ''),
    pages: facts.pages ?? null,
    identifier: `urn:uuid:${uuidFrom(sha256)}`,
    modified: `${new Date().toISOString().slice(0, 19)}Z`,
    workDir: source.workDir,
    files: [{ path: source.file, bytes: bytes.length, sha256 }],
  }
}

const languageTag = (found: string): string =>
  /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(found.trim()) ? found.trim() : 'en'

/** A version 8 UUID (RFC 9562: "custom") over the document's hash: the same document, the same book. */
function uuidFrom(sha256: string): string {
  const hex = `${sha256.slice(0, 12)}8${sha256.slice(13, 16)}a${sha256.slice(17, 32)}`
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const empty = () => new UserFacingError('document_empty', 'The document is empty. Send a file with text in it.')

const tooLarge = (bytes: number, limit: number) =>
  new UserFacingError(
    'document_too_large',
    `The document has ${mebibytes(bytes)}; the limit is ${mebibytes(limit)}. Split it and send the parts.`,
  )
