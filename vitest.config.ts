// One test run for the whole workspace, under the workspace's own Node.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,examples,bench,servers,chaos,scripts}/**/*.test.{ts,tsx}'],
    environment: 'node',
    globalSetup: './servers/src/desk.ts',
    // Processes, not threads: tests start workers, send signals and open databases. Two, for two cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', './scripts/test-reporter.ts'],
  },
})
