// The Redis engine keeps the contract, on real servers, which the suite shares by prefix: one server with one shard, one
// with several, and a cluster of three masters.
import { afterAll, beforeAll, describe, test, vi } from 'vitest'
import { redisUrl, startCluster, type Cluster } from '@waybill/servers'
import { conformance, type Subject } from '../../engine/conformance/index.ts'
import type { Engine } from '../../engine/engine.ts'
import { emptied } from './fixture.ts'
import { openRedis } from './index.ts'

// Random lives are thousands of round trips: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

let made = 0

async function open(base: string, settings = '', shared = true): Promise<Subject> {
  const prefix = `c${process.pid}-${++made}:`
  const url = `${base}?prefix=${prefix}${settings}`
  let offset = 0
  const options = { clockOffset: () => offset }
  const handles: Engine[] = []
  const handle = async () => {
    const engine = await openRedis(url, options)
    handles.push(engine)
    return engine
  }
  let engine = await handle()
  await engine.migrate()
  return {
    engine,
    advance: (ms) => void (offset += ms),
    another: handle,
    async reopen() {
      await engine.close()
      engine = await handle()
      return engine
    },
    async close() {
      for (const one of handles) await one.close()
      if (shared) await emptied(url)
    },
  }
}

describe('one server', () => {
  conformance({ name: 'redis', open: async () => open(await redisUrl()), test })
})

// What several shards do not keep (docs/decisions/0016): an order in common, a claim from more than one of them.
const anyOrder = 'jobs on several shards have an order on each, not one in common'
const onePlace = 'a claim takes from one shard, so fewer jobs come at once'
const skip = {
  'restored jobs queue behind those that are here, in the order in which they come': anyOrder,
  'higher priority first, then first in, first out; a job that is given back queues behind': anyOrder,
  'a job whose time has come queues behind those that were there, in the order of their return': anyOrder,
  'across queues that are not named, priority and age decide': anyOrder,
  'across queues, what a job that left had of age is lent to nobody behind it': anyOrder,
  'jobs of one batch that are found by more than their owner stand in their order in the list of the owner': anyOrder,
  'lists are newest first, page by page, and stay put while jobs are added': anyOrder,
  'a page that is just full has no next one': anyOrder,
  'the next page goes on where the one before ended, though its last job was purged or has moved on': anyOrder,
  'numbered pages skip, in either direction': anyOrder,
  'once nothing is left of a claim, its id claims anew':
    'fences rise on each shard: two jobs on two of them may differ either way',
  'purging goes by limit, the longest overdue first, and leaves what has not ended': anyOrder,
  'purging leaves the order of the jobs that wait as it was, and the order in lists': anyOrder,
  'two handles that claim at once never get the same job, nor the same fence': onePlace,
  'a key outlives its job: the answer names the job that was': 'a key whose job is gone is free again',
  'fences rise from claim to claim, whoever claims, also after every lease has ended':
    'fences rise on each shard, and so for each job',
  'a queue at its cap refuses, counting pending and scheduled jobs, also within one batch': onePlace,
  'random lives go as they go for the model': anyOrder,
  'a claim gives at most as many jobs as it asks for': onePlace,
  'only the queues named are served, in the order named, and paused ones not at all': onePlace,
  'a queue that is named twice is served once, where it was named first': onePlace,
  'the same claim id again answers the same leases: a lost reply burns nothing': onePlace,
  'jobs beyond `begins` are held until the worker says that it has begun them': onePlace,
  'places in a claim stay what they were when its first jobs have ended': onePlace,
  'a held job goes back free of charge when its worker vanishes, a begun one is charged a loss': onePlace,
}

describe('one server, three shards', () => {
  conformance({ name: 'redis, 3 shards', open: async () => open(await redisUrl(), '&shards=3'), test, skip })
})

describe('a cluster', () => {
  let cluster: Cluster
  beforeAll(async () => void (cluster = await startCluster(3)), 60_000)
  afterAll(() => cluster.stop())
  conformance({ name: 'redis cluster', open: () => open(cluster.url, '', false), test, runs: 10 })
})
