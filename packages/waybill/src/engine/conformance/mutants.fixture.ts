// Engines with one guard missing each, to show that the suite has teeth. Each is the model with one thing left out.
import type { Applied, Change, Expect } from '../../job/change.ts'
import type {
  Claimed,
  ClaimRequest,
  Doc,
  DueKind,
  Extended,
  ExtendRequest,
  Include,
  Inserted,
  JobDetails,
  ListPage,
  ListRequest,
  NewJob,
  Note,
  SavedJob,
  Tombstone,
} from '../engine.ts'
import { isGone } from '../engine.ts'
import type { Hold } from '../hold.ts'
import type { JobRecord } from '../../job/record.ts'
import { isEnd } from '../../job/status.ts'
import { ModelEngine } from './model.ts'

type Answer = { applied: Applied[]; claimed: Claimed | null }

/** Does not look at one member of what a Change expects. */
function withoutExpect(member: keyof Expect): typeof ModelEngine {
  return class extends ModelEngine {
    override apply(changes: Change[], claim?: ClaimRequest): Promise<Answer> {
      return super.apply(changes.map(loosened), claim)
    }
  }
  function loosened(change: Change): Change {
    const { [member]: _, ...expect } = change.expect
    return { ...change, expect }
  }
}

/** Changes jobs before they are stored. */
function inserting(change: (job: NewJob) => NewJob): typeof ModelEngine {
  return class extends ModelEngine {
    override insert(jobs: NewJob[], options?: { atomic?: boolean }): Promise<Inserted[]> {
      return super.insert(jobs.map(change), options)
    }
  }
}

function insertingHolds(change: (hold: Hold) => Hold): typeof ModelEngine {
  return inserting((job) => (job.holds ? { ...job, holds: job.holds.map(change) } : job))
}

/** Changes claims before they are made, wherever they come from. */
function claiming(change: (request: ClaimRequest) => ClaimRequest): typeof ModelEngine {
  return class extends ModelEngine {
    override claim(request: ClaimRequest): Promise<Claimed> {
      return super.claim(change(request))
    }
    override apply(changes: Change[], request?: ClaimRequest): Promise<Answer> {
      return super.apply(changes, request && change(request))
    }
  }
}

/** Shows records otherwise than they are. */
function showing(change: (record: JobRecord, details: JobDetails) => JobRecord): typeof ModelEngine {
  return class extends ModelEngine {
    override async get(ids: string[], include?: Include): Promise<(JobDetails | Tombstone | null)[]> {
      const all = await super.get(ids, { ...include, timeline: true })
      return all.map((one) => (one && !isGone(one) ? { ...one, record: change(one.record, one) } : one))
    }
  }
}

class AtomicIgnored extends ModelEngine {
  override insert(jobs: NewJob[]): Promise<Inserted[]> {
    return super.insert(jobs)
  }
}

class NotesUnfenced extends ModelEngine {
  override note(notes: Note[]): Promise<(number | 'lost')[]> {
    return super.note(notes.map((one) => ({ ...one, fence: this.store.jobs.get(one.id)?.record.fence ?? 0 })))
  }
}

class AnyWorkerRenews extends ModelEngine {
  override extend(request: ExtendRequest): Promise<Extended> {
    const holder = this.store.leases.get(request.leases[0]?.fence ?? 0)?.workerId
    return super.extend({ ...request, workerId: holder ?? request.workerId })
  }
}

class NeverTold extends ModelEngine {
  override async extend(request: ExtendRequest): Promise<Extended> {
    return { ...(await super.extend(request)), cancel: [] }
  }
}

class OneFence extends ModelEngine {
  override claim(request: ClaimRequest): Promise<Claimed> {
    this.store.fence = 0
    return super.claim(request)
  }
}

class PurgesEarly extends ModelEngine {
  override async purge(limit: number, id?: string): Promise<number> {
    for (const { record } of this.store.all()) if (id === undefined) await super.purge(1, record.id)
    return super.purge(limit, id)
  }
}

class LeavesNoTombstone extends ModelEngine {
  override async purge(limit: number, id?: string): Promise<number> {
    const purged = await super.purge(limit, id)
    this.store.tombstones.clear()
    return purged
  }
}

class LastWriteWins extends ModelEngine {
  override putDoc(kind: string, key: string, body: Doc['body'] | null): Promise<boolean> {
    return super.putDoc(kind, key, body, null)
  }
}

class ForgetsSteps extends ModelEngine {
  override apply(changes: Change[], claim?: ClaimRequest): Promise<Answer> {
    return super.apply(
      changes.map(({ steps: _, ...change }) => change),
      claim,
    )
  }
}

class KeepsSteps extends ModelEngine {
  override apply(changes: Change[], claim?: ClaimRequest): Promise<Answer> {
    return super.apply(
      changes.map(({ dropSteps: _, ...change }) => change),
      claim,
    )
  }
}

class WaitsForEver extends ModelEngine {
  override async due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return (await super.due(kind, limit)).filter(({ status }) => status !== 'waiting')
  }
}

class NobodyLeads extends ModelEngine {
  override lead(role: string, _holder: string, ttlMs: number): Promise<boolean> {
    return super.lead(role, 'everybody', ttlMs)
  }
}

