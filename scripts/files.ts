// The TypeScript files under a folder, for the scripts that read sources.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Paths relative to `root`, with forward slashes, sorted. Empty when there is no such folder. */
export function sourcesUnder(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()
}
