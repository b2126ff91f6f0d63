// No auth: whoever can call is the operator. For calls that never leave the process (the command line on the engine).
import type { Parts } from '../../parts.ts'
import type { Principal } from '../access.ts'
import type { AuthFace } from '../server.ts'
import { Auth } from './auth.ts'

const operator: Principal = { userId: null, scopes: new Set(), tier: null, operator: true, name: 'command line' }

export function openAuth({ engine, settings }: Pick<Parts, 'engine' | 'settings'>): AuthFace {
  return {
    configured: false,
    principal: () => operator,
    authorize: () => true,
    mint: (request) => new Auth(engine, settings).mint(request),
  }
}
