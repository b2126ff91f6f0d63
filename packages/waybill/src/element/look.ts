// How it looks, as one constructed style sheet for all elements: no <style>, no style attribute, so that a page with
// `default-src 'self'` shows it. Pages theme it by --waybill-… and ::part().

const css = `
:host { --_accent: var(--waybill-accent, #1d4ed8); --_done: var(--waybill-done, #15803d);
  --_failed: var(--waybill-failed, #b91c1c); --_track: var(--waybill-track, color-mix(in srgb, currentColor 16%, transparent));
  --_fill: var(--_accent); display: block; font: inherit; line-height: 1.4; max-inline-size: 100%; }
@supports (color: light-dark(red, red)) {
  :host { --_accent: var(--waybill-accent, light-dark(#1d4ed8, #8ab4ff)); --_done: var(--waybill-done, light-dark(#15803d, #6ee7a0));
    --_failed: var(--waybill-failed, light-dark(#b91c1c, #ff9b94)); }
}
:host([hidden]) { display: none; }
[part='bar'] { block-size: var(--waybill-size, 0.5em); border-radius: var(--waybill-radius, 1em); background: var(--_track); overflow: hidden; }
[part='fill'] { block-size: 100%; border-radius: inherit; background: var(--_fill); transition: inline-size 0.2s ease-out; }
[part='line'] { display: flex; justify-content: space-between; gap: 1em; margin-block-start: 0.35em; }
[part='text'] { min-inline-size: 0; overflow-wrap: anywhere; }
[part='percent'] { white-space: nowrap; font-variant-numeric: tabular-nums; }
[part='detail'] { font-size: 0.85em; opacity: 0.8; overflow-wrap: anywhere; }
[part='detail']:empty { display: none; }
.unknown { inline-size: 0; }
:host([data-state='running']) .unknown, :host([data-state='connecting']) .unknown { inline-size: 30%; animation: pass 1.6s ease-in-out infinite alternate; }
:host([data-state='done']) { --_fill: var(--_done); }
:host([data-state='failed']) { --_fill: var(--_failed); }
:host([data-state='failed']) [part='text'] { color: var(--_failed); }
:host([data-state='cancelled']), :host([data-state='retrying']), :host([data-lost]) { --_fill: color-mix(in srgb, currentColor 50%, transparent); }
.spoken { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@keyframes pass { from { margin-inline-start: 0; } to { margin-inline-start: 70%; } }
@media (prefers-reduced-motion: reduce) {
  [part='fill'] { transition: none; }
  :host([data-state='running']) .unknown, :host([data-state='connecting']) .unknown { inline-size: 100%; opacity: 0.4; animation: none; }
}
@media (forced-colors: active) {
  [part='bar'] { border: 1px solid CanvasText; background: Canvas; }
  [part='fill'] { background: Highlight; forced-color-adjust: none; }
}`

let made: CSSStyleSheet | null = null

export function look(): CSSStyleSheet {
  if (made) return made
  made = new CSSStyleSheet()
  made.replaceSync(css)
  return made
}
