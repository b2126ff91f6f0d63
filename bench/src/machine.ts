// What the figures were measured on. Printed first, since figures of a busy machine mean little.
import { cpus, loadavg } from 'node:os'

export interface Machine {
  processors: number
  model: string
  node: string
  load: number
  mega_adds_per_s: number
}

export function machine(): Machine {
  return {
    processors: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.version,
    load: loadavg()[0] ?? 0,
    mega_adds_per_s: calibrate(),
  }
}

export function machineLine({ processors, model, node, load, mega_adds_per_s }: Machine): string {
  return `${processors} × ${model}, Node ${node}, load ${load.toFixed(2)}, ${mega_adds_per_s} M adds/s`
}

// Million additions a second on one core: tells a slow machine from slow code.
function calibrate(): number {
  const start = performance.now()
  let sum = 0
  for (let i = 0; i < 2e8; i++) sum = (sum + i) | 0
  return sum === 1 ? 0 : Math.round(2e5 / (performance.now() - start))
}
