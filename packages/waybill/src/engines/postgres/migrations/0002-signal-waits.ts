// Layout 2. Waits for signals end by themselves: an index of their own, since few jobs wait and many are scheduled.
export const signalWaits = `
CREATE INDEX live_by_deadline ON wb.live (run_at) WHERE status = 'waiting' AND wait_reason = 'signal';
`
