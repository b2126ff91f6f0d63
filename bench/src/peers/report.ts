// The tables that a run prints: one a store, contestants side by side, Waybill's ratio to the best peer last; then the
// targets, and who kept what at which settings.
import { readFileSync } from 'node:fs'
import { contestants, type Contestant, type StoreName } from './contestants.ts'
import type { Unit } from './measures/measure.ts'
import type { Outcome } from './rounds.ts'
import { moreIsBetter, summarise, type Summary } from './summary.ts'
import { isMet, verdicts, type Verdict } from './targets.ts'

export function report(outcome: Outcome): string {
  const summary = summarise(outcome)
  const measured = contestants.filter(({ name }) =>
    summary.figures.some((one) => summary.of(name, one.name) !== undefined),
  )
  return [
    ...(['redis', 'postgres', 'sqlite'] as const).flatMap((store) =>
      table(
        store,
        outcome,
        summary,
        measured.filter((one) => one.store === store),
      ),
    ),
    ...targets(verdicts(summary)),
    ...fairPlay(measured),
  ].join('\n')
}

function table(store: StoreName, { stores }: Outcome, summary: Summary, columns: Contestant[]): string[] {
  if (columns.length === 0) return []
  const figures = summary.figures.filter(({ name }) => columns.some((one) => summary.of(one.name, name) !== undefined))
  const head = ['', ...columns.map(({ name, tuned }) => (tuned ? 'tuned' : name)), 'ratio']
  const rows = figures.map(({ name, unit }) => [
    `${name} (${unit})`,
    ...columns.map((one) => shown(summary.of(one.name, name), unit)),
    ratio(summary, columns, name, unit),
  ])
  return [`## ${stores[store] ?? store}`, '', ...markdown([head, ...rows]), '']
}

/** Waybill ÷ the best peer: above 1 is good where more is better, below 1 elsewhere. */
function ratio(summary: Summary, columns: Contestant[], figure: string, unit: Unit): string {
  const ours = summary.of(columns.find((one) => one.package === 'waybill')?.name ?? '', figure)
  const rivals = columns.filter(
    (one) => one.package !== 'waybill' && !(one.keepsNothing && figure === 'a finished job'),
  )
  const peers = rivals.map((one) => one.name)
  const theirs = summary.best(peers, [figure])
  if (ours === undefined || theirs === undefined || !Number.isFinite(theirs) || unit === 'jobs') return ''
  const good = moreIsBetter(unit) ? ours >= theirs : ours <= theirs
  return `${(ours / theirs).toFixed(2)} ${good ? '✓' : '✗'}`
}

function targets(all: Verdict[]): string[] {
  const rows = all
    .filter(({ got }) => got !== undefined)
    .map((one) => [
      one.text,
      `${one.at === 'least' ? '≥' : '≤'} ${one.wanted.toLocaleString('en')}`,
      number(one.got ?? Number.NaN),
      isMet(one) ? '✓' : '✗',
    ])
  return rows.length === 0 ? [] : ['## Targets', '', ...markdown([['', 'wanted', 'got', ''], ...rows]), '']
}

function fairPlay(measured: Contestant[]): string[] {
  const rows = measured.map((one) => [one.name, versionOf(one.package), one.keeps, one.settings])
  const head = ['', 'version', 'keeps', 'settings']
  return ['## What each keeps of a finished job, and what was set', '', ...markdown([head, ...rows])]
}

/** Versions are exact in bench/package.json. */
function versionOf(name: string): string {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return dependencies[name] ?? ''
}

function shown(value: number | undefined, unit: Unit): string {
  if (value === undefined) return '–'
  return Number.isFinite(value) ? number(value) : `> 65 ${unit}`
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function markdown([head = [], ...rows]: string[][]): string[] {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)))
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)]
}
