// Where handlers may run: in the worker itself, in threads of their own, in processes of their own.

export const isolates = ['none', 'thread', 'process'] as const
export type Isolate = (typeof isolates)[number]