class CountsItself extends ModelEngine {
  override async ahead(ids: string[]): Promise<(number | null)[]> {
    return (await super.ahead(ids)).map((n) => (n === null ? null : n + 1))
  }
}

class NeverLate extends ModelEngine {
  override due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return kind === 'cancel' ? Promise.resolve([]) : super.due(kind, limit)
  }
}

class LosesHistory extends ModelEngine {
  override async apply(changes: Change[], request?: ClaimRequest): Promise<Answer> {
    const answer = await super.apply(changes, request)
    for (const { id, to } of changes) if (to === 'scheduled') this.store.jobs.get(id)?.timeline.pop()
    return answer
  }
}

class KeepsItsRev extends ModelEngine {
  override async apply(changes: Change[], request?: ClaimRequest): Promise<Answer> {
    const answer = await super.apply(changes, request)
    for (const { id } of changes) {
      const kept = this.store.jobs.get(id)
      if (kept && isEnd(kept.record.status)) kept.record.rev--
    }
    return answer
  }
}

class ShowsHeartbeats extends ModelEngine {
  override extend(request: ExtendRequest): Promise<Extended> {
    for (const { fence } of request.leases) for (const { record } of this.store.leasedUnder(fence)) record.rev++
    return super.extend(request)
  }
}

class ForgetsInput extends ModelEngine {
  override apply(changes: Change[], request?: ClaimRequest): Promise<Answer> {
    return super.apply(
      changes.map(({ input: _, ...change }) => change),
      request,
    )
  }
}

class ServesPaused extends ModelEngine {
  override async claim(request: ClaimRequest): Promise<Claimed> {
    const docs = [...this.store.docs]
    this.store.docs.clear()
    const claimed = await super.claim(request)
    for (const [place, doc] of docs) this.store.docs.set(place, doc)
    return claimed
  }
}

class FirstPageOnly extends ModelEngine {
  override list({ after: _, ...request }: ListRequest): Promise<ListPage> {
    return super.list(request)
  }
}

class QueuesInFront extends ModelEngine {
  override async apply(changes: Change[], request?: ClaimRequest): Promise<Answer> {
    const answer = await super.apply(changes)
    for (const { id } of changes) {
      const kept = this.store.jobs.get(id)
      if (kept?.record.status === 'pending') kept.ticket = 0
    }
    return request ? super.apply([], request).then(({ claimed }) => ({ ...answer, claimed })) : answer
  }
}

class RestoresOver extends ModelEngine {
  override restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
    for (const { record } of jobs) this.store.jobs.delete(record.id)
    return super.restore(jobs)
  }
}

let fresh = 0

/** Name of the guard → the engine without it. */
export const mutants: Record<string, typeof ModelEngine> = {
  'the fence on outcomes': withoutExpect('fence'),
  'the rev on decisions': withoutExpect('rev'),
  'the cancel flag': withoutExpect('cancelRequested'),
  'the lease’s end at a rescue': withoutExpect('leaseExpired'),
  'the fence on notes': NotesUnfenced,
  'the owner of a lease': AnyWorkerRenews,
  'fences that rise': OneFence,
  'the claim id': claiming((request) => ({ ...request, claimId: `${++fresh}` })),
  'the look at what has been recorded': withoutExpect('withoutSteps'),
  'the steps of a change': ForgetsSteps,
  'the steps that a change forgets': KeepsSteps,
  'the end of a wait': WaitsForEver,
  'held jobs': claiming((request) => ({ ...request, begins: request.max })),
  'the order of queues': claiming((request) => ({ ...request, queues: request.queues.toSorted() })),
  'idempotency keys': inserting((job) => ({ ...job, idempotency: null })),
  holds: inserting(({ holds: _, ...job }) => job),
  'holds that end with their job': insertingHolds((hold) => ({ ...hold, ms: hold.ms ?? 1e12 })),
  'strict holds': insertingHolds((hold) => ({ ...hold, strict: false })),
  'the content of a key': inserting((job) => ({
    ...job,
    idempotency: job.idempotency && { ...job.idempotency, hash: '' },
  })),
  'the ids of the dead': inserting((job) => ({ ...job, idGiven: false })),
  'the cap of a queue': inserting((job) => ({ ...job, maxPending: null })),
  'all or none': AtomicIgnored,
  'the back of the queue': QueuesInFront,
  priorities: inserting((job) => ({ ...job, spec: { ...job.spec, priority: 5 } })),
  'the pause of a queue': ServesPaused,
  'a place in the queue': CountsItself,
  'a rev for ends': KeepsItsRev,
  'heartbeats that show nowhere': ShowsHeartbeats,
  'the input of a retry': ForgetsInput,
  'pages that go on': FirstPageOnly,
  'a rev for notes': showing((record, { timeline = [] }) => ({ ...record, rev: timeline.at(-1)?.seq ?? record.rev })),
  'progress that never falls': showing((record) => ({
    ...record,
    progress: record.progress && record.progress / record.rev,
  })),
  'the whole story': LosesHistory,
  'a worker that hears of a cancel': NeverTold,
  'the end of the grace': NeverLate,
  retention: PurgesEarly,
  tombstones: LeavesNoTombstone,
  'the rev of a document': LastWriteWins,
  'one leader': NobodyLeads,
  'the jobs that are here already': RestoresOver,
}
