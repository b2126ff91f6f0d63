// What of React's part needs no browser: pages that a server renders, and what is said to whom uses it wrongly. The
// rest is tested in Chromium (test/front-end).
import { createElement as h, type ReactElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, expectTypeOf, test } from 'vitest'
import { defineJob } from '../index.ts'
import { aJob } from '../page/page.fixture.ts'
import { JobProgress, useJob, useJobs, WaybillClient, WaybillProvider, type ResultOf } from './index.ts'

function Facts({ id }: { id: string | null }): ReactElement {
  const { job, connection, error } = useJob(id)
  const { jobs } = useJobs({ userId: 'me' })
  return h('p', null, JSON.stringify([job, connection, error, jobs.length]))
}

const client = new WaybillClient({
  url: '/api/v1',
  fetch: () => {
    throw new Error('a page that a server renders asks for nothing')
  },
})
const rendered = (...children: ReactElement[]) => renderToString(h(WaybillProvider, { client }, ...children))

test('a server renders what is known before anything was heard, and asks for nothing', () => {
  expect(rendered(h(Facts, { id: 'j1' }))).toBe('<p>[null,&quot;connecting&quot;,null,0]</p>')
  expect(rendered(h(Facts, { id: null }))).toBe('<p>[null,&quot;idle&quot;,null,0]</p>')
})

test('a bar that a server renders says in words what there is to say', () => {
  const job = aJob({ status: 'processing', progressMessage: 'Drawing' })
  const html = renderToString(h(JobProgress, { job, className: 'mine', label: 'Film' }))
  expect(html).toBe('<waybill-progress class="mine" label="Film">Drawing</waybill-progress>')
  expect(rendered(h(JobProgress, { id: 'j1' }))).toContain('>Loading …<')
})

test('outside a provider it says what to do', () => {
  expect(() => renderToString(h(Facts, { id: 'j1' }))).toThrow('put <WaybillProvider client={…}>')
  expect(() => renderToString(h(JobProgress, { id: 'j1' }))).toThrow('<JobProgress id> needs a client')
})

test('the result has the type that the handler of the definition answers', () => {
  const video = defineJob({ type: 'video', run: async () => ({ url: 'x' }) })
  expectTypeOf<ResultOf<typeof video>>().toEqualTypeOf<{ url: string }>()
  expectTypeOf(useJob<typeof video>).returns.toHaveProperty('job')
})
