// Characters as programs make them and ask after them, over HTTP.

export interface Status {
  character_id: number
  generation_status: string
  progress_percentage: number
  progress_message: string
  created_at: string
  generation_started: string | null
}

export const mira = { user_id: 7, name: 'Mira', age: 31, gender: 'woman', personality_profile: 'curious' }

/** What the form sends. */
export function formOf(fields: object, photo?: Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value))
  if (photo) form.set('reference_photo', new Blob([photo]), 'photo.png')
  return form
}

export interface Answer {
  status: number
  body: { error?: string; message?: string; character?: { id: number } }
}

export async function create(url: string, body: FormData | object): Promise<Answer> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await fetch(`${url}/api/characters`, {
    method: 'POST',
    ...(body instanceof FormData ? { body } : json),
  })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

export async function created(url: string, body: FormData | object): Promise<number> {
  const { status, body: told } = await create(url, body)
  if (!told.character) throw new Error(`${status}: ${told.error}`)
  return told.character.id
}

export async function statusOf(url: string, id: number): Promise<Status> {
  return (await (await fetch(`${url}/api/characters/${id}/generation-status`)).json()) as Status
}

/** Every status that is told live until the first one that `last` is true of; by default until the end. */
export async function followed(url: string, id: number, last: (status: Status) => boolean = isEnd): Promise<Status[]> {
  const answer = await fetch(`${url}/api/characters/${id}/generation-events`)
  const seen: Status[] = []
  let text = ''
  for await (const part of (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    const events = `${text}${part}`.split('\n\n')
    text = events.pop() ?? ''
    seen.push(...events.map((event) => JSON.parse(event.replace(/^data: /, '')) as Status))
    if (seen.some(last)) break
  }
  return seen
}

const isEnd = ({ generation_status: status }: Status): boolean => status === 'completed' || status === 'failed'
