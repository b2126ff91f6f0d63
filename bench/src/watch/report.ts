// How a run is told: a line a figure, with what is wanted of it and whether it is reached.
import { line, type Figure } from '../figures.ts'

export function told(figure: Figure): string {
  const text = line({ ...figure, name: figure.name.padEnd(62) })
  return figure.target ? `${text} ${isMet(figure) ? '✓' : '✗ missed'}` : text
}

function isMet({ value, target }: Figure): boolean {
  if (!target) return true
  return target.at === 'least' ? value >= target.value : value <= target.value
}
