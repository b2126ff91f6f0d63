// The inside of an element: made once, then only what has changed is written. Text goes in as text, never as markup.
import type { Presentation } from '../page/present.ts'
import { look } from './look.ts'
import { spokenText } from './spoken.ts'

export class Drawing {
  readonly #host: HTMLElement
  readonly #bar = part('bar')
  readonly #fill = part('fill')
  readonly #text = part('text')
  readonly #percent = part('percent')
  readonly #detail = part('detail')
  readonly #spoken = document.createElement('div')
  #lastSpoken = ''

  constructor(host: HTMLElement) {
    this.#host = host
    setAll(this.#bar, { role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' })
    setAll(this.#percent, { 'aria-hidden': 'true' })
    setAll(this.#spoken, { role: 'status', 'aria-live': 'polite', class: 'spoken' })
    this.#bar.append(this.#fill)
    const line = part('line')
    line.append(this.#text, this.#percent)
    const root = host.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [look()]
    root.append(this.#bar, line, this.#detail, this.#spoken)
  }

  draw(shown: Presentation, label: string): void {
    const { state, percent, text, detail, lost } = shown
    setAll(this.#host, { 'data-state': state, 'data-lost': lost ? '' : null })
    setAll(this.#bar, {
      'aria-label': label,
      'aria-valuenow': percent === null ? null : String(percent),
      'aria-valuetext': percent === null ? text : `${percent} %: ${text}`,
    })
    this.#fill.style.inlineSize = percent === null ? '' : `${percent}%`
    this.#fill.classList.toggle('unknown', percent === null)
    write(this.#text, text)
    write(this.#percent, percent === null ? '' : `${percent} %`)
    write(this.#detail, detail ?? '')
    this.#speak(spokenText(shown))
  }

  // Not what is known first: a page of many bars would read them all aloud.
  #speak(text: string): void {
    if (this.#lastSpoken !== '' && text !== this.#lastSpoken) write(this.#spoken, text)
    this.#lastSpoken = text
  }
}

function part(name: string): HTMLElement {
  const element = document.createElement('div')
  element.setAttribute('part', name)
  return element
}

/** Null takes the attribute away. */
function setAll(element: HTMLElement, attributes: Record<string, string | null>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) element.removeAttribute(name)
    else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
  }
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
