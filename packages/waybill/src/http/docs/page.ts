// The same document as a page to read: plain HTML without script, whose style is allowed by its hash alone.
import { sha256 } from '../../lib/ids.ts'
import type { OpenApi, Operation } from './openapi.ts'

export interface Page {
  html: string
  csp: string
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem }
code, pre { font: 0.9em ui-monospace, monospace }
details { border: 1px solid #8885; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
.verb { display: inline-block; min-width: 4.5rem; font-weight: 700 }
table { border-collapse: collapse; margin: .5rem 0 }
td { padding: .15rem .8rem .15rem 0; vertical-align: top }
pre { overflow: auto; max-height: 30rem; background: #8881; padding: .6rem; border-radius: 6px }
`

export function docsPage(document: OpenApi): Page {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationHtml(method, path, operation)),
  )
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => schemaHtml(name, schema))
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Waybill API</title><style>${style}</style>
<h1>Waybill API</h1><p>${escape(document.info.description)} The same as data: <a href="openapi.json">openapi.json</a>.</p>
<h2>Requests</h2>${operations.join('\n')}
<h2>Schemas</h2>${schemas.join('\n')}
</html>
`
  const hash = Buffer.from(sha256(style), 'hex').toString('base64')
  return {
    html,
    csp: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

function operationHtml(method: string, path: string, operation: Operation): string {
  const { summary, description = '', parameters, responses, requestBody } = operation
  const rows = parameters.map(({ name, in: place, description: text }) =>
    row(`<code>${escape(name)}</code> (${place})`, text),
  )
  const answers = Object.entries(responses).map(([status, { description: text }]) => row(status, text))
  return `<details><summary><span class="verb">${method.toUpperCase()}</span> <code>${escape(path)}</code> — ${escape(summary)}</summary>
<p>${escape(description)}</p>${table(rows)}${requestBody ? `<p>Body: ${reference(requestBody)}</p>` : ''}${table(answers)}</details>`
}

function schemaHtml(name: string, schema: object): string {
  return `<details id="${escape(name)}"><summary><code>${escape(name)}</code></summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`
}

function reference(body: object): string {
  const name = /#\/components\/schemas\/(\w+)/.exec(JSON.stringify(body))?.[1] ?? ''
  return `<a href="#${name}">${name}</a>`
}

function table(rows: string[]): string {
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`
}

function row(left: string, right: string): string {
  return `<tr><td>${left}</td><td>${escape(right)}</td></tr>`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
