// What the five stages hand to one another. Every value is small, plain JSON: it is stored as a checkpoint (256 KiB at
// most), so pages, chapters and pictures lie in files of the work directory and only their stamps travel.

import type { Element } from './tree.ts'

export type Format = 'pdf' | 'markdown' | 'html'

/** A file as a stage left it; a checkpoint stands only while size and hash still agree. */
export interface Stamp {
  path: string
  bytes: number
  sha256: string
}

/** What every stage gets beside its input. */
export interface StageTools {
  signal: AbortSignal
  /** 0…1 of this stage, by pages, chapters or bytes really done. */
  progress: (fraction: number, message: string) => void
}

export interface Source {
  /** The document, as an absolute path. */
  file: string
  /** A directory that belongs to this one job. */
  workDir: string
  /** Overrides the title found in the document. */
  title?: string | undefined
}

export interface Analysis {
  format: Format
  title: string
  author: string | null
  language: string
  pages: number | null
  /** Derived from the document, so that a repeated attempt makes the same book. */
  identifier: string
  /** RFC 3339 without fraction, as `dcterms:modified` wants it. */
  modified: string
  workDir: string
  files: Stamp[]
}

export interface Extraction {
  /** JSON lines: pages of a PDF, blocks of anything else. */
  content: string
  units: number
  images: number
  warnings: string[]
  files: Stamp[]
}

export interface Structure {
  title: string
  chapters: number
  /** Metadata, table of contents and pictures, as JSON. */
  book: string
  /** The chapters, as JSON lines. */
  content: string
  brokenLinks: number
  files: Stamp[]
}

export interface Build {
  epub: string
  bytes: number
  entries: number
  files: Stamp[]
}

export interface Validation {
  checks: number
  epubcheck: 'passed' | 'not installed'
  warnings: string[]
  files: Stamp[]
}

export interface TocEntry {
  title: string
  href: string
  children: TocEntry[]
}

export interface Book {
  title: string
  author: string | null
  language: string
  identifier: string
  modified: string
  toc: TocEntry[]
  images: { file: string; mediaType: string }[]
}

/** One line of the chapters file. */
export interface Chapter {
  /** Its name inside the book, such as `ch-001.xhtml`. */
  file: string
  title: string
  blocks: Element[]
}
