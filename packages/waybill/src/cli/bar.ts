// A job as one line of text with a bar: `▕██████░░░░░░▏ 45 %  EXTRACTING  page 12 of 80`. Pure.
import type { Job } from '../client/views.ts'
import { paint, type Terminal } from './terminal.ts'

const barWidth = 24

export function barLine(job: Job, terminal: Pick<Terminal, 'columns' | 'colour'>): string {
  const head = job.status === 'processing' ? bar(job.progress) : mark(job)
  const words = [job.stage, wordsOf(job)].filter((word) => word !== null && word !== '').join('  ')
  const room = Math.max(0, terminal.columns - head.length - 3)
  const text = words.length > room ? `${words.slice(0, Math.max(0, room - 1))}…` : words
  return `${paint(terminal, colourOf(job), head)}  ${text}`
}

function bar(progress: number | null): string {
  const share = progress ?? 0
  const full = Math.floor(share * barWidth)
  const percent = progress === null ? '  … ' : `${String(Math.floor(share * 100)).padStart(3)} %`
  return `▕${'█'.repeat(full)}${'░'.repeat(barWidth - full)}▏${percent}`
}

function mark(job: Job): string {
  const marks: Record<string, string> = { completed: '✔ completed', failed: '✖ failed', cancelled: '■ cancelled' }
  return marks[job.status] ?? `… ${job.status}`
}

function wordsOf(job: Job): string | null {
  if (job.status === 'failed') return job.error?.message ?? null
  if (job.status === 'cancelled') return job.cancelReason
  if (job.status === 'processing')
    return job.cancelRequestedAt === null ? job.progressMessage : 'cancel asked for; stopping'
  return job.status === 'completed' ? durationOf(job) : job.waitText
}

function durationOf({ durationMs }: Job): string | null {
  return durationMs === null ? null : `in ${(durationMs / 1_000).toFixed(1)} s`
}

function colourOf({ status }: Job): 'green' | 'red' | 'yellow' | 'cyan' | 'dim' {
  if (status === 'completed') return 'green'
  if (status === 'failed') return 'red'
  return status === 'processing' ? 'cyan' : status === 'cancelled' ? 'yellow' : 'dim'
}
