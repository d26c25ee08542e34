import { PalomaError } from '../domain/index.ts'
import type { EvaluationLog, FeatureMatrix } from './evaluation-log.ts'
import { checkLoggers } from './loggers.ts'

/** How far the probabilities of one decision may be from summing to 1, for rounding in what was written down. */
export const SUM_TOLERANCE = 1e-6

/**
 * Throws EVALUATION_LOG_INVALID, which names column, row, value and expectation, unless a log is what `EvaluationLog` says.
 * A reward that is not known yet is no 0: `matured` must be 1 throughout (see `maturedDecisions`).
 */
export function checkEvaluationLog(log: EvaluationLog): void {
  const decisions = log.chosen.length
  if (decisions === 0) throw invalid('chosen', 'at least one decision', 'none')
  checkOffsets(log.offsets, decisions)
  const actions = log.offsets[decisions]!
  checkChoices(log, decisions)
  checkDistribution('targetPolicy', log.targetPolicy, log.offsets)
  if (log.loggingPolicy !== undefined) checkLoggingPolicy(log, log.loggingPolicy)
  checkRewards(log, { decisions, actions })
  checkIndices('users', log.users, { length: decisions, below: Number.POSITIVE_INFINITY })
  checkMaturity(log, decisions)
  for (const [name, named, length] of [
    ['identities', log.identities, actions],
    ['segments', log.segments, decisions],
  ] as const) {
    if (named !== undefined) checkIndices(`${name}.indices`, named.indices, { length, below: named.names.length })
  }
  checkBlock('context', log.context, decisions)
  checkBlock('actionFeatures', log.actionFeatures, actions)
  checkLoggers(log)
}

function checkOffsets(offsets: ArrayLike<number>, decisions: number): void {
  checkLength('offsets', offsets.length, decisions + 1)
  if (offsets[0] !== 0) throw invalid('offsets[0]', '0', offsets[0])
  for (let i = 0; i < decisions; i++) {
    const next = offsets[i + 1]!
    if (!(Number.isInteger(next) && next > offsets[i]!))
      throw invalid(`offsets[${i + 1}]`, `an integer above ${offsets[i]}`, next)
  }
}

function checkChoices({ offsets, chosen, propensities }: EvaluationLog, decisions: number): void {
  checkLength('propensities', propensities.length, decisions)
  for (let i = 0; i < decisions; i++) {
    const count = offsets[i + 1]! - offsets[i]!
    const place = chosen[i]!
    if (!(Number.isInteger(place) && place >= 0 && place < count))
      throw invalid(`chosen[${i}]`, `an integer in [0, ${count})`, place)
    const propensity = propensities[i]!
    if (!(propensity > 0 && propensity <= 1)) throw invalid(`propensities[${i}]`, 'in (0, 1]', propensity)
  }
}

function checkDistribution(name: string, column: ArrayLike<number>, offsets: ArrayLike<number>): void {
  checkLength(name, column.length, offsets[offsets.length - 1]!)
  for (let i = 0; i + 1 < offsets.length; i++) {
    let sum = 0
    for (let k = offsets[i]!; k < offsets[i + 1]!; k++) {
      const probability = column[k]!
      if (!(probability >= 0 && probability <= 1 + SUM_TOLERANCE))
        throw invalid(`${name}[${k}] of decision ${i}`, 'in [0, 1]', probability)
      sum += probability
    }
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE))
      throw invalid(
        `${name} of decision ${i}`,
        `probabilities that sum to 1 within ${SUM_TOLERANCE}`,
        `a sum of ${sum}`,
      )
  }
}

function checkLoggingPolicy(log: EvaluationLog, column: ArrayLike<number>): void {
  checkDistribution('loggingPolicy', column, log.offsets)
  for (let i = 0; i < log.chosen.length; i++) {
    const at = log.offsets[i]! + log.chosen[i]!
    const stated = column[at]!
    if (!(Math.abs(stated - log.propensities[i]!) <= SUM_TOLERANCE))
      throw invalid(
        `loggingPolicy[${at}] of decision ${i}, the chosen action`,
        `propensities[${i}] = ${log.propensities[i]}`,
        stated,
      )
  }
}

function checkRewards(
  { rewards }: EvaluationLog,
  { decisions, actions }: { decisions: number; actions: number },
): void {
  if (rewards.length === 0) throw invalid('rewards', 'at least one objective', 'none')
  const names = new Set<string>()
  for (const { name, values, predictions } of rewards) {
    if (names.has(name)) throw invalid('rewards', 'one column per name', `'${name}' twice`)
    names.add(name)
    checkNumbers(`rewards '${name}'`, values, decisions)
    if (predictions !== undefined) checkNumbers(`predictions of '${name}'`, predictions, actions)
  }
}

function checkMaturity({ matured }: EvaluationLog, decisions: number): void {
  if (matured === undefined) return
  checkLength('matured', matured.length, decisions)
  for (let i = 0; i < decisions; i++) {
    if (matured[i] === 1) continue
    throw invalid(
      `matured[${i}]`,
      '1, the reward windows closed',
      matured[i],
      'leave such decisions out: maturedDecisions',
    )
  }
}

function checkIndices(
  name: string,
  column: ArrayLike<number>,
  { length, below }: { readonly length: number; readonly below: number },
): void {
  checkLength(name, column.length, length)
  for (let i = 0; i < length; i++) {
    const index = column[i]!
    if (!(Number.isInteger(index) && index >= 0 && index < below))
      throw invalid(`${name}[${i}]`, Number.isFinite(below) ? `an integer in [0, ${below})` : 'an integer ≥ 0', index)
  }
}

function checkBlock(name: string, block: FeatureMatrix | undefined, rows: number): void {
  if (block === undefined) return
  if (!(Number.isInteger(block.width) && block.width >= 0))
    throw invalid(`${name}.width`, 'an integer ≥ 0', block.width)
  checkNumbers(`${name}.values`, block.values, rows * block.width)
}

function checkNumbers(name: string, column: ArrayLike<number>, length: number): void {
  checkLength(name, column.length, length)
  for (let i = 0; i < length; i++)
    if (!Number.isFinite(column[i])) throw invalid(`${name}[${i}]`, 'a finite number', column[i])
}

function checkLength(name: string, found: number, expected: number): void {
  if (found !== expected) throw invalid(name, `a column of ${expected} entries`, found)
}

function invalid(field: string, expected: string, value: unknown, hint?: string): PalomaError {
  return new PalomaError(
    'EVALUATION_LOG_INVALID',
    `${field} must be ${expected}, got ${value}`,
    hint === undefined ? {} : { hint },
  )
}
