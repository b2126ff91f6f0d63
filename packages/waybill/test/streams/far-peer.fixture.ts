// A client on a machine of its own, as far as TCP can tell: a process in a network namespace behind a veth pair. Its network
// can be made to swallow all that it sends, so that it vanishes without a word. Needs Linux, root, and iproute2.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./reading-client.ts', import.meta.url))

/** Why there can be no far peer here; null where there can. */
export function whyNoFarPeer(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are of Linux'
  if (spawnSync('ip', ['-V']).status !== 0) return 'iproute2 is missing'
  const link = `wp${process.pid}`
  if (spawnSync('ip', ['link', 'add', link, 'type', 'veth']).status !== 0) return 'it takes root and CAP_NET_ADMIN'
  run('ip', 'link', 'del', link)
  return spawnSync('unshare', ['--net', 'true']).status === 0 ? null : 'no network namespace may be made'
}

export class FarPeer {
  /** The address of this machine, as the far one sees it: listen here. */
  readonly near: string
  readonly #far: string
  readonly #link = `wf${process.pid}`
  #client: ChildProcess | null = null

  constructor() {
    const network = 4 * (process.pid % 16_384) // of 198.18.0.0/16, which is for tests (RFC 2544)
    const address = (host: number) => `198.18.${network >> 8}.${(network & 255) + host}`
    this.near = address(1)
    this.#far = address(2)
    run('ip', 'link', 'add', this.#link, 'type', 'veth', 'peer', 'name', `${this.#link}p`)
    run('ip', 'addr', 'add', `${this.near}/30`, 'dev', this.#link)
    run('ip', 'link', 'set', this.#link, 'up')
  }

  /** Opens a stream for each; resolves once all of them have begun. */
  async open(urls: string[]): Promise<void> {
    const go = ['--net', 'sh', '-c', 'read go && exec "$@"', 'far', process.execPath, program, ...urls]
    const client = (this.#client = spawn('unshare', go, { stdio: ['pipe', 'pipe', 'inherit'] }))
    await once(client, 'spawn')
    await this.#join(client.pid ?? 0)
    client.stdin.write('go\n')
    let said = ''
    for await (const text of client.stdout.setEncoding('utf8')) {
      said += String(text)
      if (said.includes(`${urls.length}\n`)) return
    }
    throw new Error(`the far client began only: ${said}`)
  }

  /** From now on nothing that the far machine sends arrives; it hears, and cannot answer. */
  vanish(): void {
    this.#inside('ip', 'route', 'replace', 'blackhole', `${this.near}/32`)
  }

  async close(): Promise<void> {
    spawnSync('ip', ['link', 'del', this.#link])
    const client = this.#client
    if (!client || client.exitCode !== null) return
    client.kill('SIGKILL')
    await once(client, 'exit')
  }

  // Until the process has entered its own namespace, the link would move nowhere.
  async #join(pid: number): Promise<void> {
    const own = spawnSync('readlink', ['/proc/self/ns/net'], { encoding: 'utf8' }).stdout
    const its = () => spawnSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' }).stdout
    while (its() === own) await new Promise(setImmediate)
    run('ip', 'link', 'set', `${this.#link}p`, 'netns', String(pid))
    this.#inside('ip', 'addr', 'add', `${this.#far}/30`, 'dev', `${this.#link}p`)
    this.#inside('ip', 'link', 'set', `${this.#link}p`, 'up')
  }

  #inside(...words: string[]): void {
    run('nsenter', '--net', '--target', String(this.#client?.pid), ...words)
  }
}

function run(command: string, ...words: string[]): void {
  const { status, stderr } = spawnSync(command, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`)
}
