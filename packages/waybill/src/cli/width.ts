// How wide a text stands on a terminal, and a text cut to a width.

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Columns that a text without control characters takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of letters.segment(text)) width += wide.test(segment) ? 2 : 1
  return width
}

/** The text, or as much of it as fits into `room` columns with an ellipsis. */
export function cut(text: string, room: number): string {
  if (widthOf(text) <= room) return text
  let kept = ''
  let width = 1 // the ellipsis
  for (const { segment } of letters.segment(text)) {
    width += wide.test(segment) ? 2 : 1
    if (width > room) break
    kept += segment
  }
  return room < 1 ? '' : `${kept}…`
}
