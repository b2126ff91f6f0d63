// What an engine URL says, and what is wrong with one that cannot be read.
import { expect, test } from 'vitest'
import { placeOf } from './place.ts'

test('one server: host, port and database, the defaults of Redis for what is left out', () => {
  expect(placeOf('redis://example.org:7000/3')).toMatchObject({
    hosts: [{ host: 'example.org', port: 7000 }],
    db: 3,
    tls: false,
    cluster: false,
    prefix: 'wb:',
    shards: 1,
  })
  expect(placeOf('redis://')).toMatchObject({ hosts: [{ host: 'localhost', port: 6379 }], db: 0 })
  expect(placeOf('rediss://h')).toMatchObject({ tls: true })
  expect(placeOf('valkeys://[::1]:1')).toMatchObject({ tls: true, hosts: [{ host: '::1', port: 1 }] })
})

test('user and password are decoded', () => {
  expect(placeOf('redis://ada:p%40ss%3A@h')).toMatchObject({ username: 'ada', password: 'p@ss:' })
  expect(placeOf('redis://:secret@h')).toMatchObject({ username: null, password: 'secret' })
})

test('several hosts are a cluster, or the sentinels that know a master', () => {
  expect(placeOf('redis://a:1,b:2,c')).toMatchObject({ cluster: true, hosts: [{}, {}, { host: 'c', port: 6379 }] })
  expect(placeOf('redis://entry?cluster=1').cluster).toBe(true)
  expect(placeOf('redis://s1,s2?sentinel=mymaster')).toMatchObject({
    cluster: false,
    sentinel: 'mymaster',
    hosts: [{ host: 's1', port: 26_379 }, { host: 's2' }],
  })
})

test.each([
  ['redis://h?prefx=x', /unknown setting "prefx".*prefix/],
  ['redis://h?prefix={0}', /prefix is 1 to 64/],
  ['redis://h?shards=0', /shards is a whole number from 1 to 256/],
  ['redis://h/one', /the database is a whole number/],
  ['redis://h?durability=maybe', /durability can only be "durable"/],
  ['redis:h', /write redis:\/\/host:6379/],
])('%s is refused with what is wrong', (url, why) => {
  expect(() => placeOf(url)).toThrow(why)
})

test('no message tells the password', () => {
  const told = (url: string) => {
    try {
      placeOf(url)
    } catch (error) {
      return String(error)
    }
    return ''
  }
  expect(told('redis://ada:hunter2@h/x?prefx=1')).not.toContain('hunter2')
  expect(told('redis://ada:hunter2@h/x')).not.toContain('hunter2')
})
