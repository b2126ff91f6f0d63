// A vitest reporter that says one thing: `N passed, N failed, N skipped`, alone on the last line of the run.
// A file that does not load and an error outside every test count as failed: neither may hide behind a green number.
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export default class SummaryLine implements Reporter {
  #line = '0 passed, 1 failed, 0 skipped'

  // At exit, since other reporters and vitest itself still print after the run.
  onInit(): void {
    process.once('exit', () => process.stdout.write(`${this.#line}\n`))
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const count = (state: 'passed' | 'failed' | 'skipped') =>
      modules.reduce((sum, module) => sum + [...module.children.allTests(state)].length, 0)
    const broken = modules.filter((module) => module.state() === 'failed' && ownErrors(module) > 0).length
    this.#line = `${count('passed')} passed, ${count('failed') + broken + errors.length} failed, ${count('skipped')} skipped`
  }
}

// Errors of the file itself, or of a hook in it, rather than of one of its tests.
function ownErrors(module: TestModule): number {
  const suites = [...module.children.allSuites()]
  return module.errors().length + suites.reduce((sum, suite) => sum + suite.errors().length, 0)
}
