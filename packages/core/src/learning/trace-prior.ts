import { PalomaError } from '../domain/index.ts'
import { addOuterProduct, packedLength } from '../numeric/index.ts'

/** What past messages say about a new one's days: θ ~ N(mean, covariance), a user's trace ~ N(θ, noise); both packed. */
export interface TracePrior {
  readonly mean: Float64Array
  readonly covariance: Float64Array
  readonly noise: Float64Array
}

/** Complete traces of the users of one past message. */
export type Traces = readonly ArrayLike<number>[]

/**
 * A prior from past messages (McDonald et al. 2023, §4.3): mean and covariance of the messages' mean traces, and the mean
 * covariance within messages. Messages' means carry their own noise / n, so the covariance is a little too wide: give each
 * message many more users than a new one will have. Needs two messages with two complete traces each: TRACE_PRIOR_TOO_FEW otherwise.
 */
export function fitTracePrior(messages: readonly Traces[]): TracePrior {
  const usable = messages.filter(({ length }) => length >= 2)
  const horizon = usable[0]?.[0]?.length ?? 0
  if (usable.length < 2 || horizon === 0)
    throw new PalomaError('TRACE_PRIOR_TOO_FEW', `messages must hold at least 2 with 2 traces, got ${usable.length}`)
  usable.forEach((traces, m) => {
    checkTraces(traces, m, horizon)
  })
  const means = usable.map((traces) => meanOf(traces, horizon))
  const noise = new Float64Array(packedLength(horizon))
  usable.forEach((traces, m) => {
    const within = covarianceAround(traces, means[m]!)
    for (let at = 0; at < noise.length; at++) noise[at] = noise[at]! + within[at]! / usable.length
  })
  const mean = meanOf(means, horizon)
  return { mean, covariance: covarianceAround(means, mean), noise }
}

function meanOf(rows: Traces, horizon: number): Float64Array {
  const mean = new Float64Array(horizon)
  for (const row of rows) for (let j = 0; j < horizon; j++) mean[j] = mean[j]! + row[j]! / rows.length
  return mean
}

/** Packed, with n − 1. */
function covarianceAround(rows: Traces, mean: Float64Array): Float64Array {
  const covariance = new Float64Array(packedLength(mean.length))
  const centred = new Float64Array(mean.length)
  for (const row of rows) {
    for (let j = 0; j < mean.length; j++) centred[j] = row[j]! - mean[j]!
    addOuterProduct(covariance, centred, 1 / (rows.length - 1))
  }
  return covariance
}

function checkTraces(traces: Traces, message: number, horizon: number): void {
  traces.forEach((trace, user) => {
    if (trace.length !== horizon) throw invalid(`messages[${message}][${user}].length`, `${horizon}`, trace.length)
    for (let j = 0; j < horizon; j++) {
      if (!Number.isFinite(trace[j])) throw invalid(`messages[${message}][${user}][${j}]`, 'a finite number', trace[j])
    }
  })
}

function invalid(field: string, expected: string, value: number | undefined): PalomaError {
  return new PalomaError('TRACE_INVALID', `${field} must be ${expected}, got ${value}`)
}
