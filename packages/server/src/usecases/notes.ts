import type { EpochMs } from '@paloma/core'

/** Says what goes wrong, once per subject and then ever more rarely, and when it is over. */
export interface Notes {
  /** Something to be said once. */
  say(text: string): void
  failed(subject: string, reason: string): void
  /** Ends the trouble with a subject, if there was any. */
  fine(subject: string): void
}

const FIRST_SILENCE_MS = 60_000
const LONGEST_SILENCE_MS = 3_600_000

interface Trouble {
  /** Failures that were not said. */
  readonly unsaid: number
  readonly silentUntil: EpochMs
  readonly silenceMs: number
}

/** Notes that `print` gets as whole lines; `now` is the machine's clock. */
export function createNotes(print: (line: string) => void, now: () => EpochMs): Notes {
  const troubles = new Map<string, Trouble>()
  return {
    say: (text) => print(`${text}\n`),
    failed(subject, reason) {
      const known = troubles.get(subject)
      const at = now()
      if (known !== undefined && at < known.silentUntil) {
        troubles.set(subject, { ...known, unsaid: known.unsaid + 1 })
        return
      }
      const silenceMs = known === undefined ? FIRST_SILENCE_MS : Math.min(2 * known.silenceMs, LONGEST_SILENCE_MS)
      const more = known === undefined || known.unsaid === 0 ? '' : ` (and ${known.unsaid} times before)`
      troubles.set(subject, { unsaid: 0, silentUntil: at + silenceMs, silenceMs })
      print(`${subject}: ${reason}${more}\n`)
    },
    fine(subject) {
      if (troubles.delete(subject)) print(`${subject}: works again\n`)
    },
  }
}

/** For those who do not want to hear. */
export const NO_NOTES: Notes = { say() {}, failed() {}, fine() {} }
