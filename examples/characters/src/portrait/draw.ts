// Draws a portrait: the art style gives the hand, the character's words the face, the reference photo the colours and a
// medallion. The same character always gets the same portrait.
import * as adventurer from '@dicebear/adventurer'
import { createAvatar, type Style } from '@dicebear/core'
import * as lorelei from '@dicebear/lorelei'
import * as notionists from '@dicebear/notionists'
import * as pixelArt from '@dicebear/pixel-art'
import { renderAsync } from '@resvg/resvg-js'
import type { ArtStyle, Character } from '../character.ts'
import { coloursOf, dataUri } from './photo.ts'

const hands: Record<ArtStyle, Style<object>> = {
  storybook: adventurer,
  ink: lorelei,
  sketch: notionists,
  pixel: pixelArt,
}

const plainColours: [string, string] = ['fde7c8', 'b9d9eb']

export type Sitter = Pick<Character, 'name' | 'age' | 'gender' | 'personality_profile' | 'art_style'>

/** The drawing as SVG, 1000 units square. */
export async function sketch(sitter: Sitter, photo: Buffer | null): Promise<string> {
  const { name, age, gender, personality_profile, art_style } = sitter
  const face = createAvatar(hands[art_style], {
    seed: [name, age, gender, personality_profile].join('|'),
    size: 1000,
    backgroundType: ['gradientLinear'],
    backgroundColor: photo ? await coloursOf(photo) : plainColours,
    backgroundRotation: [45],
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 1000">${face.toString()}${photo ? medallion(photo) : ''}</svg>`
}

const medallion = (photo: Buffer): string =>
  `<clipPath id="medallion"><circle cx="830" cy="830" r="120"/></clipPath>
<image x="710" y="710" width="240" height="240" preserveAspectRatio="xMidYMid slice" clip-path="url(#medallion)" href="${dataUri(photo)}"/>
<circle cx="830" cy="830" r="120" fill="none" stroke="#fff" stroke-width="12"/>`

/** The drawing as PNG, `side` pixels square. Painted outside the event loop, which goes on serving. */
export async function paint(drawing: string, side: number): Promise<Buffer> {
  const picture = await renderAsync(drawing, { fitTo: { mode: 'width', value: side } })
  return picture.asPng()
}

/** One look at an art style, for the form. */
export const sampleOf = (style: ArtStyle): string =>
  createAvatar(hands[style], { seed: 'Waybill', size: 96, backgroundColor: plainColours }).toString()
