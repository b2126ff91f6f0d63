// What Linux tells of the TCP connections of this network namespace (`/proc/net/tcp`, proc(5)): which peers do not
// answer, or take nothing. Node has no other word for it. Lines of interest are few, so only those are taken apart.
import { readFile } from 'node:fs/promises'
import { SocketAddress, type Socket } from 'node:net'
import { endianness } from 'node:os'

/** A connection whose peer owes an answer or room. */
export interface Waiting {
  /** See `connectionOf`. */
  connection: string
  /** How often in a row Linux has sent without any answer. */
  unanswered: number
  /** The peer answers, and has no room: its program does not read. */
  isShut: boolean
  /** Bytes that the peer has not acknowledged. */
  bytes: number
}

export const hasTables: boolean = process.platform === 'linux'

/** The tables as text. */
export async function readTables(): Promise<string> {
  const [four, six] = await Promise.all([
    readFile('/proc/self/net/tcp', 'latin1'),
    readFile('/proc/self/net/tcp6', 'latin1').catch(() => ''), // a system without IPv6
  ])
  return four + six
}

/** Both ends, as `waitingIn` names them; null for what is no TCP connection, or no longer. */
export function connectionOf(socket: Socket): string | null {
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || remoteAddress === undefined) return null
  return nameOf(withoutZone(localAddress), localPort, withoutZone(remoteAddress), remotePort)
}

export function waitingIn(tables: string): Waiting[] {
  return tables.split('\n').flatMap((line) => (isProbing.some((timer) => line.includes(timer)) ? rowOf(line) : []))
}

/** The timers "send again" and "ask for room". */
const isProbing = [' 01:', ' 04:']
const row =
  /^ *\d+: ([\dA-F]+):([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) \w\w ([\dA-F]{8}):\w+ 0([14]):\w+ ([\dA-F]{8}) +\d+ +(\d+) /

function rowOf(line: string): Waiting[] {
  const [, local = '', localPort = '', remote = '', remotePort = '', bytes = '', timer, resent = '', probes] =
    row.exec(line) ?? []
  if (timer === undefined) return []
  const connection = nameOf(addressOf(local), hex(localPort), addressOf(remote), hex(remotePort))
  const unanswered = Math.max(hex(resent), Number(probes))
  return [{ connection, unanswered, isShut: timer === '4', bytes: hex(bytes) }]
}

function nameOf(local: string, localPort: number | undefined, remote: string, remotePort: number | undefined): string {
  return `${local} ${localPort} ${remote} ${remotePort}`
}

const hex = (digits: string): number => Number.parseInt(digits, 16)

/** The digits are 32-bit words as this machine holds them. */
function addressOf(digits: string): string {
  const bytes = Buffer.from(digits, 'hex')
  if (endianness() === 'LE') bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  const address = bytes.toString('hex').replace(/.{4}(?!$)/g, '$&:')
  return new SocketAddress({ family: 'ipv6', address }).address
}

/** A link-local address bears its interface, which the table does not name. */
function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? address
}
