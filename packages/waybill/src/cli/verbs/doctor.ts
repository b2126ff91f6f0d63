// `waybill doctor`: looks at everything that commonly goes wrong, one line each, with what to do.
import { statfs } from 'node:fs/promises'
import { loadConfigFile } from '../../config/file.ts'
import { resolveSettings, type SettingOptions } from '../../config/resolve.ts'
import type { Settings } from '../../config/settings.ts'
import type { Engine } from '../../engine/engine.ts'
import { openEngine, withoutSecrets } from '../../engines/registry.ts'
import { commonFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { paint, type Terminal } from '../terminal.ts'
import type { Setting, Verb } from '../verb.ts'

interface Finding {
  level: 'ok' | 'warn' | 'fail'
  about: string
  text: string
}

export const doctor: Verb = {
  usage: '',
  summary: 'check this installation and say what to do',
  flags: commonFlags,
  async run(setting) {
    const findings = await examine(setting)
    for (const finding of findings) print(finding, setting.terminal, setting.args.on('json'))
    return findings.some(({ level }) => level === 'fail') ? exitCodes.error : exitCodes.ok
  },
}

async function examine(setting: Setting): Promise<Finding[]> {
  const findings = [nodeVersion()]
  const configured = await attempt('config', () => configOf(setting))
  findings.push(...configured.findings)
  if (!configured.value) return findings
  const { settings, path, jobs } = configured.value
  findings.push({
    level: jobs === 0 ? 'warn' : 'ok',
    about: 'config',
    text:
      path === null
        ? 'no waybill.config file here: only what the environment says, and no jobs'
        : `${path}: ${jobs} types of job`,
  })
  findings.push(authOf(settings))
  const opened = await attempt('engine', () => openEngine(settings.engineUrl))
  findings.push(...opened.findings)
  if (!opened.value) return findings
  try {
    findings.push(...(await engineFindings(opened.value, settings)))
  } finally {
    await opened.value.close()
  }
  return findings
}

async function configOf({
  args,
  env,
  cwd,
}: Setting): Promise<{ settings: Settings; path: string | null; jobs: number }> {
  const { path, options } = await loadConfigFile(cwd, args.text('config') ?? null)
  const engine = args.text('engine')
  const given: SettingOptions = { ...options, ...(engine === undefined ? {} : { engine }) }
  return {
    settings: resolveSettings(given, env, cwd),
    path,
    jobs: Array.isArray(options['jobs']) ? options['jobs'].length : 0,
  }
}

function nodeVersion(): Finding {
  return { level: 'ok', about: 'node', text: process.version }
}

function authOf({ auth, host }: Settings): Finding {
  const ways = [auth.apiKeys.length > 0 ? `${auth.apiKeys.length} operator keys` : '', auth.jwt ? 'JWT' : ''].filter(
    Boolean,
  )
  if (ways.length > 0) return { level: 'ok', about: 'auth', text: ways.join(', ') }
  return {
    level: 'warn',
    about: 'auth',
    text: `none: everybody on this machine is the operator, and only loopback can be served (host ${host}); set WAYBILL_API_KEYS before others are to reach it`,
  }
}

async function engineFindings(engine: Engine, settings: Settings): Promise<Finding[]> {
  const { found, wanted } = await engine.schema()
  const layout: Finding =
    found === wanted
      ? { level: 'ok', about: 'layout', text: `${found}, current` }
      : {
          level: settings.migrate ? 'warn' : 'fail',
          about: 'layout',
          text: `${found}, this version wants ${wanted}: ${settings.migrate ? 'migrated at the next start' : 'run `waybill migrate`'}`,
        }
  const { kind, durability, problem } = await engine.health()
  const health: Finding = {
    level: problem ? 'fail' : durability === 'durable' ? 'ok' : 'warn',
    about: 'engine',
    text:
      problem ??
      `${kind} at ${withoutSecrets(settings.engineUrl)}, ${durability}${durability === 'durable' ? '' : ': the last moments may be lost in a power cut'}`,
  }
  return [
    health,
    layout,
    ...(found === wanted ? await workFindings(engine) : []),
    ...(await diskFinding(settings.engineUrl)),
  ]
}

async function workFindings(engine: Engine): Promise<Finding[]> {
  const [workers, queues] = await Promise.all([engine.workers(), engine.queues()])
  const waiting = queues.filter((queue) => queue.counts.pending > 0)
  const unserved = waiting.filter(
    ({ queue }) => !workers.some((w) => w.queues.length === 0 || w.queues.includes(queue)),
  )
  return [
    {
      level: 'ok',
      about: 'workers',
      text:
        workers.length === 0 ? 'none at this moment' : workers.map((w) => `${w.name} (${w.slots} slots)`).join(', '),
    },
    ...unserved.map(
      ({ queue, counts }): Finding => ({
        level: 'warn',
        about: 'queues',
        text: `${counts.pending} jobs wait in queue ${queue} and no worker serves it: start \`waybill work\``,
      }),
    ),
  ]
}

async function diskFinding(url: string): Promise<Finding[]> {
  const path = /^sqlite:([^?]+)/.exec(url)?.[1]
  if (!path || path === ':memory:') return []
  const { bavail, bsize } = await statfs(path)
  const free = (bavail * bsize) / 1e9
  return [{ level: free < 1 ? 'warn' : 'ok', about: 'disk', text: `${free.toFixed(1)} GB free` }]
}

async function attempt<T>(about: string, what: () => Promise<T>): Promise<{ value: T | null; findings: Finding[] }> {
  try {
    return { value: await what(), findings: [] }
  } catch (error) {
    return {
      value: null,
      findings: [{ level: 'fail', about, text: error instanceof Error ? error.message : String(error) }],
    }
  }
}

function print({ level, about, text }: Finding, terminal: Terminal, json: boolean): void {
  if (json) return terminal.out(`${JSON.stringify({ level, about, text })}\n`)
  const colour = ({ ok: 'green', warn: 'yellow', fail: 'red' } as const)[level]
  terminal.out(`${paint(terminal, colour, level.padEnd(4))}  ${about.padEnd(8)} ${text}\n`)
}
