// Every part in this process: quick, and no figure of it means anything. For the test that keeps the bench alive.
import type { Contestant } from './contestants.ts'
import type { Actor, Director, Place, Result, Task } from './director.ts'
import { Lines } from './lines.ts'
import { roles, type Roles, type Scene } from './roles.ts'

export const inline: Director = { start, clear: () => {} }

function start<R extends keyof Roles>({ contestant, url }: Place, role: R, task: Task<R>): Actor<R> {
  const toPart = new Lines()
  const fromPart = new Lines()
  const line: Omit<Scene, 'peer'> = {
    url,
    say: (word, value) => fromPart.say(word, value),
    hear: (word, value) => toPart.hear(word, value),
  }
  return {
    pid: process.pid,
    result: played(roles[role], contestant, line, JSON.stringify(task)),
    say: (word, value) => toPart.say(word, value),
    hear: (word) => fromPart.hear(word),
    onWord: (word, listen) => fromPart.onWord(word, listen),
    kill: async () => {
      throw new Error('a part that is played in this process cannot be killed: leave recovery to processes')
    },
  }
}

// By way of JSON, as between processes.
async function played<R extends keyof Roles>(
  part: { play(scene: Scene, json: string): Promise<unknown> },
  contestant: Contestant,
  line: Omit<Scene, 'peer'>,
  json: string,
): Promise<Result<R>> {
  const peer = await contestant.peer()
  const result: Result<R> = JSON.parse(JSON.stringify((await part.play({ ...line, peer }, json)) ?? null))
  return result
}
