// The Waybill that a command works with: config file and flags, or a server elsewhere.
import { WaybillClient } from '../client/client.ts'
import { defaultEnv } from '../client/env.ts'
import { Transport } from '../client/transport.ts'
import { loadConfigFile } from '../config/file.ts'
import { openAuth } from '../http/auth/open.ts'
import { createWaybill, type Waybill } from '../index.ts'
import type { SettingOptions } from '../config/resolve.ts'
import type { Setting } from './verb.ts'

/** The Waybill of the config file, with what the flags say on top. The caller closes it. */
export async function openWaybill({ args, cwd }: Setting, more: SettingOptions = {}): Promise<Waybill> {
  const { options } = await loadConfigFile(cwd, args.text('config') ?? null)
  const engine = args.text('engine')
  return createWaybill({ ...options, ...(engine === undefined ? {} : { engine }), ...more })
}

export interface Api {
  client: WaybillClient
  /** For answers that are printed as the wire has them. */
  transport: Transport
  close(): Promise<void>
}

/**
 * The API that job verbs speak to: a server when `--url` or WAYBILL_URL names one, else the engine itself through the
 * same routes, without a network and as the operator.
 */
async function openApi(setting: Setting): Promise<Api> {
  const { args, env } = setting
  const url = args.text('url') ?? env['WAYBILL_URL']
  if (url) {
    const base = /\/api\//.test(url) ? url : `${url.replace(/\/$/, '')}/api/v1`
    return apiOf(base, args.text('key') ?? env['WAYBILL_API_KEY'], fetch, async () => {})
  }
  const waybill = await openWaybill(setting)
  await waybill.parts()
  const { Face } = await import('../http/face.ts')
  const face = new Face(() => waybill.parts(), { auth: () => openAuth })
  const local: typeof fetch = async (input, init) => face.fetch(new Request(input, init))
  return apiOf(`http://localhost${waybill.settings.basePath}`, undefined, local, async () => {
    face.stop()
    await waybill.close()
  })
}

function apiOf(url: string, key: string | undefined, how: typeof fetch, close: () => Promise<void>): Api {
  const env = { ...defaultEnv, fetch: how }
  return {
    client: new WaybillClient({ url, env, ...(key ? { token: key } : {}) }),
    transport: new Transport(url, key, env),
    close,
  }
}

/** Runs `use` with the API and closes it, whatever happens. */
export async function withApi<T>(setting: Setting, use: (api: Api) => Promise<T>): Promise<T> {
  const api = await openApi(setting)
  try {
    return await use(api)
  } finally {
    await api.close()
  }
}

/** Runs `use` with the Waybill and closes it, whatever happens. */
export async function withWaybill<T>(
  setting: Setting,
  use: (waybill: Waybill) => Promise<T>,
  more: SettingOptions = {},
): Promise<T> {
  const waybill = await openWaybill(setting, more)
  try {
    return await use(waybill)
  } finally {
    await waybill.close()
  }
}
