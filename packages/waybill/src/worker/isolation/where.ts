// Whether this program is a child of an isolated worker: there a module that starts a worker would start children without end.

let isChild = false

export function becomeChild(): void {
  isChild = true
}

/** Throws in a child. */
export function refuseInChild(): void {
  if (!isChild) return
  throw new Error(
    'worker: an isolated worker loads this module in each child, and it must not start a worker there; move its jobs to a module that only defines them',
  )
}
