// What the tests of this engine share: the removal of a store from a server that others use too.
import { Redis } from 'ioredis'
import { placeOf } from './place.ts'

/** Removes every key under the prefix of a URL. */
export async function emptied(url: string): Promise<void> {
  const { hosts, prefix } = placeOf(url)
  const client = new Redis({ host: hosts[0]?.host ?? '', port: hosts[0]?.port ?? 0 })
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000)
    if (keys.length > 0) await client.unlink(...keys)
    cursor = next
  }
  await client.quit()
}
