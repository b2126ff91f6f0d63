// Divides a stage's progress among its parts: `portion(tools, 0.4, 1)` reports 0…1 of a part as 0.4…1 of the whole.

import type { StageTools } from './types.ts'

export function portion(tools: StageTools, from: number, to: number): StageTools {
  return {
    signal: tools.signal,
    progress: (fraction, message) => tools.progress(from + (to - from) * fraction, message),
  }
}
