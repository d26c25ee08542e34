import type { EvaluationLog, Loggers } from './evaluation-log.ts'
import { checkColumn, INDEX, logFault } from './log-fault.ts'

// Of what was written down twice with six digits.
const TOLERANCE = 1e-6

const PROBABILITY = { expected: 'in [0, 1]', isRight: (p: number) => p >= 0 && p <= 1 + TOLERANCE }

/** Throws EVALUATION_LOG_INVALID, which names column, row, value and expectation, unless loggers are what `Loggers` says. */
export function checkLoggers(log: EvaluationLog): void {
  const { loggers, chosen, propensities } = log
  if (loggers === undefined) return
  const { indices, names, chosenProbabilities, distributions } = loggers
  const named = {
    expected: `an integer in [0, ${names.length})`,
    isRight: (j: number) => INDEX.isRight(j) && j < names.length,
  }
  checkColumn('loggers.indices', indices, { length: chosen.length, ...named })
  for (const [member, columns, length] of [
    ['chosenProbabilities', chosenProbabilities, chosen.length],
    ['distributions', distributions, log.targetPolicy.length],
  ] as const) {
    if (columns === undefined) continue
    if (columns.length !== names.length)
      throw logFault(`loggers.${member}`, `a column of ${names.length} entries`, columns.length)
    for (const [j, column] of columns.entries())
      checkColumn(`loggers.${member} of '${names[j]}'`, column, { length, ...PROBABILITY })
  }
  if (chosenProbabilities === undefined) return
  for (let i = 0; i < indices.length; i++) {
    const own = chosenProbabilities[indices[i]!]![i]!
    if (!(Math.abs(own - propensities[i]!) <= TOLERANCE))
      throw logFault(
        `loggers.chosenProbabilities of '${names[indices[i]!]}'[${i}]`,
        `propensities[${i}] = ${propensities[i]}`,
        own,
      )
  }
}

/**
 * The log as if one policy had made it: the mixture of all loggers, each by its share of the decisions (the balance heuristic, Veach & Guibas
 * 1995; balanced IPS, Agarwal et al. 2017, eq. 2). A weight is then large only where no logger would have done what the target does, and what
 * one logger never does another may. Assumes that every logger could have met every decision. Unchanged where the log has one
 * logger, or does not know what the others would have done.
 */
export function balancedLog(log: EvaluationLog): EvaluationLog {
  const { loggers } = log
  if (loggers?.chosenProbabilities === undefined || loggers.names.length < 2) return log
  const { loggingPolicy: _, ...rest } = log
  const shares = sharesOf(loggers)
  return {
    ...rest,
    propensities: mixed(loggers.chosenProbabilities, shares),
    ...(loggers.distributions === undefined ? {} : { loggingPolicy: mixed(loggers.distributions, shares) }),
  }
}

function sharesOf({ indices, names }: Loggers): Float64Array {
  const shares = new Float64Array(names.length)
  for (let i = 0; i < indices.length; i++) shares[indices[i]!] = shares[indices[i]!]! + 1 / indices.length
  return shares
}

function mixed(columns: readonly ArrayLike<number>[], shares: Float64Array): Float64Array {
  return Float64Array.from({ length: columns[0]!.length }, (_, k) => {
    let sum = 0
    for (let j = 0; j < columns.length; j++) sum += shares[j]! * columns[j]![k]!
    return sum
  })
}
