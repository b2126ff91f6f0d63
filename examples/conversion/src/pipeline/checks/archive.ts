// The container by its bytes: a reading system looks at the first entry before it looks at anything else.

const NAME = 'mimetype'
const TYPE = 'application/epub+zip'

/** Problems of the zip file's head, as sentences. */
export function checkArchive(epub: Uint8Array): string[] {
  const head = Buffer.from(epub.subarray(0, 30 + NAME.length + TYPE.length))
  if (head.length < 58 || head.readUInt32LE(0) !== 0x04034b50) return ['The book is no zip file.']
  const problems: string[] = []
  if (head.toString('latin1', 30, 38) !== NAME) problems.push('The first entry is not "mimetype".')
  if (head.readUInt16LE(8) !== 0) problems.push('The entry "mimetype" is compressed.')
  if (head.readUInt16LE(28) !== 0) problems.push('The entry "mimetype" has an extra field.')
  if (head.toString('latin1', 38, 58) !== TYPE) problems.push(`The entry "mimetype" does not say ${TYPE}.`)
  return problems
}
