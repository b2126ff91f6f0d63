// `npm run check`, which is what CI runs: every stage in turn, the tests last. A failing stage does not hide the next
// ones, so that one run tells all that is wrong, and the tests' summary stays the last line.
import { spawnSync } from 'node:child_process'

const stages = ['help', 'format:check', 'lint', 'layers', 'types', 'knip', 'build', 'find-it']

const failed = stages.filter((stage) => !passes(stage))
console.log(failed.length > 0 ? `\nFAILED before the tests: ${failed.join(', ')}` : '\nAll checks pass; now the tests.')
if (!passes('test') || failed.length > 0) process.exitCode = 1

function passes(stage: string): boolean {
  console.log(`\n── npm run ${stage}`)
  return spawnSync('npm', ['run', '--silent', stage], { stdio: 'inherit' }).status === 0
}
