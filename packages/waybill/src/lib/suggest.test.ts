// "Did you mean": how near is near enough, by the number of single mistakes.
import { expect, test } from 'vitest'
import { didYouMean, nearest } from './suggest.ts'

test.each([
  ['queue', 'queue'],
  ['QUEUE', 'queue'], // whatever the case
  ['queu', 'queue'], // a letter left out
  ['queuee', 'queue'], // one too many
  ['xqueue', 'queue'],
  ['quexe', 'queue'], // another one
  ['qeuue', 'queue'], // two swapped
  ['prio', null], // four letters, one mistake at most
  ['typ', 'type'],
  ['metadaat', 'metadata'],
  ['metdaaat', 'metadata'], // eight letters, two mistakes
  ['mtdaaata', null],
  ['', null],
])('%j: %j is meant', (word, meant) => {
  expect(nearest(word, ['type', 'queue', 'priority', 'metadata'])).toBe(meant)
})

test('of two that are as near, the first is meant', () => {
  expect(nearest('bat', ['cat', 'rat'])).toBe('cat')
})

test('words of 64 letters are compared, longer ones are not worth it', () => {
  const word = 'x'.repeat(63)
  expect([nearest(word, [`${word}y`]), nearest(`${word}z`, [`${word}y`])]).toEqual([`${word}y`, `${word}y`])
  expect([nearest(word, [`${word}yz`]), nearest(`${word}yz`, [word])]).toEqual([null, null])
})

test('the sentence is there when there is something to say', () => {
  expect([didYouMean('tpye', ['type']), didYouMean('zebra', ['type'])]).toEqual([' Did you mean "type"?', ''])
})
