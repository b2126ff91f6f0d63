// A process that plays one part: `node actor.ts PART CONTESTANT URL TASK`. Started by processes.ts alone.
import { contestant } from './contestants.ts'
import { Lines } from './lines.ts'
import { roles, type Scene } from './roles.ts'

const [role = '', name = '', url = '', task = '{}'] = process.argv.slice(2)
const lines = new Lines()
process.on('message', ({ word, value }: { word: string; value?: number }) => lines.say(word, value))
process.once('disconnect', () => process.exit()) // the part is over, or its director is gone

const scene: Scene = {
  peer: await contestant(name).peer(),
  url,
  say: (word, value) => void process.send?.({ word, value }),
  hear: (word, value) => lines.hear(word, value),
}

const parts: Record<string, { play(scene: Scene, task: string): Promise<unknown> }> = roles
const part = parts[role]
if (!part) throw new Error(`no part "${role}"; there are: ${Object.keys(roles).join(', ')}`)
const result = await part.play(scene, task)
process.send?.({ word: 'result', result })
process.disconnect?.()
