// An engine with an accelerator in front. Writers get every promise of the engine unchanged: what they read is the truth,
// and what they wrote is announced to other processes once it is durable. Readers get jobs from the status cache where it
// can be believed. Nobody waits for the accelerator but a reader, and he no longer than one command may take.
import type { Engine, ReadEngine } from '../engine/engine.ts'
import type { Accelerator } from './accelerator.ts'
import { Front } from './front.ts'
import { due, get, getThroughCache, list, revs, watch } from './reads.ts'
import { apply, claim, insert, note, purge, restore } from './writes.ts'

export interface Accelerated {
  engine: Engine
  reader: ReadEngine
}

type Verb =
  | 'insert'
  | 'claim'
  | 'apply'
  | 'note'
  | 'purge'
  | 'restore'
  | 'get'
  | 'revs'
  | 'list'
  | 'due'
  | 'watch'
  | 'close'

/** `throughCache`: readers look into the cache first. */
export function accelerated(engine: Engine, accelerator: Accelerator, throughCache: boolean): Accelerated {
  const front = new Front(engine, accelerator)
  const whole: Engine = {
    ...passedOn(engine),
    insert: (jobs, options) => insert(front, jobs, options),
    claim: (request) => claim(front, request),
    apply: (changes, request) => apply(front, changes, request),
    note: (notes) => note(front, notes),
    purge: (limit, id) => purge(front, limit, id),
    restore: (jobs) => restore(front, jobs),
    get: (ids, include) => get(front, ids, include),
    revs: (ids) => revs(front, ids),
    list: (request) => list(front, request),
    due: (kind, limit) => due(front, kind, limit),
    watch: (listener, audience) => watch(front, listener, audience),
    close: () => {
      accelerator.close()
      return engine.close()
    },
  }
  const reader = { ...whole, get: getThroughCache.bind(null, front) }
  return { engine: whole, reader: throughCache ? reader : whole }
}

// What the accelerator has nothing to add to.
function passedOn(engine: Engine): Omit<Engine, Verb> {
  return {
    can: engine.can,
    now: engine.now.bind(engine),
    stamp: engine.stamp.bind(engine),
    hearing: engine.hearing.bind(engine),
    // Its jobs are not there before the caller commits: the engine itself tells of them then.
    ...(engine.insertIn ? { insertIn: engine.insertIn.bind(engine) } : {}),
    extend: engine.extend.bind(engine),
    enrol: engine.enrol.bind(engine),
    putDoc: engine.putDoc.bind(engine),
    lead: engine.lead.bind(engine),
    count: engine.count.bind(engine),
    logs: engine.logs.bind(engine),
    queues: engine.queues.bind(engine),
    workers: engine.workers.bind(engine),
    docs: engine.docs.bind(engine),
    health: engine.health.bind(engine),
    ...(engine.inspect ? { inspect: engine.inspect.bind(engine) } : {}),
    migrate: engine.migrate.bind(engine),
    schema: engine.schema.bind(engine),
  }
}
