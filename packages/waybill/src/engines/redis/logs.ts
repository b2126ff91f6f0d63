// Log lines: a stream a job, numbered from 1.
import type { LogLine } from '../../job/record.ts'
import type { JsonObject } from '../../lib/json.ts'
import { list, text } from './reply.ts'
import type { Shard } from './shard.ts'

const levels: readonly LogLine['level'][] = ['debug', 'info', 'warn', 'error']

export async function logsOf(shard: Shard, id: string, after: number, limit: number): Promise<LogLine[]> {
  if (limit <= 0) return []
  const reply = list(await shard.call('XRANGE', `logs:${id}`, `${after + 1}-0`, '+', 'COUNT', limit))
  return reply.map((entry) => {
    const [at, fields] = list(entry)
    return lineOf(Number.parseInt(text(at), 10), text(list(fields)[1]))
  })
}

function lineOf(seq: number, line: string): LogLine {
  const m: {
    at: number
    level: string
    message: string
    fields: JsonObject | null
    attempt: number
    audience: string
  } = JSON.parse(line)
  return {
    seq,
    at: m.at,
    level: levels.find((level) => level === m.level) ?? 'info',
    message: m.message,
    fields: m.fields,
    attempt: m.attempt,
    audience: m.audience === 'operator' ? 'operator' : 'owner',
  }
}
