// A page without any framework: the element, and what it tells.
import '../../../src/element/index.ts'
import type { WaybillProgressDetail } from '../../../src/element/index.ts'
import { defineProgress } from '../../../src/element/define.ts'

const told: string[] = []
const note = (event: Event) => {
  if (!(event instanceof CustomEvent)) return
  const { state, percent }: WaybillProgressDetail = event.detail
  told.push(`${event.type} ${state} ${percent}`)
  document.body.dataset['told'] = told.join(', ')
}
document.addEventListener('waybill-change', note)
document.addEventListener('waybill-end', note)

defineProgress() // once more, as by a second copy of the module
