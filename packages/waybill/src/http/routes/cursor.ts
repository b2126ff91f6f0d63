// The opaque cursor of a list: the engine's position, bound to the list it came from, so that it cannot be carried into
// another one.
import { WaybillError } from '../../job/errors.ts'
import { sha256 } from '../../lib/ids.ts'

const shape = /^([0-9a-f]{16})\.([\w.:-]{1,200})$/

export function cursorOf(list: string, position: string): string {
  return Buffer.from(`${markOf(list)}.${position}`).toString('base64url')
}

/** The engine's position. Throws `bad_cursor`. */
export function positionOf(list: string, cursor: string): string {
  const text = /^[\w-]{1,400}$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('latin1') : ''
  const [, mark, position] = shape.exec(text) ?? []
  if (mark === markOf(list) && position !== undefined) return position
  throw new WaybillError('bad_cursor', 'this cursor is not one of this list; begin again without a cursor', {
    errors: [{ pointer: '/query/cursor', detail: 'belongs to another list or was changed' }],
  })
}

function markOf(list: string): string {
  return sha256(`list ${list}`).slice(0, 16)
}
