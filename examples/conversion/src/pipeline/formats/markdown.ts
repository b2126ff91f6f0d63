// Markdown (GitHub's dialect) to HTML text, a few hundred blocks at a time. Raw HTML inside passes through, for the HTML
// cleaner behind it trusts nothing anyway. A short `key: value` front matter gives title, author and language.

import { type Token, marked } from 'marked'
import { pacer } from '../pace.ts'
import type { StageTools } from '../types.ts'

const FRONT_MATTER = /^\uFEFF?---\r?\n([\s\S]{0,4000}?)\r?\n---\r?\n/
const BATCH = 50

export interface FrontMatter {
  title?: string
  author?: string
  language?: string
}

export async function markdownToHtml(markdown: string, { signal, progress }: StageTools): Promise<string> {
  const pace = pacer(signal)
  const tokens = marked.lexer(markdown.replace(FRONT_MATTER, ''), { gfm: true })
  const html: string[] = []
  for (let at = 0; at < tokens.length; at += BATCH) {
    const batch: Token[] = tokens.slice(at, at + BATCH)
    html.push(marked.parser(batch))
    progress(Math.min(1, (at + BATCH) / tokens.length), 'Reading Markdown')
    await pace()
  }
  return html.join('')
}

export function frontMatter(markdown: string): FrontMatter {
  const found: FrontMatter = {}
  for (const line of (FRONT_MATTER.exec(markdown)?.[1] ?? '').split(/\r?\n/)) {
    const [, key, value] = /^(title|author|lang|language)\s*:\s*["']?(.*?)["']?\s*$/i.exec(line) ?? []
    if (!key || !value) continue
    if (key.toLowerCase() === 'title') found.title = value
    else if (key.toLowerCase() === 'author') found.author = value
    else found.language = value
  }
  return found
}

/** The first heading, for documents that name themselves no other way. */
export const firstHeading = (markdown: string): string | null =>
  /^#{1,2}\s+(.+?)\s*#*\s*$/m.exec(markdown.slice(0, 20_000))?.[1] ?? null
