// Every state of the element beside its name, for the pictures of the guide (screenshots.ts).
import '../../../src/element/index.ts'
import type { Job } from '../../../src/client/index.ts'
import type { Connection } from '../../../src/page/snapshot.ts'
import { aJob } from '../../../src/page/page.fixture.ts'

const soon = (ms: number) => new Date(Date.now() + ms).toISOString()
const running: Partial<Job> = {
  status: 'processing',
  progress: 0.62,
  progressMessage: 'Generating images',
  counts: { done: 5, total: 8, unit: 'image' },
}

const states: [name: string, job: Partial<Job>, connection?: Connection][] = [
  ['waiting', { waitText: '3 jobs of yours are running; the limit is 3' }],
  ['running', running],
  ['running, progress unknown', { status: 'processing', progressMessage: 'Uploading the film' }],
  [
    'retrying',
    { status: 'scheduled', waitReason: 'retry', attempt: 1, maxAttempts: 3, progress: 0.4, runAt: soon(41_400) },
  ],
  ['connection lost', running, 'offline'],
  ['done', { status: 'completed', progress: 1, durationMs: 94_000 }],
  [
    'failed',
    {
      status: 'failed',
      progress: 0.4,
      error: { code: 'x', message: 'This PDF is protected by a password.', retryable: false, ref: 'err_7k2m9q' },
    },
  ],
  ['cancelled', { status: 'cancelled', progress: 0.3, cancelReason: 'no longer needed' }],
]

for (const [name, job, connection = 'live'] of states) {
  const row = document.createElement('section')
  const title = document.createElement('h2')
  title.textContent = name
  const element = document.createElement('waybill-progress')
  row.append(title, element)
  document.body.append(row)
  const estimate = name === 'running' ? { progress: 0.6, endsAt: soon(12_400), durationMs: 30_000, samples: 50 } : null
  element.show({ value: Object.assign(aJob(job), { estimate }), connection, error: null })
}
