// What doctor says of the store: reachable, durable, of the right layout, with room, and served.
import { constants, existsSync } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import type { Engine } from '../../engine/engine.ts'
import { openEngine, withoutSecrets } from '../../engines/registry.ts'
import { errorText } from '../../lib/error-text.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

const leastFree = 1e9

export async function storeFindings(settings: Settings): Promise<Finding[]> {
  const file = fileOf(settings.engineUrl)
  const room = file === null ? [] : await roomFindings(file)
  // Looking must not make it.
  if (file !== null && !existsSync(file))
    return [
      ok('engine', `${withoutSecrets(settings.engineUrl)} is not there yet; it is made at the first start`),
      ...room,
    ]
  try {
    const engine = await openEngine(settings.engineUrl)
    return [...(await engineFindings(engine, settings).finally(() => engine.close())), ...room]
  } catch (error) {
    return [fail('engine', `${withoutSecrets(settings.engineUrl)}: ${errorText(error)}`), ...room]
  }
}

/** The file of a SQLite URL; null for any other. */
export function fileOf(url: string): string | null {
  const name = /^sqlite:(?:\/\/(?=\/))?([^?]+)/.exec(url)?.[1]
  return name === undefined || name === ':memory:' ? null : resolve(name)
}

async function engineFindings(engine: Engine, settings: Settings): Promise<Finding[]> {
  const { found, wanted } = await engine.schema()
  const current = found === wanted
  return [
    await healthFinding(engine, settings),
    layoutFinding(found, wanted, settings.migrate),
    ...((await engine.inspect?.()) ?? []),
    ...(current ? await workFindings(engine) : []),
  ]
}

async function healthFinding(engine: Engine, { engineUrl }: Settings): Promise<Finding> {
  const { kind, durability, problem } = await engine.health()
  const where = `${kind} at ${withoutSecrets(engineUrl)}`
  if (problem !== null) return fail('engine', `${where}: ${problem}`)
  return durability === 'durable'
    ? ok('engine', `${where}, durable`)
    : warn('engine', `${where}, ${durability}: acknowledged jobs may be lost in a power cut`)
}

function layoutFinding(found: number, wanted: number, migrates: boolean): Finding {
  if (found === wanted) return ok('layout', `${found}, current`)
  const text = `${found}, this version wants ${wanted}`
  if (found > wanted) return fail('layout', `${text}: run the version of Waybill that wrote it, or a newer one`)
  return migrates
    ? warn('layout', `${text}: migrated at the next start`)
    : fail('layout', `${text}: run \`waybill migrate\``)
}

async function workFindings(engine: Engine): Promise<Finding[]> {
  const [workers, queues] = await Promise.all([engine.workers(), engine.queues()])
  const serves = (queue: string) => workers.some((w) => w.queues.length === 0 || w.queues.includes(queue))
  const names = workers.map((w) => `${w.name} (${w.slots} slots)`)
  return [
    ok('workers', names.join(', ') || 'none at this moment'),
    ...queues
      .filter(({ queue, counts }) => counts.pending > 0 && !serves(queue))
      .map(({ queue, counts }) =>
        warn('queues', `${counts.pending} jobs wait in queue ${queue} and no worker serves it: start \`waybill work\``),
      ),
  ]
}

async function roomFindings(file: string): Promise<Finding[]> {
  const dir = existing(dirname(file))
  const { bavail, bsize } = await statfs(dir)
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free at ${dir}`
  const writable = await access(dir, constants.W_OK).then(
    () => true,
    () => false,
  )
  return [
    bavail * bsize < leastFree ? warn('disk', `${free}: when it is full, submits are refused`) : ok('disk', free),
    ...(writable ? [] : [fail('disk', `${dir} cannot be written to by this user`)]),
  ]
}

function existing(dir: string): string {
  return existsSync(dir) ? dir : existing(dirname(dir))
}
