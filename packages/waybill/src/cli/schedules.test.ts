// `waybill schedules`, on the engine itself.
import { afterAll, describe, expect, test } from 'vitest'
import { Place } from './cli.fixture.ts'

const place = new Place()
const run = (...words: string[]) => place.run(['schedules', ...words])
afterAll(() => place.remove())

describe('waybill schedules', () => {
  test('put, list, pause, trigger, rm: the way of a schedule', async () => {
    const how = ['--cron', '0 3 * * *', '--timezone', 'Europe/Berlin', '--type', 'math.add', '-i', '{"a":1,"b":2}']
    const made = await run('put', 'nightly', ...how, '--user', 'ann')
    expect(made.code).toBe(0)
    expect(JSON.parse(made.out)).toMatchObject({
      key: 'nightly',
      job: { type: 'math.add', input: { a: 1, b: 2 }, user_id: 'ann' },
    })
    expect(JSON.parse((await run('pause', 'nightly')).out)).toMatchObject({ paused: true, next_runs: [] })
    expect(JSON.parse((await run()).out)).toMatchObject({ items: [{ key: 'nightly', paused: true }] })
    expect(JSON.parse((await run('trigger', 'nightly')).out)).toMatchObject({ schedule_key: 'nightly', user_id: 'ann' })
    const unsure = await run('rm', 'nightly')
    expect([unsure.code, unsure.talk]).toEqual([2, expect.stringContaining('add --yes')])
    expect((await run('rm', 'nightly', '--yes')).code).toBe(0)
    expect((await run('get', 'nightly')).code).toBe(6)
  })

  test('what is wrong is a usage error that says what to write', async () => {
    const cron = await run('put', 'k', '--cron', '0 0 30 2 *', '--type', 'math.refuse')
    expect([cron.code, cron.talk]).toEqual([2, expect.stringContaining('would never run')])
    const action = await run('resum', 'k')
    expect([action.code, action.talk]).toEqual([2, expect.stringContaining('Did you mean "resume"?')])
    const type = await run('put', 'k', '--every', '5m')
    expect([type.code, type.talk]).toEqual([2, expect.stringContaining('--type is missing')])
  })
})
