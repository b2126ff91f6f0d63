// Every measurement of watching, in the order of a run.
import { drained } from './drained.ts'
import type { Measure } from './measure.ts'
import { openStreams } from './open-streams.ts'
import { paused } from './paused.ts'
import { pollers } from './pollers.ts'
import { progress } from './progress.ts'
import { status } from './status.ts'

export const measures: Measure[] = [pollers, status, openStreams, progress, paused, drained]
