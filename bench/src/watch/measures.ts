// Every measurement of watching, in the order of a run.
import type { Measure } from './measure.ts'
import { pollers } from './pollers.ts'

export const measures: Measure[] = [pollers]
