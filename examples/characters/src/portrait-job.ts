// The job `character.portrait`: draws one character and stores the pictures. What it says of its progress is what the
// page shows; an error that the owner can put right reaches them as a sentence.
import { defineJob, NonRetryableError, type JobContext, type JobDefinition } from 'waybill'
import { z } from 'zod'
import { sides, type Characters } from './characters.ts'
import { paint, sketch } from './portrait/draw.ts'

const portraitInput = z.object({ character_id: z.number().int() })

type PortraitInput = z.infer<typeof portraitInput>
type Portrait = { character_image_url: string }

export function portraitJob(characters: Characters): JobDefinition<PortraitInput, Portrait> {
  return defineJob({
    type: 'character.portrait',
    input: portraitInput,
    queue: 'character_generation',
    timeout: '30m',
    retry: { attempts: 3, backoff: '2s' },
    run: (ctx) => run(ctx, characters),
  })
}

async function run(ctx: JobContext<PortraitInput>, characters: Characters): Promise<Portrait> {
  const id = ctx.input.character_id
  const sitter = await characters.find(id)
  if (sitter === null) throw new NonRetryableError(`there is no character ${id}`)

  say(ctx, 0.05, `Looking at ${sitter.name}...`)
  const drawing = await sketch(sitter, await characters.photo(id))

  const portraits: { side: number; png: Buffer }[] = []
  for (const [i, side] of Object.values(sides).entries()) {
    say(ctx, [0.2, 0.75][i] ?? 0.75, `Painting ${side} × ${side} pixels...`)
    portraits.push({ side, png: await paint(drawing, side) })
  }

  say(ctx, 0.95, 'Hanging the portrait...')
  await characters.keepPortrait(id, portraits)
  return { character_image_url: `/characters/${id}/portrait.png` }
}

/** Also the moment to stop, when the job has been cancelled, has run out of time or its worker is leaving. */
function say(ctx: JobContext<PortraitInput>, fraction: number, message: string): void {
  ctx.signal.throwIfAborted()
  ctx.progress(fraction, message)
}
