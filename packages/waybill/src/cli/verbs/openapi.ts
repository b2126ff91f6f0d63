// `waybill openapi`
import { openAuth } from '../../http/auth/open.ts'
import { Face } from '../../http/face.ts'
import { commonFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withWaybill } from '../open.ts'
import type { Verb } from '../verb.ts'

export const openapi: Verb = {
  usage: '',
  words: 0,
  summary: 'print the OpenAPI 3.1 document',
  flags: commonFlags,
  async run(setting) {
    const text = await withWaybill(
      setting,
      async (waybill) => {
        const face = new Face(() => waybill.parts(), { auth: openAuth })
        return (await face.fetch(new Request('http://localhost/openapi.json'))).text()
      },
      { engine: 'sqlite::memory:' },
    )
    setting.terminal.out(`${text}\n`)
    return exitCodes.ok
  },
}
