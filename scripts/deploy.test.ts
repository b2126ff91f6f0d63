// The examples in deploy/: systemd accepts the units, a stop leaves workers the time that they need, every variable is one
// that Waybill reads. Containers are not started here.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { variables } from '../packages/waybill/src/config/variables.ts'

const folder = resolve(import.meta.dirname, '../deploy')
const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
const units = ['waybill-api.service', 'waybill-worker.service']
const graceSeconds = Number.parseInt(variables.shutdownGrace.default, 10)

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

const systemd = spawnSync('systemd-analyze', ['--version']).status === 0

test.skipIf(!systemd).each(units)('systemd accepts %s (needs systemd-analyze)', (name) => {
  const place = mkdtempSync(join(tmpdir(), 'waybill-deploy-'))
  cleanups.push(() => rmSync(place, { recursive: true }))
  const app = join(place, 'app')
  mkdirSync(join(app, 'node_modules/.bin'), { recursive: true })
  writeFileSync(join(app, 'node_modules/.bin/waybill'), '#!/bin/sh\n')
  chmodSync(join(app, 'node_modules/.bin/waybill'), 0o755)
  writeFileSync(join(place, name), text(name).replaceAll('/srv/app', app))
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(place, name)], {
    encoding: 'utf8',
  })
  const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('waybill'))
  expect({ status, ours }).toEqual({ status: 0, ours: [] })
})

test.each(units)('%s starts the program itself, and waits for the grace when it stops', (name) => {
  const unit = text(name)
  expect(unit).toMatch(/^ExecStart=\/\S+\/node_modules\/\.bin\/waybill (serve|work)$/m)
  expect(unit).toMatch(/^KillSignal=SIGTERM$/m)
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThanOrEqual(graceSeconds + 10)
})

test('the containers start the program itself, and wait for the grace when they stop', () => {
  const compose = text('docker-compose.yml')
  expect(compose.match(/command: \[node_modules\/\.bin\/waybill, (serve|work)\]/g)).toHaveLength(2)
  expect(Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1])).toBeGreaterThanOrEqual(graceSeconds + 10)
  expect(text('Dockerfile')).toMatch(/^CMD \["node_modules\/\.bin\/waybill", "serve"\]$/m)
})

test('every variable that the examples set is one that Waybill reads', () => {
  const known = new Set(Object.values(variables).flatMap(({ names }) => names))
  const files = [...units, 'docker-compose.yml']
  const set = files.flatMap((name) => text(name).match(/\bWAYBILL_[A-Z_]+/g) ?? [])
  expect(set.length).toBeGreaterThan(5)
  expect(set.filter((name) => !known.has(name))).toEqual([])
})

test('the compose file is indented by twos, without tabs, and names no key twice in one place', () => {
  const path: string[] = []
  const seen = new Set<string>()
  for (const line of text('docker-compose.yml').split('\n')) {
    expect(line).not.toContain('\t')
    const [, indent = '', key] = /^( *)([\w<-]+):/.exec(line) ?? []
    if (key === undefined) continue
    expect(indent.length % 2).toBe(0)
    path.splice(indent.length / 2, Number.POSITIVE_INFINITY, key)
    expect(seen).not.toContain(path.join('/'))
    seen.add(path.join('/'))
  }
  for (const service of ['api', 'worker', 'postgres', 'redis']) expect(seen).toContain(`services/${service}`)
  expect(existsSync(join(folder, 'Dockerfile'))).toBe(true)
})
