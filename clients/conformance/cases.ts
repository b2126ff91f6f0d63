// Everything that a server of the worker protocol owes. Each case has a queue of its own on the server under test.
import { beatCases } from './beat-cases.ts'
import type { Case } from './case.ts'
import { leaseCases } from './lease-cases.ts'
import { wordCases } from './word-cases.ts'

export const cases: Case[] = [...leaseCases, ...beatCases, ...wordCases]
