// Documents that mean harm stay harmless.

import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { checkerboard } from './pdf.fixture.ts'
import { expectNoFindings, makeDesk, openBook, textOfBook } from './pipeline.fixture.ts'

// Each book goes through epubcheck, and Java is slow to start on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

async function convertHtml(body: string): Promise<{ text: string; warnings: string[]; names: string[]; epub: string }> {
  const desk = await makeDesk()
  const made = await desk.convert(await desk.put('docs/a.html', body))
  const book = await openBook(made.epub)
  return { text: textOfBook(book), warnings: made.warnings, names: [...book.keys()], epub: made.epub }
}

test('scripts, handlers, styles, frames and dangerous addresses do not reach the book', async () => {
  const { text, epub } =
    await convertHtml(`<h1 onclick="evil()">T</h1><script>evil()</script><p style="x" onmouseover=evil()>kept
    <a href="javascript:evil()">link</a><a href=" jAvA&#x09;script:evil()">link</a><a href="data:text/html,evil">d</a>
    <svg><script>evil()</script></svg><iframe src="evil"></iframe><math><mtext><style><img src=x onerror=evil()></style></math>
    <noscript><p title="</noscript><img src=x onerror=evil()>"></noscript><template><b>evil</b></template></p>`)
  expect(text).toContain('kept')
  expect(text).not.toMatch(/evil|javascript|onclick|onerror|style=/)
  expect(await expectNoFindings(epub)).toEqual([])
})

test('a document type with entities and an external file expands nothing', async () => {
  const { text } =
    await convertHtml(`<?xml version="1.0"?><!DOCTYPE html [<!ENTITY boom "boom boom"><!ENTITY x SYSTEM "file:///etc/passwd">]>
    <html><body><p>before &boom; &x; after</p></body></html>`)
  expect(text).toContain('&amp;boom; &amp;x; after')
  expect(text).not.toContain('root:')
})

test('no picture is taken from outside the document directory, by dots, absolute path, scheme or link', async () => {
  const desk = await makeDesk()
  const secret = await desk.put('secret.png', await checkerboard(16, 16))
  const sources = [
    '../secret.png',
    '%2e%2e/secret.png',
    'x/../../secret.png',
    secret,
    `file://${secret}`,
    'link.png',
    '..\\secret.png',
    '//example.org/a.png',
  ]
  const file = await desk.put(
    'docs/a.html',
    `<p>Text</p>${sources.map((src) => `<img src="${src}" alt="refused">`).join('')}`,
  )
  await symlink(secret, join(desk.dir, 'docs/link.png'))
  const made = await desk.convert(file)
  expect(made.images).toBe(0)
  expect(made.warnings).toHaveLength(sources.length)
  expect(textOfBook(await openBook(made.epub)).match(/\[refused\]/g)).toHaveLength(sources.length)
})

test('pictures beside the document and in data addresses are packed, equal ones once', async () => {
  const desk = await makeDesk()
  const png = await checkerboard(16, 16)
  await desk.put('docs/img/a b.png', png)
  const file = await desk.put(
    'docs/a.md',
    `# T\n\n![one](img/a%20b.png) ![two](data:image/png;base64,${png.toString('base64')})`,
  )
  const made = await desk.convert(file)
  const text = textOfBook(await openBook(made.epub))
  expect(made.images).toBe(1)
  expect(text.match(/<img src="..\/images\/[0-9a-f]{16}.png"/g)).toHaveLength(2)
  expect(await expectNoFindings(made.epub)).toEqual([])
})

test('a small picture that claims to be gigantic is left out', async () => {
  const bomb = await checkerboard(8, 8)
  bomb.writeUInt32BE(60_000, 16)
  bomb.writeUInt32BE(60_000, 20)
  const { warnings } = await convertHtml(
    `<p>Text</p><img alt=x src="data:image/png;base64,${bomb.toString('base64')}">`,
  )
  expect(warnings).toEqual([expect.stringContaining('60000×60000 pixels are too many')])
})

test('a document that nests without end is refused in little time', async () => {
  const desk = await makeDesk()
  const file = await desk.put('a.html', '<div>'.repeat(200_000))
  await expect(desk.convert(file)).rejects.toMatchObject({ code: 'document_too_deep' })
})

test('a title full of markup is only text everywhere', async () => {
  const { text, epub } = await convertHtml(
    '<title>&lt;script>&amp;"\'</title><h1 id="a&quot;b">&lt;b&gt; "x" &amp;amp;</h1><p>Text',
  )
  expect(text).toContain('&lt;b&gt; "x" &amp;amp;')
  expect(await expectNoFindings(epub)).toEqual([])
})
