// Shows how a portrait stands: live over server-sent events, and where those do not get through by asking every 3 s. Both
// tell the same JSON. Text goes into the page as text.
const at = (id) => document.getElementById(id)
const section = at('generation')
const address = `/api/characters/${section.dataset.characterId}`

/** True when there is nothing more to come. */
function show({ generation_status, progress_percentage, progress_message }) {
  section.dataset.status = generation_status
  at('progress-bar').value = progress_percentage
  at('progress-text').textContent = `${Math.round(progress_percentage)}%`
  if (progress_message) at('current-status').textContent = progress_message
  if (generation_status === 'completed') setTimeout(leave, 2000)
  return generation_status === 'completed' || generation_status === 'failed'
}

const leave = () => location.replace(`/characters/${section.dataset.characterId}`)

async function poll() {
  const answer = await fetch(`${address}/generation-status`).catch(() => null)
  at('connection').textContent = answer?.ok ? '' : 'Connection lost, trying again.'
  const ended = answer?.ok && show(await answer.json())
  if (!ended) setTimeout(poll, 3000)
}

function listen() {
  const events = new EventSource(`${address}/generation-events`)
  events.onmessage = ({ data }) => show(JSON.parse(data)) && events.close()
  events.onerror = () => {
    events.close()
    poll()
  }
}

if (section.dataset.status !== 'failed') listen()
