// `waybill doctor`: looks at everything that commonly goes wrong, one line each, with what to do.
import { unknownVariables } from '../../config/doubts.ts'
import type { Settings } from '../../config/settings.ts'
import { Waybill } from '../../index.ts'
import { commonFlags } from '../args.ts'
import { acceleratorFindings } from '../doctor/accelerator.ts'
import { ok, fail, warn, type Finding } from '../doctor/finding.ts'
import { authFindings, jwtFindings, settingsLine } from '../doctor/settings.ts'
import { storeFindings } from '../doctor/store.ts'
import { exitCodes } from '../exit.ts'
import { optionsOf } from '../open.ts'
import { paint, plainText, type Terminal } from '../terminal.ts'
import type { Setting, Verb } from '../verb.ts'

export const doctor: Verb = {
  usage: '',
  words: 0,
  summary: 'check this installation and say what to do',
  flags: commonFlags,
  async run(setting) {
    const findings = await examine(setting)
    for (const finding of findings) print(finding, setting.terminal, setting.args.on('json'))
    return findings.some(({ level }) => level === 'fail') ? exitCodes.error : exitCodes.ok
  },
}

async function examine(setting: Setting): Promise<Finding[]> {
  const before = [ok('node', process.version), ...unknownFindings(setting)]
  const { settings, finding } = await configured(setting)
  if (settings === null) return [...before, finding]
  return [
    ...before,
    finding,
    settingsLine(settings),
    ...authFindings(settings),
    ...(await jwtFindings(settings)),
    ...(await storeFindings(settings)),
    ...(await acceleratorFindings(settings, setting.env, setting.cwd)),
  ]
}

function unknownFindings({ env, cwd }: Setting): Finding[] {
  return unknownVariables(env, cwd).map((text) => warn('config', text))
}

async function configured(setting: Setting): Promise<{ settings: Settings | null; finding: Finding }> {
  try {
    const { path, options } = await optionsOf(setting)
    const jobs = Array.isArray(options['jobs']) ? options['jobs'].length : 0
    return { settings: new Waybill(options, setting.env, setting.cwd).settings, finding: configFinding(path, jobs) }
  } catch (error) {
    return { settings: null, finding: fail('config', error instanceof Error ? error.message : String(error)) }
  }
}

function configFinding(path: string | null, jobs: number): Finding {
  if (path === null)
    return warn('config', 'no waybill.config file here: only what the environment says, and no jobs to run')
  return jobs === 0 ? warn('config', `${path}: names no jobs`) : ok('config', `${path}: ${jobs} types of job`)
}

function print({ level, about, text }: Finding, terminal: Terminal, json: boolean): void {
  if (json) return terminal.out(`${JSON.stringify({ level, about, text })}\n`)
  const colour = ({ ok: 'green', warn: 'yellow', fail: 'red' } as const)[level]
  terminal.out(`${paint(terminal, colour, level.padEnd(4))}  ${about.padEnd(8)} ${plainText(text)}\n`)
}
