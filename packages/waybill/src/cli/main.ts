// `waybill <verb> …`: finds the verb, reads its flags, runs it, and turns whatever it throws into one sentence and an
// exit code.
import { WaybillClientError } from '../client/errors.ts'
import type { Environment } from '../config/environment.ts'
import { errorText } from '../lib/error-text.ts'
import { didYouMean } from '../lib/suggest.ts'
import { Args, type Flags } from './args.ts'
import { exitCodeOf, exitCodes, UsageError, type ExitCode } from './exit.ts'
import { processTerminal, type Terminal } from './terminal.ts'
import type { Verb } from './verb.ts'
import { verbs } from './verbs.ts'
import { versionLine } from './version.ts'

/** Runs the command and sets the exit code of the process. */
export async function main(argv: string[]): Promise<void> {
  stayWhereCalled(process.env)
  process.exitCode = await run(argv, processTerminal())
}

export async function run(
  argv: string[],
  terminal: Terminal,
  env: Environment = process.env,
  cwd: string = process.cwd(),
): Promise<ExitCode> {
  const [name = '--help', ...rest] = argv
  if (['--help', '-h', 'help'].includes(name)) return overview(terminal)
  if (['--version', '-v', 'version'].includes(name)) return tell(versionLine(), terminal)
  try {
    const verb = await verbOf(name)
    if (rest.includes('--help') || rest.includes('-h')) return help(name, verb, terminal)
    const args = new Args(verb.flags, rest, verb.words)
    return await verb.run({ args, terminal, env, cwd })
  } catch (error) {
    terminal.say(`waybill ${name}: ${sentence(error)}`)
    if (error instanceof UsageError && Object.hasOwn(verbs, name)) terminal.say(`See \`waybill ${name} --help\`.`)
    return exitCodeOf(error)
  }
}

// npx goes to the nearest package.json first; people mean the folder they are in.
function stayWhereCalled({ npm_command: by, INIT_CWD: where }: Environment): void {
  if (by === 'exec' && where) process.chdir(where)
}

function tell(line: string, terminal: Terminal): ExitCode {
  terminal.out(`${line}\n`)
  return exitCodes.ok
}

async function verbOf(name: string): Promise<Verb> {
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (load) return load()
  throw new UsageError(`there is no such command.${didYouMean(name, Object.keys(verbs))} See \`waybill --help\`.`)
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : errorText(error)
  if (!(error instanceof WaybillClientError)) return message
  const places = error.errors.filter(({ detail }) => !message.includes(detail))
  return [message, ...places.map(({ pointer, detail }) => `  ${pointer}: ${detail}`)].join('\n')
}

async function overview(terminal: Terminal): Promise<ExitCode> {
  terminal.out('waybill <command> [flags]\n\n')
  for (const [name, load] of Object.entries(verbs)) terminal.out(`  ${name.padEnd(9)} ${(await load()).summary}\n`)
  terminal.out(
    '\n`waybill <command> --help` says more, `waybill --version` which version this is. Exit codes: 0 ok, 1 error, 2 usage, 3 job failed, 4 cancelled,\n5 wait timed out, 6 not found, 7 auth, 8 unavailable.\n',
  )
  return exitCodes.ok
}

function help(name: string, verb: Verb, terminal: Terminal): ExitCode {
  terminal.out(
    `waybill ${name} ${verb.usage}\n\n${verb.summary}\n${verb.more === undefined ? '' : `\n${verb.more}\n`}\n${flagLines(verb.flags)}`,
  )
  return exitCodes.ok
}

function flagLines(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [
    `${flag.short ? `-${flag.short}, ` : ''}--${name}${flag.value ? ` ${flag.value}` : ''}`,
    flag.help,
  ])
  const width = Math.max(...rows.map(([flag = '']) => flag.length))
  return rows.map(([flag = '', text = '']) => `  ${flag.padEnd(width)}  ${text}\n`).join('')
}
