// Every measurement that there is.
import type { Bench } from './figures.ts'
import { drain } from './drain.ts'
import { enqueue } from './enqueue.ts'
import { idle } from './idle.ts'
import { isolation } from './isolation.ts'
import { pickup } from './pickup.ts'
import { status } from './status.ts'

export const benches: Bench[] = [enqueue, drain, pickup, status, idle, isolation]
