// The bar in the terminal: redrawn in place on a TTY, plain lines (one per stage and tenth) anywhere else.

export interface BarState {
  progress: number | null
  stage: string | null
  message: string | null
}

export interface Output {
  isTTY?: boolean
  columns?: number
  write(text: string): unknown
}

export interface Bar {
  show: (state: BarState) => void
  end: () => void
}

export const makeBar = (output: Output): Bar => (output.isTTY ? drawnBar(output) : plainBar(output))

const percentOf = ({ progress }: BarState): number => Math.floor((progress ?? 0) * 100)

function drawnBar(output: Output): Bar {
  const width = 30
  return {
    show: (state) => {
      const filled = Math.round((state.progress ?? 0) * width)
      const bar = '█'.repeat(filled) + '░'.repeat(width - filled)
      const text = `${bar} ${String(percentOf(state)).padStart(3)} %  ${(state.stage ?? '').padEnd(11)} ${printable(state.message ?? '')}`
      output.write(`\r\u001b[2K${text.slice(0, (output.columns ?? 80) - 1)}`)
    },
    end: () => void output.write('\n'),
  }
}

function plainBar(output: Output): Bar {
  let last = ''
  return {
    show: (state) => {
      const step = `${state.stage} ${Math.floor(percentOf(state) / 10)}`
      if (step === last) return
      last = step
      output.write(
        `${String(percentOf(state)).padStart(3)} %  ${(state.stage ?? 'waiting').padEnd(11)} ${printable(state.message ?? '')}\n`,
      )
    },
    end: () => {},
  }
}

/** A document's name must not move the cursor. */
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
