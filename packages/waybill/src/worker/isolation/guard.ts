// What ends the children of a process that is no more, however it ended and whatever they do: a shell that reads a pipe from
// it. Each line names the groups that live now; when the pipe closes, those of the last line are killed.
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'

const readThenKill = `trap '' HUP INT TERM
while read -r line; do groups=$line; done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done`

export class Guard {
  readonly #groups = new Set<number>()
  #shell: ChildProcess | null = null

  /** A process that leads a group. */
  add(pid: number): void {
    this.#groups.add(pid)
    this.#shell ??= this.#start()
    this.#tell()
  }

  drop(pid: number): void {
    if (this.#groups.delete(pid)) this.#tell()
  }

  close(): void {
    this.#shell?.stdin?.end()
    this.#shell = null
  }

  #tell(): void {
    this.#shell?.stdin?.write(`${[...this.#groups].join(' ')}\n`)
  }

  #start(): ChildProcess {
    const shell = spawn('sh', ['-c', readThenKill, 'waybill-guard'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    const gone = () => {
      if (this.#shell === shell) this.#shell = null // the next child brings another
    }
    shell.on('error', gone).on('exit', gone)
    shell.stdin?.on('error', gone)
    shell.unref()
    if (shell.stdin instanceof Socket) shell.stdin.unref()
    return shell
  }
}
