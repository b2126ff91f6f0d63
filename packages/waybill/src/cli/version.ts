// `waybill --version`: the version of this package, and of the Node that runs it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export function versionLine(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(fileURLToPath(import.meta.resolve('waybill/package.json')), 'utf8'),
  )
  return `waybill ${manifest.version} (Node ${process.versions.node})`
}
