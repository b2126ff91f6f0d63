// What doctor finds: one line each, with what to do.

import type { Remark } from '../../engine/remark.ts'

export type Finding = Remark

export const ok = (about: string, text: string): Finding => ({ level: 'ok', about, text })
export const warn = (about: string, text: string): Finding => ({ level: 'warn', about, text })
export const fail = (about: string, text: string): Finding => ({ level: 'fail', about, text })
