// Ids and secrets. Job ids are UUIDv7 (RFC 9562): they sort by time, also within one millisecond.
import { createHash, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto'
import { V7Generator } from 'uuidv7'

/** Makes ids; handed in where tests want to know them beforehand. */
export type NewId = () => string

// Random words are drawn from the system by the thousand: one call of the kernel for hundreds of ids.
const words = new Uint32Array(1_024)
let used = words.length
function nextUint32(): number {
  if (used === words.length) {
    randomFillSync(words)
    used = 0
  }
  return words[used++] ?? 0
}

const generator = new V7Generator({ nextUint32 })

/** A fresh UUIDv7, rising within the process. */
export const newId: NewId = () => generator.generate().toString()

/** A secret of `bytes` random bytes, base64url. */
export function newSecret(bytes = 24): string {
  return randomBytes(bytes).toString('base64url')
}

/** SHA-256 of a text, hex. Enough for high-entropy secrets and content hashes; not for passwords. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Compares two texts in a time that does not depend on where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest()
  const right = createHash('sha256').update(b).digest()
  return timingSafeEqual(left, right)
}
