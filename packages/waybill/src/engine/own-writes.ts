// Whatever this process writes, its own readers know of before the writer is answered: hints may come later, and whoever
// cancels a job or ends it must not be shown what it was before.
import type { Claimed, Engine } from './engine.ts'

/** `engine` is a wrapped one (see measured.ts). `changed` is told of each job that was written here, or may have been. */
export function withOwnWritesTold(engine: Engine, changed: (id: string) => void): Engine {
  const tell = (ids: Iterable<string>): void => {
    for (const id of ids) changed(id)
  }
  const told = async <T>(ids: string[], write: Promise<T>): Promise<T> => {
    try {
      return await write
    } finally {
      tell(ids) // also when it failed: then nobody knows
    }
  }
  const tellClaimed = (claimed: Claimed | null): void => tell(claimed?.jobs.map(({ record }) => record.id) ?? [])
  return {
    ...engine,
    async claim(request) {
      const claimed = await engine.claim(request)
      tellClaimed(claimed)
      return claimed
    },
    async apply(changes, request) {
      const answer = await told(
        changes.map(({ id }) => id),
        engine.apply(changes, request),
      )
      tellClaimed(answer.claimed)
      return answer
    },
    note: (notes) =>
      told(
        notes.map(({ id }) => id),
        engine.note(notes),
      ),
    purge: (limit, id) => told(id === undefined ? [] : [id], engine.purge(limit, id)),
  }
}
