// What a command works with: the Waybill of the config file and flags, or the API of a server elsewhere.
import { WaybillClient } from '../client/client.ts'
import { defaultEnv } from '../client/env.ts'
import { Transport } from '../client/transport.ts'
import { Said } from '../config/environment.ts'
import { loadConfigFile } from '../config/file.ts'
import { belowEnvironment, type SettingOptions } from '../config/options.ts'
import { Waybill } from '../index.ts'
import { UsageError } from './exit.ts'
import type { Setting } from './verb.ts'

/** Flags > environment > `.env` > config file, as options of createWaybill. */
export async function optionsOf(
  { args, env, cwd }: Setting,
  flags: SettingOptions = {},
): Promise<{ path: string | null; options: Record<string, unknown> }> {
  const { path, options } = await loadConfigFile(cwd, args.text('config') ?? null)
  const engine = args.text('engine')
  const said = engine === undefined ? flags : { engine, ...flags }
  return { path, options: { ...belowEnvironment(options, env, cwd), ...said } }
}

/** The Waybill of the config file, with what the flags say on top. The caller closes it. */
export async function openWaybill(setting: Setting, flags: SettingOptions = {}): Promise<Waybill> {
  const { options } = await optionsOf(setting, flags)
  return new Waybill(options, setting.env, setting.cwd)
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
  const { args, env, cwd } = setting
  const said = new Said(env, cwd)
  const url = args.text('url') ?? said.textOrNull('serverUrl')
  if (url !== null) return apiOf(baseOf(url), args.text('key') ?? said.textOrNull('serverKey'), fetch, async () => {})
  const waybill = await openWaybill(setting)
  await waybill.parts()
  const [{ Face }, { openAuth }] = await Promise.all([import('../http/face.ts'), import('../http/auth/open.ts')])
  const face = new Face(() => waybill.parts(), { auth: openAuth })
  const local: typeof fetch = async (input, init) => face.fetch(new Request(input, init))
  return apiOf(`http://localhost${waybill.settings.basePath}`, null, local, async () => {
    face.stop()
    await waybill.close()
  })
}

// A bare address means the usual path of the API; one with a path is taken as it is.
function baseOf(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new UsageError(`--url: expected an address such as http://127.0.0.1:8012, got "${url}"`)
  return parsed.pathname === '/' ? `${parsed.origin}/api/v1` : url
}

function apiOf(url: string, key: string | null, how: typeof fetch, close: () => Promise<void>): Api {
  const env = { ...defaultEnv, fetch: how }
  return {
    client: new WaybillClient({ url, env, ...(key === null ? {} : { token: key }) }),
    transport: new Transport(url, key ?? undefined, env),
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
  flags: SettingOptions = {},
): Promise<T> {
  const waybill = await openWaybill(setting, flags)
  try {
    return await use(waybill)
  } finally {
    await waybill.close()
  }
}
