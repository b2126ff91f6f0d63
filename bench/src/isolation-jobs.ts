// The jobs of the isolation bench, in a module that children can load.
import { defineJob } from 'waybill'

export const small = defineJob<{ n: number; text: string }, { ok: boolean }>({
  type: 'small',
  run: async () => ({ ok: true }),
})

/** Keeps its thread or process to itself. */
export const endless = defineJob<null>({
  type: 'endless',
  retry: { attempts: 1 },
  run() {
    for (;;);
  },
})
