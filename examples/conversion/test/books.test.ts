// The three kinds of document, at real length, become books that Debian's epubcheck finds nothing wrong with.

import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeManualHtml } from './html.fixture.ts'
import { makeHandbookPdf } from './pdf.fixture.ts'
import { expectNoFindings, makeDesk, openBook, textOfBook } from './pipeline.fixture.ts'

const SAMPLE = fileURLToPath(new URL('../sample/slow-work.md', import.meta.url))

test('the sample document becomes a valid book with chapters, contents, cover and its picture', {
  timeout: 120_000,
}, async () => {
  const desk = await makeDesk()
  const made = await desk.convert(SAMPLE)
  const book = await openBook(made.epub)
  expect(await expectNoFindings(made.epub)).toEqual([])
  expect(made).toMatchObject({
    title: 'Keeping Slow Work Visible',
    format: 'markdown',
    images: 1,
    brokenLinks: 0,
    warnings: [],
  })
  expect(made.chapters).toBeGreaterThanOrEqual(6)
  expect(textOfBook(book)).toContain('<table>')
  expect([...book.keys()].slice(0, 2)).toEqual(['mimetype', 'META-INF/container.xml'])
  expect(book.get('EPUB/nav.xhtml')).toMatch(/<li><a href="text\/ch-002\.xhtml#[\w-]+">[^<]+<\/a>\n<ol>/)
})

const EXPECTED = [
  '>Chapter 2: Pump house</h1>',
  '>Section 42</h2>',
  'The inspection follows a list',
  '<ul><li>Close the inlet<ul><li>Open the drain</li></ul></li><li>Wait for silence</li></ul>',
  '<ol><li>Read the gauge</li><li>Write it down</li></ol>',
  '<pre><code>pump status --unit 7</code></pre>',
]

test('a PDF of a hundred pages keeps headings and lists and loses running heads and page numbers', {
  timeout: 120_000,
}, async () => {
  const desk = await makeDesk()
  const made = await desk.convert(await desk.put('handbook.pdf', await makeHandbookPdf(100)))
  const text = textOfBook(await openBook(made.epub))
  expect(await expectNoFindings(made.epub)).toEqual([])
  expect(made).toMatchObject({ title: 'Pump & Valve Handbook', chapters: 10, images: 1 })
  expect(EXPECTED.filter((part) => !text.includes(part))).toEqual([])
  expect(text.match(/<img /g)).toHaveLength(3)
  expect(/third edition|Page \d/.exec(text)).toBeNull()
})

test('a large HTML manual with odd markup becomes a valid book whose links work across chapters', {
  timeout: 120_000,
}, async () => {
  const desk = await makeDesk()
  const html = makeManualHtml()
  const made = await desk.convert(await desk.put('manual.html', html))
  const text = textOfBook(await openBook(made.epub))
  expect(html.length).toBeGreaterThan(1_000_000)
  expect(await expectNoFindings(made.epub)).toEqual([])
  expect(made).toMatchObject({ title: 'Plant & Process Manual', chapters: 40 })
  expect(text).toMatch(/<a href="ch-003\.xhtml#c3">chapter 3<\/a>/)
  expect(text).toContain('elsewhere')
  expect(text).not.toContain('other.html')
})

test('progress rises through the five stages in their order and ends at one', async () => {
  const desk = await makeDesk()
  await desk.convert(await desk.put('short.md', '# One\n\nText.\n\n# Two\n\nMore.'))
  const fractions = desk.reports.map((report) => report.fraction)
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
  expect(fractions.at(-1)).toBeCloseTo(1)
  expect([...new Set(desk.reports.map((report) => report.stage))]).toEqual([
    'ANALYZING',
    'EXTRACTING',
    'STRUCTURING',
    'BUILDING',
    'VALIDATING',
  ])
})
