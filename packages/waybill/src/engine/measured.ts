// Any engine, with the time of each verb told: for `waybill_engine_op_seconds`. Made once, where the parts meet. What
// answers from memory (now, stamp, hearing, watch) is passed through untouched.
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { Engine } from './engine.ts'

/** `clock` measures spans. `told` hears of each call once it has been answered or has failed, by its verb in the wire's spelling. */
export function measured(engine: Engine, clock: Pick<Clock, 'now'>, told: Pick<Telemetry, 'engineOp'>): Engine {
  const timed = <A extends unknown[], R>(op: string, run: (...args: A) => Promise<R>) => {
    return (...args: A): Promise<R> => {
      const began = clock.now()
      return run(...args).finally(() => told.engineOp(op, clock.now() - began))
    }
  }
  return {
    can: engine.can,
    now: () => engine.now(),
    stamp: () => engine.stamp(),
    hearing: () => engine.hearing(),
    watch: (listener, audience) => engine.watch(listener, audience),
    close: () => engine.close(),
    insert: timed('insert', engine.insert.bind(engine)),
    ...(engine.insertIn ? { insertIn: timed('insert', engine.insertIn.bind(engine)) } : {}),
    claim: timed('claim', engine.claim.bind(engine)),
    apply: timed('apply', engine.apply.bind(engine)),
    extend: timed('extend', engine.extend.bind(engine)),
    note: timed('note', engine.note.bind(engine)),
    enrol: timed('enrol', engine.enrol.bind(engine)),
    purge: timed('purge', engine.purge.bind(engine)),
    putDoc: timed('put_doc', engine.putDoc.bind(engine)),
    restore: timed('restore', engine.restore.bind(engine)),
    lead: timed('lead', engine.lead.bind(engine)),
    get: timed('get', engine.get.bind(engine)),
    revs: timed('revs', engine.revs.bind(engine)),
    ...(engine.ahead ? { ahead: timed('ahead', engine.ahead.bind(engine)) } : {}),
    list: timed('list', engine.list.bind(engine)),
    count: timed('count', engine.count.bind(engine)),
    logs: timed('logs', engine.logs.bind(engine)),
    queues: timed('queues', engine.queues.bind(engine)),
    workers: timed('workers', engine.workers.bind(engine)),
    docs: timed('docs', engine.docs.bind(engine)),
    due: timed('due', engine.due.bind(engine)),
    health: timed('health', engine.health.bind(engine)),
    ...(engine.inspect ? { inspect: timed('inspect', engine.inspect.bind(engine)) } : {}),
    migrate: timed('migrate', engine.migrate.bind(engine)),
    schema: timed('schema', engine.schema.bind(engine)),
  }
}
