// A repeated attempt goes on after the last finished stage, and a cancelled one stops at the next page.

import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { makeHandbookPdf } from './pdf.fixture.ts'
import { type Desk, makeDesk } from './pipeline.fixture.ts'

// Each book goes through epubcheck, and Java is slow to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const TEXT = '# One\n\nText.\n\n# Two\n\nMore.'

/** Stops the first attempt when the stage begins, as a lost worker would. */
async function attemptUntil(desk: Desk, file: string, stage: string): Promise<void> {
  const lost = new AbortController()
  const running = desk.convert(file, {
    signal: lost.signal,
    onReport: (_, now) => now === stage && lost.abort(new Error('lost')),
  })
  await expect(running).rejects.toThrow('lost')
  desk.worked.length = 0
}

test('a second attempt does not repeat the stages that were finished', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.md', TEXT)
  await attemptUntil(desk, file, 'BUILDING')
  await desk.convert(file)
  expect(desk.worked).toEqual(['BUILDING', 'VALIDATING'])
})

test('a stage whose file was changed is done again', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.md', TEXT)
  await attemptUntil(desk, file, 'BUILDING')
  await appendFile(join(desk.workDir, 'content.jsonl'), '{}')
  await desk.convert(file)
  expect(desk.worked).toEqual(['EXTRACTING-2', 'BUILDING', 'VALIDATING'])
})

test('a stage whose file is gone is done again', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.md', TEXT)
  await attemptUntil(desk, file, 'BUILDING')
  await rm(join(desk.workDir, 'book.json'))
  await desk.convert(file)
  expect(desk.worked).toEqual(['STRUCTURING-2', 'BUILDING', 'VALIDATING'])
})

test('a document that changed in between is converted from the start', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.md', TEXT)
  await attemptUntil(desk, file, 'BUILDING')
  await appendFile(file, '\n\n# Three\n\nNew.')
  expect(await desk.convert(file)).toMatchObject({ chapters: 3 })
  expect(desk.worked).toEqual(['ANALYZING-2', 'EXTRACTING-2', 'STRUCTURING-2', 'BUILDING', 'VALIDATING'])
})

test('cancelling while pages are read stops before the page after the next', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.pdf', await makeHandbookPdf(30))
  const cancel = new AbortController()
  const pages: string[] = []
  const running = desk.convert(file, {
    signal: cancel.signal,
    onReport: (message) => {
      if (message.startsWith('Page ')) pages.push(message)
      if (pages.length === 3) cancel.abort(new Error('cancelled'))
    },
  })
  await expect(running).rejects.toThrow('cancelled')
  expect(pages).toEqual(['Page 1 of 30', 'Page 2 of 30', 'Page 3 of 30'])
})

test('checkpoints of a long document stay far below the limit of 256 KiB', async () => {
  const desk = await makeDesk()
  const many = Array.from(
    { length: 1200 },
    (_, index) => `# Chapter ${index}\n\n![x](missing-${index}.png)\n\nText.`,
  ).join('\n\n')
  await desk.convert(await desk.put('a.md', many)).catch(() => undefined)
  for (const value of desk.checkpoints.values()) expect(JSON.stringify(value).length).toBeLessThan(64 * 1024)
  expect(desk.checkpoints.size).toBe(5)
})
