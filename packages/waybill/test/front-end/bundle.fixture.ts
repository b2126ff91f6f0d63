// What a page loads, made of the sources as a user's bundler would make it.
import { rolldown } from 'rolldown'

export interface BundleOptions {
  /** As published sites do it: minified, and React not counted. */
  lean?: boolean
}

/** One module of the file at `path` and all it imports. `development`: React checks and mounts twice. */
export async function bundled(path: string, { lean = false }: BundleOptions = {}): Promise<string> {
  const bundle = await rolldown({
    input: path,
    platform: 'browser',
    external: lean ? ['react'] : [],
    transform: { define: { 'process.env.NODE_ENV': lean ? '"production"' : '"development"' } },
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'es', minify: lean })
  await bundle.close()
  return output[0].code
}
