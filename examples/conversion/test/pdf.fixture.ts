// Makes PDFs for the tests with pdf-lib: a handbook of a hundred pages as an office program would write it, and small ones.

import { PDFDocument, type PDFFont, type PDFPage, StandardFonts } from 'pdf-lib'
import { encodePng } from '../src/pipeline/images/png.ts'

interface Fonts {
  body: PDFFont
  bold: PDFFont
  mono: PDFFont
}

const WORDS =
  'a pump that runs without a reading on its gauge is a pump that nobody can trust to run through the night and so'.split(
    ' ',
  )

export async function makeHandbookPdf(pageCount: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create()
  pdf.setTitle('Pump & Valve Handbook')
  pdf.setAuthor('Maintenance')
  const fonts = await embedFonts(pdf)
  const picture = await pdf.embedPng(await checkerboard(96, 64))
  for (let number = 1; number <= pageCount; number++) {
    const page = pdf.addPage([595, 842])
    furniture(page, fonts, number)
    drawPage(page, fonts, number)
    if (number % 30 === 0) page.drawImage(picture, { x: 72, y: 120, width: 192, height: 128 })
  }
  return pdf.save()
}

async function embedFonts(pdf: PDFDocument): Promise<Fonts> {
  return {
    body: await pdf.embedFont(StandardFonts.TimesRoman),
    bold: await pdf.embedFont(StandardFonts.HelveticaBold),
    mono: await pdf.embedFont(StandardFonts.Courier),
  }
}

function furniture(page: PDFPage, { body }: Fonts, number: number): void {
  page.drawText('Pump & Valve Handbook, third edition', { x: 72, y: 800, size: 9, font: body })
  page.drawText(`Page ${number}`, { x: 280, y: 36, size: 9, font: body })
}

function drawPage(page: PDFPage, { body, bold, mono }: Fonts, number: number): void {
  let y = 740
  const line = (text: string, size: number, font: PDFFont, x = 72, gap = size * 1.3): void => {
    page.drawText(text, { x, y, size, font })
    y -= gap
  }
  if (number % 10 === 1) line(`Chapter ${(number + 9) / 10}: Pump house`, 24, bold, 72, 40)
  line(`Section ${number}`, 15, bold, 72, 26)
  for (let paragraph = 0; paragraph < 3; paragraph++) {
    for (let row = 0; row < 5; row++) line(sentence(number * 7 + paragraph * 3 + row, row === 4), 11, body)
    y -= 10
  }
  line('The inspec-', 11, body)
  line('tion follows a list that nests:', 11, body, 72, 22)
  line('• Close the inlet', 11, body, 90)
  line('• Open the drain', 11, body, 108)
  line('• Wait for silence', 11, body, 90, 24)
  line('1. Read the gauge', 11, body, 90)
  line('2. Write it down', 11, body, 90, 24)
  line(`pump status --unit ${number}`, 10, mono)
}

const sentence = (seed: number, last: boolean): string =>
  `${Array.from({ length: 14 }, (_, index) => WORDS[(seed + index) % WORDS.length]).join(' ')}${last ? '.' : ''}`

export async function makeScannedPdf(): Promise<Uint8Array> {
  const pdf = await PDFDocument.create()
  const picture = await pdf.embedPng(await checkerboard(200, 280))
  pdf.addPage([595, 842]).drawImage(picture, { x: 0, y: 0, width: 595, height: 842 })
  return pdf.save()
}

export function checkerboard(width: number, height: number): Promise<Buffer> {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3)
    return ((Math.floor((pixel % width) / 8) + Math.floor(pixel / width / 8)) % 2) * 200 + 30
  })
  return encodePng({ width, height, channels: 3, data })
}

/** A PDF whose trailer asks for a password: enough for a reader to refuse it. */
export async function makeEncryptedPdf(): Promise<Uint8Array> {
  const plain = Buffer.from(await (await PDFDocument.create()).save({ useObjectStreams: false })).toString('latin1')
  const zeros = '0'.repeat(64)
  const dictionary = `/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <${zeros}> /U <${zeros}> >> /ID [<${zeros.slice(32)}> <${zeros.slice(32)}>]`
  return Buffer.from(plain.replace(/trailer\s*<</, `trailer\n<< ${dictionary}`), 'latin1')
}
