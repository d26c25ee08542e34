import { DAY_MS, type DecisionId } from '@paloma/core'
import type { AuditResult, NightlyAudit } from './contract.ts'
import type { Deps } from './deps.ts'
import type { DueWork } from './due-work.ts'
import { dayOf } from './kept-since.ts'
import { othersTurn } from './learned-pages.ts'
import type { Notes } from './notes.ts'
import { pageAudit } from './past-decisions.ts'
import { stepThrough } from './step-through.ts'

/** What the last audit found, in the registry. */
const NIGHTLY_AUDIT = 'nightly-audit'
/** One process of all audits. */
const AUDITOR = 'auditor'
const SUBJECT = 'audit'
/** So many decisions of a day are looked at, its first ones: some seconds of computing. `paloma replay` looks at all. */
const MOST = 10_000
/** So many are replayed before others have their turn, and so many in a step. */
const AT_ONCE = 25
const STEP = 500

interface AuditOptions {
  readonly notes: Notes
  /** Most decisions of a day that are looked at. */
  readonly most?: number
}

type AuditDeps = Pick<Deps, 'store' | 'clock' | 'snapshots'>

/** What the last audit of a night found; undefined before the first. */
export async function lastNightlyAudit(
  registry: Pick<Deps['store']['registry'], 'getSetting'>,
): Promise<NightlyAudit | undefined> {
  const text = await registry.getSetting(NIGHTLY_AUDIT)
  return text === undefined ? undefined : (JSON.parse(text) as NightlyAudit)
}

/**
 * Audits the UTC day that is over, once: every decision is computed again, and choices are held against their probabilities
 * (docs/methods/draw-audit.md). In steps, each of which answers how many decisions it looked at, 0 when there is nothing left to do.
 */
export function nightlyAuditor(deps: AuditDeps, { notes, most: bound = MOST }: AuditOptions): DueWork['audit'] {
  const step = stepThrough(() => auditSteps(deps, { notes, most: bound }))
  return async (most = Infinity) => {
    let total = 0
    for (let taken = 0; taken < most; taken += 1) {
      const done = await step()
      if (done === 0) break
      total += done
    }
    return total
  }
}

async function* auditSteps(deps: AuditDeps, { notes, most }: Required<AuditOptions>): AsyncGenerator<number, void> {
  const { store, clock } = deps
  const day = dayOf(clock.now() - DAY_MS)
  const last = await lastNightlyAudit(store.registry)
  if ((last !== undefined && last.day >= day) || !(await store.lead(AUDITOR))) return
  const audit = pageAudit(deps)
  let after: DecisionId | null = null
  let [checked, sinceStep] = [0, 0]
  for (;;) {
    const page = await store.decisions.listByDay(day, after, Math.min(AT_ONCE, most - checked))
    if (page.length === 0) break
    const before = checked
    checked = await audit.add(page)
    after = page[page.length - 1]!.decisionId
    sinceStep += checked - before
    if (checked >= most) break
    await othersTurn()
    if (sinceStep < STEP) continue
    yield sinceStep
    sinceStep = 0
  }
  const found = foundOf(day, clock.now(), { ...audit.result(), isCut: checked >= most })
  await store.registry.setSetting(NIGHTLY_AUDIT, JSON.stringify(found))
  if (isSound(found)) notes.fine(SUBJECT)
  else notes.failed(SUBJECT, nightlyAuditText(found))
  if (sinceStep > 0) yield sinceStep
}

function foundOf(
  day: string,
  at: number,
  { checked, identical, failures, draws, isCut }: AuditResult & { readonly isCut: boolean },
): NightlyAudit {
  const [first] = failures
  const why = first?.fault?.code ?? first?.differences[0]?.pointer ?? 'differs'
  return {
    ...{ day, at, checked, isCut },
    differing: checked - identical,
    first: first === undefined ? null : { decisionId: first.decisionId, why },
    suspects: draws.filter(({ isSuspect }) => isSuspect).map(({ policy }) => policy),
  }
}

/** Whether every decision came out the same, and choices fell as their probabilities say. */
export function isSound({ differing, suspects }: NightlyAudit): boolean {
  return differing === 0 && suspects.length === 0
}

/** One line for people. */
export function nightlyAuditText({ day, checked, isCut, differing, first, suspects }: NightlyAudit): string {
  if (checked === 0) return `${day}: no decisions`
  const which = `${isCut ? 'the first ' : ''}${checked} decisions`
  const replayed =
    first === null
      ? `${which} come out the same`
      : `${differing} of ${which} do not come out the same, first ${first.decisionId} (${first.why})`
  const drawn =
    suspects.length === 0 ? '' : `; choices of ${suspects.join(', ')} do not fall as their probabilities say`
  return `${day}: ${replayed}${drawn}`
}
