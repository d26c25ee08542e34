import { checkEvaluationLog } from './check-evaluation-log.ts'
import type { EvaluationLog } from './evaluation-log.ts'
import { checkColumn, FINITE, INDEX, logFault } from './log-fault.ts'

/**
 * Slates that were chosen with known probabilities: slate i has the positions `offsets[i]` to `offsets[i + 1] − 1`, first to last. Which
 * estimators there are follows from which probabilities both policies have.
 */
export interface SlateLog {
  readonly offsets: ArrayLike<number>
  /** By slate: whose it was. Slates of one user depend on one another. */
  readonly users: ArrayLike<number>
  /** By position: what followed the action there. A slate's reward is the sum. */
  readonly rewards: readonly UnitReward[]
  /** Of what was chosen, by the policy that chose it. */
  readonly logging: SlateProbabilities
  /** Of what was chosen, by the policy that is to be judged. */
  readonly target: SlateProbabilities
  /**
   * Positions as decisions, each given those before it, with both policies' distributions by action: what Cascade-DR's model and the support
   * are taken from. `users` by position; rewards are not read.
   */
  readonly steps?: EvaluationLog
}

/** One objective's rewards. */
export interface UnitReward {
  readonly name: string
  readonly values: ArrayLike<number>
  /** Follows from what was done alone, as messages and their cost do. */
  readonly isExact?: boolean
}

/** Probabilities of what was chosen. */
export interface SlateProbabilities {
  /** By slate: of all its positions together. */
  readonly joint?: ArrayLike<number>
  /** By position: of its action there, whatever stands before it. */
  readonly position?: ArrayLike<number>
  /** By position: of this action and all before it. */
  readonly prefix?: ArrayLike<number>
}

/** Throws EVALUATION_LOG_INVALID, which names column, row, value and expectation, unless a log is what `SlateLog` says. */
export function checkSlateLog(log: SlateLog): void {
  const { offsets, users, rewards, steps } = log
  const slates = users.length
  if (slates === 0) throw logFault('users', 'at least one slate', 'none')
  checkOffsets(offsets, slates)
  const rows = offsets[slates]!
  if (rewards.length === 0) throw logFault('rewards', 'at least one objective', 'none')
  for (const { name, values } of rewards) checkColumn(`rewards '${name}'`, values, { length: rows, ...FINITE })
  checkColumn('users', users, { length: slates, ...INDEX })
  for (const kind of ['joint', 'position', 'prefix'] as const)
    checkProbabilities(log, kind, kind === 'joint' ? slates : rows)
  checkPrefixes(log, 'logging')
  checkPrefixes(log, 'target')
  if (!(['joint', 'position', 'prefix'] as const).some((kind) => hasBoth(log, kind)))
    throw logFault(
      'logging and target',
      'given joint, position or prefix probabilities, the same of both',
      'none of both',
    )
  if (steps === undefined) return
  checkEvaluationLog(steps)
  if (steps.chosen.length !== rows)
    throw logFault('steps', `as many decisions as positions, ${rows}`, steps.chosen.length)
}

function checkProbabilities({ logging, target }: SlateLog, kind: keyof SlateProbabilities, length: number): void {
  const [own, wanted] = [logging[kind], target[kind]]
  const most = 1 + TOLERANCE
  if (own !== undefined)
    checkColumn(`logging.${kind}`, own, { length, expected: 'in (0, 1]', isRight: (p) => p > 0 && p <= most })
  if (wanted !== undefined)
    checkColumn(`target.${kind}`, wanted, { length, expected: 'in [0, 1]', isRight: (p) => p >= 0 && p <= most })
}

/** Whether both policies have this kind of probability. */
export function hasBoth({ logging, target }: SlateLog, kind: keyof SlateProbabilities): boolean {
  return logging[kind] !== undefined && target[kind] !== undefined
}

// Of products of probabilities that were written with six digits.
const TOLERANCE = 1e-6

/** What is chosen after more positions cannot be more probable. */
function checkPrefixes({ offsets, ...log }: SlateLog, policy: 'logging' | 'target'): void {
  const prefix = log[policy].prefix
  if (prefix === undefined) return
  for (let i = 0; i + 1 < offsets.length; i++)
    for (let k = offsets[i]! + 1; k < offsets[i + 1]!; k++)
      if (prefix[k]! > prefix[k - 1]! + TOLERANCE)
        throw logFault(`${policy}.prefix[${k}]`, `at most that of the position before, ${prefix[k - 1]}`, prefix[k])
}

function checkOffsets(offsets: ArrayLike<number>, slates: number): void {
  if (offsets.length !== slates + 1) throw logFault('offsets', `a column of ${slates + 1} entries`, offsets.length)
  if (offsets[0] !== 0) throw logFault('offsets[0]', '0', offsets[0])
  for (let i = 0; i < slates; i++)
    if (!(Number.isInteger(offsets[i + 1]) && offsets[i + 1]! > offsets[i]!))
      throw logFault(`offsets[${i + 1}]`, `an integer above ${offsets[i]}`, offsets[i + 1])
}
