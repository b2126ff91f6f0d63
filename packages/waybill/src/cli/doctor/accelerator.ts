// What doctor says of the accelerator, if one is set.
import { inspectAccelerator } from '../../accelerator/inspect.ts'
import { idleAccelerator } from '../../config/accelerator.ts'
import type { Environment } from '../../config/environment.ts'
import type { Settings } from '../../config/settings.ts'
import { systemClock } from '../../lib/clock.ts'
import { warn, type Finding } from './finding.ts'

export async function acceleratorFindings(settings: Settings, env: Environment, cwd: string): Promise<Finding[]> {
  const { accelerator, engineUrl } = settings
  if (accelerator !== null) return inspectAccelerator(accelerator.url, systemClock)
  return idleAccelerator({ engine: engineUrl }, env, cwd).map((text) => warn('accelerator', text))
}
