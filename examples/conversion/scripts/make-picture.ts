// Draws the picture of the sample document: `node scripts/make-picture.ts`. The result is checked in.

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Resvg } from '@resvg/resvg-js'

const STAGES = ['Analyse', 'Extract', 'Structure', 'Build', 'Validate']

const box = (label: string, index: number): string => {
  const x = 20 + index * 190
  const done = index < 2
  return `<rect x="${x}" y="40" width="160" height="70" rx="10" fill="${done ? '#2f6f4f' : index === 2 ? '#d9a441' : '#d8dde3'}"/>
<text x="${x + 80}" y="82" text-anchor="middle" font-family="Liberation Sans" font-size="24" fill="${done ? '#fff' : '#222'}">${label}</text>`
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="220">
<rect width="960" height="220" fill="#ffffff"/>
${STAGES.map(box).join('\n')}
<rect x="20" y="150" width="920" height="24" rx="12" fill="#d8dde3"/>
<rect x="20" y="150" width="490" height="24" rx="12" fill="#2f6f4f"/>
<text x="20" y="204" font-family="Liberation Sans" font-size="20" fill="#222">53 % · arranging chapter 4 of 7</text>
</svg>`

const font = fileURLToPath(
  new URL('../../standard_fonts/LiberationSans-Regular.ttf', import.meta.resolve('pdfjs-dist/legacy/build/pdf.mjs')),
)
const picture = new Resvg(svg, { font: { fontFiles: [font], loadSystemFonts: false } }).render().asPng()
await writeFile(new URL('../sample/images/stages.png', import.meta.url), picture)
