// The scopes that keys and tokens may bear (contract §4).
import { didYouMean } from '../../lib/suggest.ts'

const known = [
  'jobs:submit',
  'jobs:read',
  'jobs:control',
  'jobs:signal',
  'jobs:submit:any',
  'jobs:read:any',
  'jobs:control:any',
  'jobs:signal:any',
  'work',
  'admin:read',
  'admin:write',
  'tokens:mint',
  'metrics',
]

/** Scopes separated by spaces or commas. Throws a TypeError for one that does not exist. */
export function parseScopes(text: string): string[] {
  const scopes = text.split(/[\s,]+/).filter((scope) => scope !== '')
  for (const scope of scopes) {
    if (known.includes(scope) || /^work:[\w.:-]{1,100}$/.test(scope)) continue
    throw new TypeError(
      `unknown scope "${scope}".${didYouMean(scope, known)} Scopes are ${known.join(', ')} and work:<queue>`,
    )
  }
  return scopes
}
