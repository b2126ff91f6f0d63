// The status table: every way a job may move, and nothing else. The decider and the model both read it.

export type EndStatus = 'completed' | 'failed' | 'cancelled'
export type Status = 'scheduled' | 'pending' | 'waiting' | 'processing' | EndStatus

/** Why a job that is not running is not running. `paused`, `concurrency` and `no_worker` are found when read, not stored. */
export const waitReasons = [
  'delay',
  'retry',
  'rate_limit',
  'paused',
  'concurrency',
  'no_worker',
  'children',
  'signal',
] as const
export type WaitReason = (typeof waitReasons)[number]

export const statuses: readonly Status[] = [
  'scheduled',
  'pending',
  'waiting',
  'processing',
  'completed',
  'failed',
  'cancelled',
]

/*
              ┌────────── retry, sleep, rate ──────────┐
   insert ─▶ scheduled ──due──▶ pending ──claim──▶ processing ──▶ completed
     │           │                ▲ ▲ │                │ │ └────▶ failed
     └───────────┼────────────────┘ │ └─ cancel ─┐     │ └──────▶ cancelled
                 │      release, loss            ▼     ▼ children, signal
                 └────── cancel ──────────▶ cancelled  waiting ──▶ pending
   An end state is left only by an explicit retry (▶ pending).
*/
const moves: Record<Status, readonly Status[]> = {
  scheduled: ['pending', 'cancelled', 'failed', 'scheduled'],
  pending: ['processing', 'cancelled', 'failed', 'scheduled', 'pending'],
  waiting: ['pending', 'cancelled', 'failed', 'waiting'],
  processing: ['completed', 'failed', 'cancelled', 'scheduled', 'pending', 'waiting', 'processing'],
  completed: ['pending'],
  failed: ['pending'],
  cancelled: ['pending'],
}

/**
 * True when the table has the move. A status to itself is a change that leaves the job where it is: a cancel flag while it
 * runs, a part that has ended while it waits for others, a signal that comes before its wait, a new time (debounce).
 */
export function canMove(from: Status, to: Status): boolean {
  return moves[from].includes(to)
}

export function isEnd(status: Status): status is EndStatus {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

export function isStatus(text: string): text is Status {
  return statuses.some((status) => status === text)
}
