// What a character is: the fields that somebody fills in, the checks they must pass, and the row that is kept.
import { z } from 'zod'

/** The art styles on offer; `portrait/draw.ts` knows how each is drawn. */
export const artStyles = ['storybook', 'ink', 'sketch', 'pixel'] as const

export type ArtStyle = (typeof artStyles)[number]

const text = (field: string, longest: number) =>
  z
    .string(`${field} is missing`)
    .trim()
    .min(1, `${field} is missing`)
    .max(longest, `${field} may have ${longest} characters`)

/** Forms send numbers as text. */
const number = (field: string, least: number, most: number) => {
  const fault = `${field} must be a whole number from ${least} to ${most}`
  const written = z
    .string()
    .regex(/^\s*\d+\s*$/, fault)
    .transform(Number)
  return z.union([z.number(fault), written], fault).pipe(z.int(fault).min(least, fault).max(most, fault))
}

/** What a form or a JSON body must hold. */
export const newCharacter = z.object({
  user_id: number('user_id', 0, 2_147_483_647),
  name: text('name', 100),
  age: number('age', 0, 150),
  gender: text('gender', 20),
  personality_profile: z.string().trim().max(50, 'personality_profile may have 50 characters').nullish(),
  art_style: z.enum(artStyles, `art_style must be one of ${artStyles.join(', ')}`).default('storybook'),
})

export type NewCharacter = z.infer<typeof newCharacter>

export interface Character extends NewCharacter {
  id: number
  /** Set once the portrait is stored. */
  character_image_url: string | null
  created_at: string
}

/** How jobs name the character they work for: "the newest job about character:42" is its generation status. */
export const subjectOf = (id: number): string => `character:${id}`
