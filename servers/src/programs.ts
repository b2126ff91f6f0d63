// Finds a program: in PATH, in the directories where Debian puts servers, or says what to install.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export function findProgram(names: string[], install: string, moreFolders: string[] = []): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', ...moreFolders]
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`${names.join(' or ')} is not on PATH: install it (${install}), or run \`npm run setup-system\``)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}
