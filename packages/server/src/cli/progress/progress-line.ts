import type { Output } from '../print/index.ts'

/** Says on stderr how far a long task is. */
export interface ProgressLine {
  readonly update: (text: string) => void
  /** Ends the line, so that what follows starts on its own. */
  readonly done: () => void
}

/** How often a terminal line is rewritten, and how often a plain log gets a line. */
const REWRITE_MS = 100
const LOG_MS = 5_000
const ERASE_LINE = '\r\u001b[2K'

/** A line that is rewritten on a terminal; elsewhere a new line every five seconds, so that logs stay short. */
export function progressLine(output: Output, now: () => number = Date.now): ProgressLine {
  const every = output.isInteractive ? REWRITE_MS : LOG_MS
  let last = output.isInteractive ? Number.NEGATIVE_INFINITY : now()
  let isShown = false
  return {
    update: (text) => {
      const time = now()
      if (time - last < every) return
      last = time
      isShown = true
      output.note(output.isInteractive ? `${ERASE_LINE}${text}` : `${text}\n`)
    },
    done: () => {
      if (isShown && output.isInteractive) output.note(ERASE_LINE)
      isShown = false
    },
  }
}
