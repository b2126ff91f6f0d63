// The pages. `html` escapes whatever is put into it; there is no script and no style in the markup, so that the strictest
// content policy holds.
import { html } from 'hono/html'
import { artStyles, type Character } from '../character.ts'
import type { GenerationStatus } from '../generation.ts'

export type Html = ReturnType<typeof html>

function page(title: string, body: Html, head: Html | '' = ''): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/look.css">
${head}
</head>
<body>
<nav><a href="/characters">Characters</a><a href="/characters/new">New character</a></nav>
<main>${body}</main>
</body>
</html>`
}

export const listPage = (characters: Character[]): Html =>
  page(
    'Characters',
    html`<h1>Characters</h1>
${characters.length > 0 ? html`<ul class="gallery">${characters.map(tile)}</ul>` : html`<p>There is nobody here yet. <a href="/characters/new">Make the first one.</a></p>`}`,
  )

const tile = ({ id, name, character_image_url }: Character): Html =>
  html`<li><a href="/characters/${id}">${character_image_url ? html`<img src="/characters/${id}/thumbnail.png" alt="" width="160" height="160">` : html`<span class="unpainted"></span>`}<span>${name}</span></a></li>`

export const characterPage = ({ id, name, age, gender, personality_profile, art_style }: Character): Html =>
  page(
    name,
    html`<article>
<img class="portrait" src="/characters/${id}/portrait.png" alt="Portrait of ${name}" width="1024" height="1024">
<div><h1>${name}</h1>
<p>${gender}, ${age}${personality_profile ? `, ${personality_profile}` : ''}. Drawn as ${art_style}.</p>
<p><a href="/characters/${id}/portrait.png" download="${name}.png">Download the portrait</a></p></div>
</article>`,
  )

/** `entered`: what had been filled in when `fault` was found. */
export const formPage = (entered: Record<string, unknown> = {}, fault: string | null = null): Html => {
  const value = (field: string) => (typeof entered[field] === 'string' ? entered[field] : '')
  const chosen = (style: string) => style === (entered['art_style'] ?? artStyles[0])
  return page(
    'New character',
    html`<h1>New character</h1>
${fault === null ? '' : html`<p class="fault" role="alert">${fault}</p>`}
<form method="post" action="/characters" enctype="multipart/form-data">
<label>Name <input name="name" required maxlength="100" autocomplete="off" value="${value('name')}"></label>
<div class="row">
<label>Age <input name="age" type="number" required min="0" max="150" value="${value('age')}"></label>
<label>Gender <input name="gender" required maxlength="20" list="genders" value="${value('gender')}"></label>
<datalist id="genders"><option value="woman"><option value="man"><option value="non-binary"></datalist>
</div>
<label>Personality <input name="personality_profile" maxlength="50" placeholder="curious, stubborn" value="${value('personality_profile')}"></label>
<fieldset><legend>Art style</legend><div class="styles">
${artStyles.map((style) => html`<label><input type="radio" name="art_style" value="${style}" ${chosen(style) ? 'checked' : ''}><img src="/art-styles/${style}.svg" alt="" width="96" height="96">${style}</label>`)}
</div></fieldset>
<label>Reference photo <input name="reference_photo" type="file" accept="image/png,image/jpeg" aria-describedby="photo-hint"></label>
<p id="photo-hint" class="hint">Optional. PNG or JPEG, up to 5 MB. Its colours become the background.</p>
<button>Create character</button>
</form>`,
  )
}

/** Without scripts the page loads itself anew every 3 s; `generating.mjs` does better. */
export const generatingPage = (name: string, status: GenerationStatus): Html =>
  page(
    'Creating your character',
    html`<section id="generation" class="card" data-character-id="${status.character_id}" data-status="${status.generation_status}">
<div class="spinner" aria-hidden="true"></div>
<h1>Creating ${name}</h1>
<p id="current-status" role="status">${status.progress_message || 'Preparing your character...'}</p>
<div class="row"><label for="progress-bar">Progress</label><span id="progress-text">${Math.round(status.progress_percentage)}%</span></div>
<progress id="progress-bar" max="100" value="${status.progress_percentage}"></progress>
<p id="connection" class="hint" role="status"></p>
<form id="again" method="post" action="/characters/${status.character_id}/retry" enctype="multipart/form-data">
<label>Another photo, if you like <input name="reference_photo" type="file" accept="image/png,image/jpeg"></label>
<button>Try again</button>
</form>
</section>`,
    html`<script type="module" src="/assets/generating.mjs"></script>
<noscript><meta http-equiv="refresh" content="3"></noscript>`,
  )

export const faultPage = (fault: string): Html =>
  page('Not possible', html`<h1>That did not work</h1><p class="fault" role="alert">${fault}</p>`)
