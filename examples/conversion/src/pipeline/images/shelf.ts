// The pictures of one book. Takes them from `data:` URIs and from files beside the document, nowhere else: a remote
// address is never fetched and no path leaves the document's own directory. What is refused becomes its alt text.

import { createHash } from 'node:crypto'
import { open, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { ifMissing, writeWhole } from '../files.ts'
import { sniffImage } from './sniff.ts'

/** One picture, all pictures of a book, and the pixels a reader would have to unfold for one. */
const IMAGE_LIMITS = { bytes: 20 * 1024 * 1024, totalBytes: 200 * 1024 * 1024, pixels: 50_000_000, count: 500 }

export class ImageShelf {
  readonly warnings: string[] = []
  readonly files: string[] = []
  readonly #root: string
  readonly #workDir: string
  readonly #seen = new Map<string, string | null>()
  #total = 0

  constructor(documentDir: string, workDir: string) {
    this.#root = documentDir
    this.#workDir = workDir
  }

  /** The packed file name for an `src`, or null when it is refused (a warning says why). */
  async take(src: string): Promise<string | null> {
    const known = this.#seen.get(src)
    if (known !== undefined) return known
    const bytes = src.startsWith('data:') ? this.#fromDataUri(src) : await this.#fromFile(src)
    const name = typeof bytes === 'string' ? this.#refuse(src, bytes) : await this.add(bytes, src)
    this.#seen.set(src, name)
    return name
  }

  /** Packs bytes that are already at hand. The name is their hash, so equal pictures are kept once. */
  async add(bytes: Uint8Array, src: string): Promise<string | null> {
    const kind = sniffImage(bytes)
    if (!kind) return this.#refuse(src, 'it is no PNG, JPEG or GIF')
    if (kind.width * kind.height > IMAGE_LIMITS.pixels)
      return this.#refuse(src, `${kind.width}×${kind.height} pixels are too many`)
    if (this.#total + bytes.length > IMAGE_LIMITS.totalBytes)
      return this.#refuse(src, 'the pictures are too large together')
    const hash = createHash('sha256').update(bytes).digest('hex')
    const name = `${hash.slice(0, 16)}.${kind.extension}`
    const path = join(this.#workDir, 'images', name)
    if (this.files.includes(path)) return name
    if (this.files.length >= IMAGE_LIMITS.count)
      return this.#refuse(src, `a book holds ${IMAGE_LIMITS.count} pictures at most`)
    this.#total += bytes.length
    await writeWhole(path, bytes)
    this.files.push(path)
    return name
  }

  #refuse(src: string, reason: string): null {
    if (this.warnings.length < 100) this.warnings.push(`Picture ${src.slice(0, 80)} was left out: ${reason}.`)
    return null
  }

  #fromDataUri(src: string): Uint8Array | string {
    const match = /^data:image\/[\w.+-]+(?:;[\w=-]+)*;base64,/i.exec(src)
    if (!match) return 'only base64 image data can be packed'
    if (src.length > IMAGE_LIMITS.bytes * 1.4) return 'it is too large'
    return Buffer.from(src.slice(match[0].length), 'base64')
  }

  async #fromFile(src: string): Promise<Uint8Array | string> {
    if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(src)) return 'it lies elsewhere and nothing is fetched'
    const path = localPath(src)
    if (path === null || isAbsolute(path) || path.includes('\\')) return 'its path is not a relative one'
    const real = await realpath(resolve(this.#root, path)).catch(ifMissing)
    if (!real) return 'there is no such file'
    const inside = relative(await realpath(this.#root), real)
    if (inside.startsWith('..') || isAbsolute(inside)) return "it lies outside the document's directory"
    return readCapped(real)
  }
}

function localPath(src: string): string | null {
  try {
    const path = decodeURIComponent(src.replace(/[?#].*$/s, ''))
    return path === '' || path.includes('\0') ? null : path
  } catch (error) {
    if (error instanceof URIError) return null
    throw error
  }
}

async function readCapped(path: string): Promise<Uint8Array | string> {
  const handle = await open(path)
  try {
    const found = await handle.stat()
    if (!found.isFile()) return 'it is no file'
    if (found.size > IMAGE_LIMITS.bytes) return 'it is too large'
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
