// What ends a server when the process that started it is no more, however that one ended: a shell that reads a pipe from
// it. The pipe closes with the process; then the shell kills the server and removes its directory.
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

const WAIT_THEN_END = `cat >/dev/null
kill -9 "$1" 2>/dev/null
for _ in 1 2 3 4 5; do rm -rf "$2" 2>/dev/null && break; sleep 0.2; done`

/** Answers what calls the guard off: for when the server has ended in another way. */
export function guard(pid: number, dir: string): () => void {
  const shell = spawn('sh', ['-c', WAIT_THEN_END, 'waybill-guard', String(pid), dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.unref()
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  return () => shell.kill('SIGKILL')
}
