// No auth: whoever can call is the operator. For calls that never leave the process (the command line on the engine).
import { WaybillError } from '../../job/errors.ts'
import type { Principal } from '../access.ts'
import type { AuthFace } from '../server.ts'

const operator: Principal = { userId: null, scopes: new Set(), tier: null, operator: true, name: 'operator' }

export const openAuth: AuthFace = {
  configured: false,
  principal: () => operator,
  authorize: () => true,
  mint() {
    throw new WaybillError('insufficient_scope', 'tokens are minted by a server with auth configured')
  },
}
