// Jobs on standard output: JSON where it is asked for or read by a program, a few aligned lines for people.
import { isObject } from '../lib/json.ts'
import { plainText, type Terminal } from './terminal.ts'
import type { Setting } from './verb.ts'

/** Where the API has a job. */
export function pathOf(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`
}

/** A wire view of one job. */
export function printJob(view: unknown, terminal: Terminal, json: boolean): void {
  if (json || !terminal.tty || !isObject(view)) return terminal.out(`${JSON.stringify(view)}\n`)
  const shown = [
    'job_id',
    'type',
    'title',
    'status',
    'stage',
    'progress',
    'progress_message',
    'wait_text',
    'queue',
    'user_id',
    'attempt',
    'created_at',
    'started_at',
    'completed_at',
    'error',
    'result',
  ]
  for (const key of shown) {
    const value = view[key]
    if (value !== null && value !== undefined)
      terminal.out(`${key.padEnd(17)} ${plainText(typeof value === 'string' ? value : JSON.stringify(value))}\n`)
  }
}

/** A page of items, or one item: JSON for programs, a table for people. */
export function printItems(
  page: unknown,
  headings: string[],
  row: (item: Record<string, unknown>) => string[],
  { args, terminal }: Pick<Setting, 'args' | 'terminal'>,
): void {
  if (args.on('json') || !terminal.tty || !isObject(page)) return terminal.out(`${JSON.stringify(page)}\n`)
  const items = Array.isArray(page['items']) ? page['items'].filter(isObject) : [page]
  printTable(headings, items.map(row), terminal)
}

/** The text of a member; nothing where it is no text. */
export function textIn(item: Record<string, unknown>, name: string): string {
  const value = item[name]
  return typeof value === 'string' ? value : ''
}

/** Rows under headings, each column as wide as it needs. */
export function printTable(headings: string[], rows: string[][], terminal: Pick<Terminal, 'out'>): void {
  const shown = rows.map((row) => row.map(plainText))
  const widths = headings.map((heading, i) => Math.max(heading.length, ...shown.map((row) => row[i]?.length ?? 0)))
  const line = (cells: string[]) =>
    `${cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  terminal.out(line(headings))
  for (const row of shown) terminal.out(line(row))
}
