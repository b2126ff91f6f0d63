// A page under React's Strict Mode that shows what useJob says, and switches by which tests turn it on and off.
//   ?job=ID   &bars=N: so many bars   &enabled=0   &token=TEXT: instead of asking /token
import { createElement as h, StrictMode, useState, type ReactElement } from 'react'
import { createRoot } from 'react-dom/client'
import { JobProgress, useJob, useJobs, WaybillProvider } from '../../../src/react/index.ts'
import type { Directed } from '../site.fixture.ts'

const query = new URLSearchParams(location.search)
const job = query.get('job')
const bars = Number(query.get('bars') ?? 1)

function Facts({ enabled }: { enabled: boolean }): ReactElement {
  const { job: seen, connection, error, cancel } = useJob<Directed>(job, { enabled })
  const url: string | undefined = seen?.result?.url
  return h(
    'section',
    null,
    h('p', { id: 'facts' }, [seen?.status, seen?.progressMessage, url, error?.code].filter(Boolean).join(' | ')),
    h('p', { id: 'connection' }, connection),
    h('button', { onClick: () => void cancel() }, 'Cancel'),
    ...Array.from({ length: bars }, (_, key) => h(JobProgress, { key, id: enabled ? job : null })),
  )
}

function Mine(): ReactElement {
  const { jobs } = useJobs({ userId: 'me' })
  return h('ul', null, ...jobs.map(({ id, title, status }) => h('li', { key: id }, `${title} ${status}`)))
}

function Page(): ReactElement {
  const [enabled, setEnabled] = useState(query.get('enabled') !== '0')
  const [mounted, setMounted] = useState(true)
  const given = query.get('token')
  const token = given ?? (async () => (await fetch('/token')).text())
  return h(
    WaybillProvider,
    { token },
    h('button', { onClick: () => setEnabled(!enabled) }, 'Enabled'),
    h('button', { onClick: () => setMounted(!mounted) }, 'Mounted'),
    mounted ? h(Facts, { enabled }) : null,
    mounted && query.has('list') ? h(Mine) : null,
  )
}

const root = document.getElementById('root')
if (root) createRoot(root).render(h(StrictMode, null, h(Page)))
