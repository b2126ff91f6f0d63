// What cannot be seen from outside: that those who share a connection, or start together, do not get in each other's way.
import { setImmediate as turn } from 'node:timers/promises'
import { join } from 'node:path'
import { freshDatabase } from '@waybill/servers'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/database/open.ts'
import { ownFolder } from './app.fixture.ts'

test('SQLite: transactions take turns, and one that throws leaves nothing behind', async () => {
  const database = await openDatabase(`sqlite:${join(ownFolder(), 'characters.db')}`)
  await database.rows('CREATE TABLE notes (text TEXT)')
  const note = (text: string, fault?: Error) =>
    database.transaction(async ({ rows }) => {
      await rows('INSERT INTO notes VALUES ($1)', [text])
      await turn()
      if (fault) throw fault
    })
  const notes = [note('one'), note('two', new Error('no')), note('three')]
  expect((await Promise.allSettled(notes)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await database.rows('SELECT text FROM notes')).toEqual([{ text: 'one' }, { text: 'three' }])
  await database.close()
})

test('PostgreSQL: programs that start together make the tables of a new database once', async () => {
  const { url, drop } = await freshDatabase()
  const opened = await Promise.all(Array.from({ length: 8 }, () => openDatabase(url)))
  for (const { rows } of opened) expect(await rows('SELECT id FROM characters')).toEqual([])
  await Promise.all(opened.map((database) => database.close()))
  await drop()
})
