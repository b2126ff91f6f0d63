// A job as one line of text with a bar: `▕██████░░░░░░▏ 45 %  EXTRACTING  page 12 of 80  about 40 s left`. Pure.
import { remaining } from '../client/estimate.ts'
import type { Job } from '../client/views.ts'
import { spokenDuration } from '../lib/duration.ts'
import { paint, plainText, type Terminal } from './terminal.ts'
import { cut, widthOf } from './width.ts'

/**
 * Never wider than the terminal; what was written by others is stripped of control characters. `ageMs`: how long ago this
 * view of the job came.
 */
export function barLine(job: Job, terminal: Pick<Terminal, 'columns' | 'colour'>, ageMs = 0): string {
  const head = cut(
    job.status === 'processing' ? barOf(job, barWidth(terminal.columns), ageMs) : mark(job),
    lineWidth(terminal),
  )
  const words = [job.status === 'completed' ? null : job.stage, wordsOf(job), leftText(job, ageMs)]
    .filter((word) => word !== null && word !== '')
    .join('  ')
  const text = cut(plainText(words), lineWidth(terminal) - widthOf(head) - 2)
  return paint(terminal, colourOf(job), head) + (text === '' ? '' : `  ${text}`)
}

// One column stays free: a line that fills the last one makes some terminals go to the next.
function lineWidth({ columns }: Pick<Terminal, 'columns'>): number {
  return Math.max(1, columns - 1)
}

export function barWidth(columns: number): number {
  return Math.min(24, Math.max(4, Math.floor(columns / 3)))
}

/** Null: nobody knows how far it is. `guessed`: the job says nothing, other runs of its type tell. */
export function bar(progress: number | null, width: number, guessed = false): string {
  const share = progress ?? 0
  const full = Math.floor(share * width)
  const digits = `${guessed ? '~' : ''}${Math.floor(share * 100)}`
  const percent = progress === null ? '  … ' : `${digits.padStart(3)} %`
  return `▕${'█'.repeat(full)}${'░'.repeat(width - full)}▏${percent}`
}

function barOf(job: Job, width: number, ageMs: number): string {
  return bar(remaining(job, ageMs)?.progress ?? job.progress, width, job.progress === null)
}

function leftText(job: Job, ageMs: number): string | null {
  const rest = job.status === 'processing' ? remaining(job, ageMs) : null
  if (rest === null || job.cancelRequestedAt !== null) return null
  return rest.leftMs === null ? 'longer than usual' : `about ${spokenDuration(Math.max(1_000, rest.leftMs))} left`
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
