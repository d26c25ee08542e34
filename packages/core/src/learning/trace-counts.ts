import { PalomaError } from '../domain/index.ts'

/**
 * What was seen of the users of one message in one channel, day by day after the send: two numbers per day of the horizon, however many users.
 */
export interface TraceCounts {
  /** Users whose day j has closed; never rising with j. */
  readonly users: Float64Array
  /** Σ over them of what day j brought. */
  readonly sums: Float64Array
}

/** Counts before the first user. */
export function noTraces(horizon: number): TraceCounts {
  return { users: new Float64Array(horizon), sums: new Float64Array(horizon) }
}

/**
 * Counts with the closed days of one user more: `trace[j]` is what day j brought, days after the last are still open. Throws TRACE_INVALID naming
 * the day, also when the trace is longer than the horizon.
 */
export function addTrace(counts: TraceCounts, trace: ArrayLike<number>): TraceCounts {
  return extendTrace(counts, trace, 0)
}

/** Counts after the days from `from` on of a user whose earlier days are in already. Throws TRACE_INVALID. */
export function extendTrace(counts: TraceCounts, trace: ArrayLike<number>, from: number): TraceCounts {
  const horizon = counts.users.length
  if (trace.length > horizon) throw invalid('trace.length', `at most ${horizon}`, trace.length)
  if (!(Number.isInteger(from) && from >= 0 && from <= trace.length))
    throw invalid('from', `an integer in [0, ${trace.length}]`, from)
  const users = Float64Array.from(counts.users)
  const sums = Float64Array.from(counts.sums)
  for (let j = from; j < trace.length; j++) {
    const value = trace[j]!
    if (!Number.isFinite(value)) throw invalid(`trace[${j}]`, 'a finite number', value)
    users[j] = users[j]! + 1
    sums[j] = sums[j]! + value
  }
  return { users, sums }
}

/**
 * Counts with a late outcome: `day` of somebody who is counted already brought `value` more than was known when it closed. Only the
 * sum changes, so the order in which outcomes come is free. Throws TRACE_INVALID.
 */
export function correctTrace(counts: TraceCounts, day: number, value: number): TraceCounts {
  if (!(Number.isInteger(day) && day >= 0 && day < counts.users.length && counts.users[day]! > 0))
    throw invalid('day', `a day with users, in [0, ${counts.users.length})`, day)
  if (!Number.isFinite(value)) throw invalid('value', 'a finite number', value)
  const sums = Float64Array.from(counts.sums)
  sums[day] = sums[day]! + value
  return { users: counts.users, sums }
}

/** Counts of two disjoint sets of users together. Throws TRACE_INVALID when horizons differ. */
export function mergeTraces(a: TraceCounts, b: TraceCounts): TraceCounts {
  if (a.users.length !== b.users.length) throw invalid('users.length', `${a.users.length}`, b.users.length)
  return {
    users: a.users.map((n, j) => n + b.users[j]!),
    sums: a.sums.map((sum, j) => sum + b.sums[j]!),
  }
}

function invalid(field: string, expected: string, value: number): PalomaError {
  return new PalomaError('TRACE_INVALID', `${field} must be ${expected}, got ${value}`)
}
