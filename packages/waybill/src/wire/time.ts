// Times on the wire: RFC 3339, UTC, milliseconds, `Z`.

export function toWireTime(ms: number): string {
  return new Date(ms).toISOString()
}

export function toWireTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toWireTime(ms)
}
