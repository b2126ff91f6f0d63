// Proves that the guards can fail: each planted fault, in a small workspace of its own, is named by its check.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const workspace = resolve(import.meta.dirname, '..')
const configs = ['tsconfig.base.json', '.oxlintrc.json', 'packages/waybill/tsconfig.json']
let copy: string

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'waybill-guards-'))
  for (const config of configs) cpSync(join(workspace, config), join(copy, config))
  symlinkSync(join(workspace, 'node_modules'), join(copy, 'node_modules'))
  plant('lib/clock.ts', 'export const clock: { now(): number } = { now: () => Date.now() }\n')
  plant('engine/engine.ts', 'export interface WriteEngine { insert(): Promise<void> }\n')
  plant('engines/sqlite/db.ts', 'export const db: string = "db"\n')
  plant('wire/job-view.ts', 'export const shape: string = "job"\nexport type Shape = string\n')
})

afterEach(() => rmSync(copy, { recursive: true }))

function plant(file: string, text: string): void {
  const path = join(copy, 'packages/waybill/src', file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function layers(): { status: number | null; said: string } {
  const script = join(workspace, 'scripts/check-layers.ts')
  return run(process.execPath, [script, join(copy, 'packages/waybill/src')])
}

function lint(): { status: number | null; said: string } {
  return run(join(workspace, 'node_modules/.bin/oxlint'), ['--type-aware', '--deny-warnings', '--format=unix'])
}

function run(program: string, words: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: copy, encoding: 'utf8' })
  return { status, said: stdout + stderr }
}

test('both checks pass where nothing is planted', () => {
  expect(layers()).toMatchObject({ status: 0, said: expect.stringContaining('every import goes down') })
  expect(lint()).toMatchObject({ status: 0 })
})

test('an empty source tree is a failure, not a pass on nothing', () => {
  rmSync(join(copy, 'packages/waybill/src'), { recursive: true })
  mkdirSync(join(copy, 'packages/waybill/src'))
  expect(layers()).toMatchObject({ status: 1, said: expect.stringContaining('no source file') })
})

const misplaced: [string, string, string, string][] = [
  [
    'an upward import',
    'job/up.ts',
    'import { db } from "../engines/sqlite/db.ts"',
    'job may import only lib, not engines/sqlite',
  ],
  [
    'an upward type import',
    'lib/up.ts',
    'import type { Shape } from "../wire/job-view.ts"',
    'lib may import only its own files',
  ],
  ['an upward re-export', 'job/up.ts', 'export { db } from "../engines/sqlite/db.ts"', 'not engines/sqlite'],
  [
    'an upward import()',
    'job/up.ts',
    'export const load = () => import("../engines/sqlite/db.ts")',
    'not engines/sqlite',
  ],
  [
    'a sideways import between engines',
    'engines/redis/keys.ts',
    'import { db } from "../sqlite/db.ts"',
    'engines/redis may import only',
  ],
  ['a package in a pure layer', 'job/io.ts', 'import { readFileSync } from "node:fs"', 'job may import only croner'],
  [
    'a reader that holds the writing side',
    'watch/hub.ts',
    'import type { WriteEngine } from "../engine/engine.ts"',
    'watch must not hold WriteEngine',
  ],
  [
    'code of wire in the browser client',
    'client/poll.ts',
    'import { shape } from "../wire/job-view.ts"',
    'only types from wire',
  ],
  ['the clock by new Date()', 'job/a.ts', 'export const go = (): Date => new Date()', 'reads the clock'],
  ['a folder that no layer knows', 'utils/helpers.ts', 'export {}', 'belongs to no layer'],
]

test.each(misplaced)('layers refuses %s', (_what, file, text, why) => {
  plant(file, `${text}\n`)
  const { status, said } = layers()
  expect(status).toBe(1)
  expect(said).toContain(file)
  expect(said).toContain(why)
})

test('layers refuses a sideways import between submit and worker', () => {
  plant('submit/enqueue.ts', 'export const enqueue: string = ""\n')
  plant('worker/run.ts', 'import { enqueue } from "../submit/enqueue.ts"\n')
  expect(layers()).toMatchObject({ status: 1, said: expect.stringContaining('worker/run.ts:1') })
})

test('layers lets the client import types of wire, and a test import anything', () => {
  plant('client/poll.ts', 'import type { Shape } from "../wire/job-view.ts"\n')
  plant('job/decide.test.ts', 'import { db } from "../engines/sqlite/db.ts"\n')
  expect(layers().status).toBe(0)
})

const unclean: [string, string, string, string][] = [
  [
    'a floating promise',
    'job/a.ts',
    'export function go(wait: () => Promise<void>): void {\n  wait()\n}',
    'no-floating-promises',
  ],
  [
    'an explicit any',
    'job/a.ts',
    'export function go(value: any): boolean {\n  return value === 1\n}',
    'no-explicit-any',
  ],
  [
    'an assertion that silences the compiler',
    'job/a.ts',
    'export const go = (v: unknown): string => v as string',
    'no-unsafe-type-assertion',
  ],
  [
    'an empty catch',
    'job/a.ts',
    'export function go(f: () => void): void {\n  try {\n    f()\n  } catch {}\n}',
    'no-empty',
  ],
  ['a silenced line', 'job/a.ts', '// @ts-ignore\nexport const go: number = 1', 'ban-ts-comment'],
  ['the machine clock in job/', 'job/a.ts', 'export const go = (): number => Date.now()', 'no-restricted-properties'],
  ['chance in worker/', 'worker/a.ts', 'export const go = (): number => Math.random()', 'no-restricted-properties'],
  [
    'a bare timer in watch/',
    'watch/a.ts',
    'export function go(f: () => void): void {\n  setTimeout(f, 1)\n}',
    'no-restricted-globals',
  ],
  ['a timer by import', 'watch/a.ts', 'export { setTimeout } from "node:timers/promises"', 'no-restricted-imports'],
]

test.each(unclean)('lint refuses %s', (_what, file, text, rule) => {
  plant(file, `${text}\n`)
  const { status, said } = lint()
  expect(status).toBe(1)
  expect(said).toContain(`packages/waybill/src/${file}`)
  expect(said).toContain(rule)
})

test('lint refuses two files that import each other', () => {
  plant('job/a.ts', 'import { b } from "./b.ts"\nexport const a = (): number => b()\n')
  plant('job/b.ts', 'import { a } from "./a.ts"\nexport const b = (): number => a()\n')
  expect(lint()).toMatchObject({ status: 1, said: expect.stringContaining('no-cycle') })
})

test('find-it refuses a page that names what is not there', () => {
  mkdirSync(join(copy, 'docs'))
  writeFileSync(join(copy, 'docs/find-it.md'), 'See `packages/waybill/src/lib/clock.ts` and `src/attorney.ts`.')
  const { status, said } = run(process.execPath, [join(workspace, 'scripts/check-find-it.ts'), copy])
  expect({ status, said }).toMatchObject({
    status: 1,
    said: expect.stringContaining('src/attorney.ts does not exist'),
  })
  expect(said).not.toContain('clock.ts')
})
