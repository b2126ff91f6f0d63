// The SQLite engine: the embedded default. One file, any number of processes; every verb in a file of its own, this one
// joins them to the connection, the group commit and the hints.
import type {
  Capabilities,
  Claimed,
  ClaimRequest,
  Doc,
  DueKind,
  Engine,
  EngineHealth,
  EngineOptions,
  Extended,
  ExtendRequest,
  Hint,
  Include,
  Inserted,
  JobDetails,
  JobFilter,
  ListPage,
  ListRequest,
  NewJob,
  Note,
  QueueRow,
  SavedJob,
  Tombstone,
  WorkerInfo,
  WorkerRow,
} from '../../engine/engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import type { JobRecord, LogLine } from '../../job/record.ts'
import type { Status } from '../../job/status.ts'
import { pause, systemClock, type Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ahead } from './ahead.ts'
import { apply } from './apply.ts'
import { claim } from './claim.ts'
import { Commits, storeError } from './commit.ts'
import { isBusy, type Db } from './db.ts'
import { lead, putDoc } from './docs.ts'
import { due } from './due.ts'
import { enrol, extend } from './extend.ts'
import { Health } from './health.ts'
import { Hints } from './hints.ts'
import { insert, Refused } from './insert.ts'
import { count, list } from './list.ts'
import { foundLayout, migrate, wantedLayout } from './migrate.ts'
import { note } from './note.ts'
import { purge } from './purge.ts'
import { docRows, getOne, queueRows, revOne, workerRows } from './read.ts'
import { restore } from './restore.ts'
import { logsOf } from './steps.ts'
import { Tx } from './tx.ts'
import { insertWithin } from './within.ts'

/** How long a read waits for a lock that is held for an instant (recovery, the last close). */
const readPatience = 2_000

export class SqliteEngine implements Engine {
  readonly can: Capabilities
  readonly #db: Db
  readonly #path: string | null
  readonly #clock: Clock
  readonly #now: () => number
  readonly #tx: Tx
  readonly #commits: Commits
  readonly #hints: Hints
  readonly #health: Health
  readonly #durability: EngineHealth['durability']
  #own = 0

  /** `path` is null for a database in memory. */
  constructor(db: Db, path: string | null, durability: EngineHealth['durability'], options: EngineOptions) {
    this.can = { stamp: true, shared: path !== null, remote: false }
    this.#db = db
    this.#path = path
    this.#clock = systemClock
    const { clockOffset = () => 0, now = () => systemClock.now() + clockOffset() } = options
    this.#now = now
    this.#durability = durability
    this.#tx = new Tx(db)
    this.#hints = new Hints(path, this.#clock, () => this.#version())
    this.#commits = new Commits(db, this.#clock, {
      begun: () => this.#tx.begin(this.now()),
      ending: () => this.#tx.counters.write(),
      committed: () => this.#committed(),
      undone: () => this.#tx.undone(),
      failed: () => this.#health.failed(),
    })
    this.#health = new Health({ db, path, clock: this.#clock, write: (run) => this.#commits.write(run) })
  }

  // ── writes ──

  insert(jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    if (jobs.length === 0) return Promise.resolve([])
    const stored = this.#commits.write(() => insert(this.#tx, jobs, options.atomic === true))
    return stored.catch((error: unknown) => {
      if (error instanceof Refused) return error.answers
      throw error
    })
  }

  async insertIn(tx: unknown, jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    return insertWithin(tx, this.#path, jobs, options.atomic === true, this.now())
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    return this.#commits.write(() => claim(this.#tx, request))
  }

  apply(changes: Change[], request?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    return this.#commits.write(() => {
      const applied = apply(this.#tx, changes)
      return { applied, claimed: request ? claim(this.#tx, request) : null }
    })
  }

  extend(request: ExtendRequest): Promise<Extended> {
    return this.#commits.write(() => extend(this.#tx, request))
  }

  note(notes: Note[]): Promise<(number | 'lost')[]> {
    return this.#commits.write(() => note(this.#tx, notes))
  }

  enrol(worker: WorkerInfo, ttlMs: number): Promise<void> {
    return this.#commits.write(() => enrol(this.#tx, worker, ttlMs))
  }

  purge(limit: number, id?: string): Promise<number> {
    return this.#commits.write(() => purge(this.#tx, limit, id))
  }

  putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean> {
    return this.#commits.write(() => putDoc(this.#tx, kind, key, body, expectRev))
  }

  lead(role: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#commits.write(() => lead(this.#tx, role, holder, ttlMs))
  }

  restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
    return this.#commits.write(() => restore(this.#tx, jobs))
  }

  // ── reads ──

  now(): number {
    return this.#now()
  }

  get(ids: string[], include: Include = {}): Promise<(JobDetails | Tombstone | null)[]> {
    return this.#read(() => ids.map((id) => getOne(this.#db, id, include, this.now())))
  }

  revs(ids: string[]): Promise<(number | null)[]> {
    return this.#read(() => ids.map((id) => revOne(this.#db, id)))
  }

  ahead(ids: string[]): Promise<(number | null)[]> {
    return this.#read(() => ahead(this.#db, ids))
  }

  list(request: ListRequest): Promise<ListPage> {
    return list((run) => this.#read(() => run(this.#db)), request)
  }

  count(filter: JobFilter): Promise<Record<Status, number>> {
    return this.#read(() => count(this.#db, filter))
  }

  logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    return this.#read(() => logsOf(this.#db, id, after, limit))
  }

  queues(): Promise<QueueRow[]> {
    return this.#read(() => queueRows(this.#db))
  }

  workers(): Promise<WorkerRow[]> {
    return this.#read(() => workerRows(this.#db, this.now()))
  }

  docs(kind: string, key?: string): Promise<Doc[]> {
    return this.#read(() => docRows(this.#db, kind, key))
  }

  due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return this.#read(() => due(this.#db, kind, limit, this.now()))
  }

  stamp(): number {
    return this.#version() + this.#own
  }

  hearing(): null {
    return null
  }

  watch(listener: (hint: Hint) => void): () => void {
    return this.#hints.add(listener)
  }

  async health(): Promise<EngineHealth> {
    return { kind: 'sqlite', durability: this.#durability, problem: await this.#health.problem() }
  }

  // ── the whole ──

  migrate(): Promise<{ from: number; to: number }> {
    return this.#commits.write(() => migrate(this.#db))
  }

  schema(): Promise<{ found: number; wanted: number }> {
    return this.#read(() => ({ found: foundLayout(this.#db), wanted: wantedLayout }))
  }

  /** Caps the file's size in pages; a full disk, for tests. */
  limitPages(pages: number): void {
    this.#db.exec(`PRAGMA max_page_count = ${Math.trunc(pages)}`)
  }

  async close(): Promise<void> {
    await this.#commits.close()
    this.#hints.stop()
    this.#db.close()
  }

  // Reads are synchronous and never blocked by writers; the rare lock is tried again.
  async #read<T>(run: () => T): Promise<T> {
    const deadline = this.#clock.now() + readPatience
    for (;;) {
      try {
        return run()
      } catch (error) {
        if (!isBusy(error) || this.#clock.now() > deadline) throw storeError(error)
      }
      await pause(this.#clock, 2, undefined, true)
    }
  }

  #version(): number {
    return this.#db.number('PRAGMA data_version')
  }

  #committed(): void {
    this.#own++
    this.#health.written()
    if (this.#hints.wanted) {
      const news = this.#tx.news()
      if (news.ids.length > 0 || news.queues.length > 0) this.#hints.tell(news)
    }
    this.#tx.forget()
  }
}
