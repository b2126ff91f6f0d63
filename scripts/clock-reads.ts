// Used by `npm run layers`: `new Date()` without an argument reads the machine's clock, which only lib/, testing/,
// client/ and cli/ may do. The linter refuses Date.now and its like but has no rule for this one.
import { parseSync, Visitor } from 'oxc-parser'

const mayAsk = /^(lib|testing|client|cli)\//

/** One line a place, empty when there is none. */
export function clockFaults(file: string, source: string): string[] {
  if (mayAsk.test(file)) return []
  const found: number[] = []
  const visitor = new Visitor({
    NewExpression({ callee, arguments: given, start }) {
      if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) found.push(start)
    },
  })
  visitor.visit(parseSync(file, source).program)
  return found.map(
    (start) =>
      `${file}:${source.slice(0, start).split('\n').length} reads the clock by new Date(): take a Clock (lib/clock.ts)`,
  )
}
