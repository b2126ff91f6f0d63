// What doctor finds: one line each, with what to do.

export interface Finding {
  level: 'ok' | 'warn' | 'fail'
  about: string
  text: string
}

export const ok = (about: string, text: string): Finding => ({ level: 'ok', about, text })
export const warn = (about: string, text: string): Finding => ({ level: 'warn', about, text })
export const fail = (about: string, text: string): Finding => ({ level: 'fail', about, text })
