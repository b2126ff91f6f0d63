// The characters, their photos and portraits: every statement of the application stands here.
import { z } from 'zod'
import { artStyles, type Character, type NewCharacter } from './character.ts'
import type { Database, Row } from './database/database.ts'

/** The portrait to look at, and the one for lists. Pixels a side. */
export const sides = { print: 1024, thumbnail: 256 } as const

const character = z.object({
  id: z.number(),
  user_id: z.number(),
  name: z.string(),
  age: z.number(),
  gender: z.string(),
  personality_profile: z.string().nullable(),
  art_style: z.enum(artStyles),
  character_image_url: z.string().nullable(),
  created_at: z.coerce.date().transform((date) => date.toISOString()),
})

const columns = Object.keys(character.shape).join(', ')

export class Characters {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Stores a character. `alongside` belongs to the same transaction: what it enqueues with `tx` is committed too, or nothing is. */
  async create(
    given: NewCharacter,
    photo: Buffer | null,
    alongside: (id: number, tx: unknown) => Promise<unknown>,
  ): Promise<number> {
    const { user_id, name, age, gender, personality_profile = null, art_style } = given
    return this.#database.transaction(async ({ rows, tx }) => {
      const made = await rows(
        `INSERT INTO characters
           (user_id, name, age, gender, personality_profile, art_style, reference_photo, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id`,
        [user_id, name, age, gender, personality_profile, art_style, photo, new Date().toISOString()],
      )
      const id = z.number().parse(made[0]?.['id'])
      await alongside(id, tx)
      return id
    })
  }

  async find(id: number): Promise<Character | null> {
    const [row] = await this.#database.rows(`SELECT ${columns} FROM characters WHERE id = $1`, [id])
    return row ? character.parse(row) : null
  }

  async newest(): Promise<Character[]> {
    const rows = await this.#database.rows(`SELECT ${columns} FROM characters ORDER BY id DESC LIMIT 60`)
    return rows.map((row) => character.parse(row))
  }

  async photo(id: number): Promise<Buffer | null> {
    const rows = await this.#database.rows('SELECT reference_photo FROM characters WHERE id = $1', [id])
    return bytesOf(rows[0], 'reference_photo')
  }

  async replacePhoto(id: number, photo: Buffer): Promise<void> {
    await this.#database.rows('UPDATE characters SET reference_photo = $2, updated_at = $3 WHERE id = $1', [
      id,
      photo,
      new Date().toISOString(),
    ])
  }

  /** Stores a portrait; done again it changes nothing, as jobs need it that may be attempted more than once. */
  async keepPortrait(id: number, portraits: { side: number; png: Buffer }[]): Promise<void> {
    await this.#database.transaction(async ({ rows }) => {
      for (const { side, png } of portraits)
        await rows(
          `INSERT INTO character_portraits (character_id, side, png) VALUES ($1, $2, $3)
           ON CONFLICT (character_id, side) DO UPDATE SET png = excluded.png`,
          [id, side, png],
        )
      await rows('UPDATE characters SET character_image_url = $2, updated_at = $3 WHERE id = $1', [
        id,
        `/characters/${id}/portrait.png`,
        new Date().toISOString(),
      ])
    })
  }

  async portrait(id: number, side: number): Promise<Buffer | null> {
    const sql = 'SELECT png FROM character_portraits WHERE character_id = $1 AND side = $2'
    return bytesOf((await this.#database.rows(sql, [id, side]))[0], 'png')
  }
}

function bytesOf(row: Row | undefined, column: string): Buffer | null {
  const bytes = row?.[column]
  return bytes instanceof Uint8Array ? Buffer.from(bytes) : null
}
