// The progress page: one static HTML document that watches one job by EventSource. Text is only ever set as text, and the
// policy allows nothing but this very script and style, by their hashes.

import { createHash } from 'node:crypto'

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 15vh auto 0; padding: 0 1rem; }
#bar { height: 1.5rem; border: 1px solid; border-radius: .75rem; overflow: hidden; }
#fill { height: 100%; width: 0; background: #2f6f4f; transition: width .2s; }
[data-status=failed] #fill, [data-status=cancelled] #fill { background: #a33; }
#connection { min-height: 1.5em; font-style: italic; }
.row { display: flex; justify-content: space-between; gap: 1rem; }`

const SCRIPT = `
'use strict'
const at = (id) => document.getElementById(id)
const id = new URLSearchParams(location.search).get('job') || ''
const ended = (status) => ['completed', 'failed', 'cancelled'].includes(status)
let state = { rev: -1 }
let source

function show() {
  const percent = Math.floor((state.progress || 0) * 100)
  document.body.dataset.status = state.status || ''
  at('title').textContent = state.title || 'Your document'
  at('stage').textContent = ended(state.status) ? state.status : state.stage || state.status || ''
  at('percent').textContent = percent + ' %'
  at('message').textContent = (state.error && state.error.message) || state.progress_message || state.wait_text || ''
  at('bar').setAttribute('aria-valuenow', String(percent))
  at('bar').setAttribute('aria-valuetext', percent + ' percent, ' + at('stage').textContent)
  at('fill').style.width = percent + '%'
}

function take(event) {
  const news = JSON.parse(event.data)
  say('')
  if (news.job_id !== id || news.rev <= state.rev) return
  state = Object.assign({}, state, news)
  show()
  if (ended(state.status)) source.close()
}

function say(text) { at('connection').textContent = text }

function connect() {
  source = new EventSource('/api/v1/jobs/' + encodeURIComponent(id) + '/events')
  source.addEventListener('job', take)
  source.addEventListener('progress', take)
  source.addEventListener('gone', () => { say('This job is no longer kept.'); source.close() })
  source.onopen = () => say('')
  source.onerror = () => {
    say('Connection lost; trying again.')
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000)
  }
}

if (id) connect()
else say('Add ?job= and the id of a job to the address.')`

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>Converting a document</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1 id="title">Your document</h1>
<div id="bar" role="progressbar" aria-label="Conversion" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div id="fill"></div></div>
<p class="row"><strong id="stage"></strong><span id="percent">0 %</span></p>
<p id="message" role="status"></p>
<p id="connection" role="status"></p>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': [
    "default-src 'none'",
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
}
