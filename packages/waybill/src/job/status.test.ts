// The status table, written out once more: a move that appears or vanishes must be meant.
import { expect, test } from 'vitest'
import { canMove, isEnd, isStatus, statuses, type Status } from './status.ts'

const table: Record<Status, Status[]> = {
  scheduled: ['scheduled', 'pending', 'failed', 'cancelled'],
  pending: ['scheduled', 'processing', 'failed', 'cancelled'],
  waiting: ['pending', 'waiting', 'failed', 'cancelled'],
  processing: ['scheduled', 'pending', 'waiting', 'processing', 'completed', 'failed', 'cancelled'],
  completed: ['pending'],
  failed: ['pending'],
  cancelled: ['pending'],
}

test.each(statuses)('a job that is %s may move as the table says, and in no other way', (from) => {
  expect(statuses.filter((to) => canMove(from, to))).toEqual(table[from])
})

test('the three end states are ends, and words that are no status are none', () => {
  expect(statuses.filter(isEnd)).toEqual(['completed', 'failed', 'cancelled'])
  expect(['pending', 'done', 'toString', ''].map(isStatus)).toEqual([true, false, false, false])
})
