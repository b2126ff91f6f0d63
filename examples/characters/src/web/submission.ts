// What somebody sends to make a character: a form, or the JSON that programs send. Everything that can be wrong with it is
// said here, in a sentence, before anything is stored.
import { readFile, realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { newCharacter, type NewCharacter } from '../character.ts'
import { faultOf } from '../portrait/photo.ts'

export interface Submission {
  given: NewCharacter
  photo: Buffer | null
}

/** The sender can put it right; `message` says how. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** Fields of a form or members of a JSON body. `photos`: the folder that `reference_photo_path` may lead into. */
export async function readSubmission(fields: Record<string, unknown>, photos: string | undefined): Promise<Submission> {
  const read = newCharacter.safeParse(fields)
  if (!read.success) throw new Refused(read.error.issues.map((issue) => issue.message).join('; '))
  return { given: read.data, photo: await photoOf(fields, photos) }
}

/** The uploaded photo, or the one at `reference_photo_path`; null when there is none. */
export async function photoOf(fields: Record<string, unknown>, photos?: string): Promise<Buffer | null> {
  const { reference_photo: upload, reference_photo_path: path } = fields
  if (upload instanceof File && upload.size > 0) return checked(Buffer.from(await upload.arrayBuffer()))
  if (path === undefined || path === null || path === '') return null
  return checked(await photoAt(z.string('reference_photo_path must be text').parse(path), photos))
}

function checked(photo: Buffer): Buffer {
  const fault = faultOf(photo)
  if (fault !== null) throw new Refused(fault)
  return photo
}

async function photoAt(path: string, photos: string | undefined): Promise<Buffer> {
  if (photos === undefined)
    throw new Refused('reference_photo_path is not taken here: set CHARACTERS_PHOTOS to the folder of uploaded photos')
  const folder = await realpath(photos)
  const file = await realpath(resolve(folder, path)).catch(() => null)
  if (file === null || relative(folder, file).split(sep)[0] === '..')
    throw new Refused('reference_photo_path leads to no file in the folder of uploaded photos')
  return readFile(file)
}
