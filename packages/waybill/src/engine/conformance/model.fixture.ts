// The model as a subject of its own suite: a clock that only tests move, and as many handles as are asked for.
import type { Subject } from './index.ts'
import { ModelEngine } from './model.ts'

export async function openModel(Kind: typeof ModelEngine = ModelEngine): Promise<Subject> {
  let now = 1_800_000_000_000
  const engine = new Kind({ now: () => now })
  const handle = async () => new Kind({ now: () => now, store: engine.store })
  return {
    engine,
    advance: (ms) => void (now += ms),
    another: handle,
    reopen: handle,
    close: () => engine.close(),
  }
}
