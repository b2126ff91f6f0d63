// The layers of packages/waybill/src: which folder may import which. Imports go down only; what is not listed is
// refused. Read by check-layers.ts. A file belongs to the longest row that its path begins with, and may always
// import from its own row. `types:` in front allows `import type` alone.

const core = ['lib', 'job', 'wire', 'engine']
const stores = [...core, 'engines', 'accelerator']
const parts = [...stores, 'submit', 'worker', 'upkeep', 'foreign', 'watch', 'operate', 'bridges', 'config']
const server = [...parts, 'parts.ts', 'waybill.ts', 'http', 'index.ts']

export const layers: Record<string, string[]> = {
  lib: [],
  job: ['lib'],
  wire: ['lib', 'job'],
  engine: ['lib', 'job', 'wire'],
  'engine/conformance': core,

  'engines/sqlite': core,
  'engines/postgres': core,
  'engines/redis': core,
  engines: [...core, 'engines/sqlite', 'engines/postgres', 'engines/redis'],
  accelerator: core,

  submit: stores,
  worker: stores,
  upkeep: stores,
  foreign: core,
  watch: core,
  operate: [...core, 'config', 'submit', 'worker', 'upkeep', 'watch'],
  bridges: [...core, 'submit', 'worker', 'upkeep', 'foreign', 'watch'],

  config: ['lib', 'job'],
  'parts.ts': parts,
  'waybill.ts': [...parts, 'parts.ts'],
  http: [...parts, 'parts.ts', 'waybill.ts'],
  'external.ts': [...parts, 'parts.ts', 'waybill.ts'],
  'index.ts': [...parts, 'parts.ts', 'waybill.ts', 'external.ts', 'http'],
  cli: [...server, 'client'],

  client: ['types:wire'],
  page: ['lib', 'client'],
  react: ['client', 'page', 'element'],
  element: ['client', 'page'],
  ui: ['types:wire', 'client', 'page', 'react', 'element'],
  testing: [...server, 'client', 'engine/conformance', 'engines/sqlite'],
}

/** Packages and node: modules that a row may import; a row that is not listed may import any. */
export const packages: Record<string, string[]> = {
  lib: ['node:crypto', 'uuidv7'],
  job: ['croner'],
  wire: ['zod', '@hono/zod-openapi'],
  client: [],
  page: [],
  react: ['react'],
  element: [],
}

/** Names that a row may not import although their file is open to it: readers never hold the writing side. */
export const refusedNames: Record<string, string[]> = {
  watch: ['Engine', 'WriteEngine'],
}
