// Where the application and Waybill meet: a character and its job are one commit, its generation status is read off the
// newest job about it, and a failed job runs again. There is nothing else to keep in step.
import type { Job, JobDefinition, Waybill } from 'waybill'
import { subjectOf, type Character, type NewCharacter } from './character.ts'
import type { Characters } from './characters.ts'

/** What clients are told, in the words that they know. */
export interface GenerationStatus {
  character_id: number
  generation_status: 'pending' | 'generating' | 'completed' | 'failed'
  progress_percentage: number
  progress_message: string
  created_at: string
  generation_started: string | null
}

export interface GenerationParts {
  waybill: Waybill
  characters: Characters
  job: JobDefinition<{ character_id: number }>
}

export class Generation {
  readonly #parts: GenerationParts

  constructor(parts: GenerationParts) {
    this.#parts = parts
  }

  /** Both the character and its job are there when this resolves, or neither. */
  async create(given: NewCharacter, photo: Buffer | null): Promise<number> {
    return this.#parts.characters.create(given, photo, (id, tx) => this.#enqueue({ ...given, id }, { tx }))
  }

  /** Null when there is no such character. */
  async status(id: number): Promise<GenerationStatus | null> {
    const character = await this.#parts.characters.find(id)
    return character && statusOf(character, await this.#newestJob(id))
  }

  /** The status as it is, and then at every change until the end. */
  async *watch(id: number, signal: AbortSignal): AsyncGenerator<GenerationStatus, void, undefined> {
    const [character, job] = await Promise.all([this.#parts.characters.find(id), this.#newestJob(id)])
    if (!character) return
    if (!job) yield statusOf(character, null)
    else for await (const seen of this.#parts.waybill.watch(job.id, { signal })) yield statusOf(character, seen)
  }

  /** Runs the failed job again; a job that was removed after its retention is enqueued anew. */
  async retry(character: Character): Promise<void> {
    const job = await this.#newestJob(character.id)
    if (job === null) await this.#enqueue(character)
    else if (job.status === 'failed' || job.status === 'cancelled') await this.#parts.waybill.retry(job.id)
  }

  #enqueue({ id, user_id, name }: Pick<Character, 'id' | 'user_id' | 'name'>, within: { tx?: unknown } = {}) {
    const { waybill, job } = this.#parts
    const about = { subject: subjectOf(id), userId: String(user_id), title: `Portrait of ${name}` }
    return waybill.enqueue(job, { character_id: id }, { ...about, ...within })
  }

  async #newestJob(id: number): Promise<Job | null> {
    const { jobs } = await this.#parts.waybill.list({ subject: subjectOf(id) }, { limit: 1 })
    return jobs[0] ?? null
  }
}

type Told = Pick<GenerationStatus, 'generation_status' | 'progress_percentage' | 'progress_message'>

function statusOf(character: Character, job: Job | null): GenerationStatus {
  return {
    character_id: character.id,
    ...(job ? toldOf(job) : withoutJob(character)),
    created_at: character.created_at,
    generation_started: job?.startedAt ? new Date(job.startedAt).toISOString() : null,
  }
}

function toldOf({ status, progress, progressMessage, error }: Job): Told {
  if (status === 'completed') return completed
  if (status === 'failed') return failed(error?.message ?? 'The job failed.')
  if (status === 'cancelled') return failed('It was cancelled.')
  if (status === 'processing')
    return told('generating', (progress ?? 0) * 100, progressMessage ?? 'Generating character image...')
  return told('pending', 0, '')
}

// Jobs are removed some time after their end; portraits stay.
const withoutJob = (character: Character): Told => (character.character_image_url ? completed : told('pending', 0, ''))

const told = (
  generation_status: Told['generation_status'],
  progress_percentage: number,
  progress_message: string,
): Told => ({ generation_status, progress_percentage, progress_message })
const completed = told('completed', 100, 'Character generation completed')
const failed = (why: string): Told => told('failed', 0, `Generation failed: ${why}`)
