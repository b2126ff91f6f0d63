// Finds compiled files that still name a TypeScript source by a relative path, which does not exist once published.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** One line a place: `worker/pool.js names './thread.ts'`. */
export function sourcePathsLeft(dist: string): string[] {
  const compiled = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
  return compiled.flatMap((file) =>
    [...withoutComments(readFileSync(join(dist, file), 'utf8')).matchAll(/(['"`])\.{1,2}\/[^'"`\n]*\.ts\1/g)].map(
      ([path]) => `${file} names ${path}`,
    ),
  )
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}
