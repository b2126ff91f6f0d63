// The package.json that is published, made from the one in the checkout: every ./src/*.ts becomes ./*.js with its
// declarations beside it, and what only the workspace needs is left out.

interface Manifest {
  [member: string]: unknown
  exports: Record<string, string>
  imports: Record<string, string>
  /** Modules that do something when they are imported. */
  sideEffects: string[]
}

export function publishedManifest(text: string): object {
  const { '//': _why, private: _private, devDependencies: _dev, ...manifest }: Manifest = JSON.parse(text)
  return {
    ...manifest,
    files: ['**/*'],
    sideEffects: manifest.sideEffects.map(built),
    imports: mapValues(manifest.imports, built),
    exports: mapValues(manifest.exports, entry),
  }
}

function entry(path: string): string | { types: string; default: string } {
  if (!path.endsWith('.ts')) return path
  return { types: built(path).replace(/\.js$/, '.d.ts'), default: built(path) }
}

function built(path: string): string {
  return path.replace(/^\.\/src\//, './').replace(/\.ts$/, '.js')
}

function mapValues<In, Out>(values: Record<string, In>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}
