import { choleskyFactor, choleskyInvert, packedIndex, packedLength } from '../../numeric/index.ts'
import type { Scenario } from '../scenario.ts'
import { type Parameter, parameterError } from './parameters.ts'
import type { Summary } from './summarize.ts'

/** Each parameter is moved by so many of its first-order standard errors: enough to be seen over single events. */
const MOVE_ERRORS = 3
const LEAST_MOVE = 0.1

/** What standard errors are worked out of. */
export interface Fitted {
  readonly scenario: Scenario
  readonly log: Summary
  /** Statistics of the fitted world. */
  readonly world: Summary
  readonly evaluate: (scenario: Scenario) => Summary
}

function moveOf(parameter: Parameter, { scenario, log }: Fitted): number {
  const at = parameter.get(scenario)
  const error = parameterError(parameter, log.get(parameter.statistic)!, at)
  const wanted = Math.max(MOVE_ERRORS * error, LEAST_MOVE * Math.abs(at))
  const room = parameter.max - at
  return room > wanted ? wanted : -Math.min(wanted, at - parameter.min)
}

/** How the statistics, in standard errors of the log, answer to a move of one parameter. */
function column(parameters: readonly Parameter[], moved: Parameter, fitted: Fitted): Float64Array {
  const scenario = moved.set(fitted.scenario, moved.get(fitted.scenario) + moveOf(moved, fitted))
  const there = fitted.evaluate(scenario)
  return Float64Array.from(parameters, ({ statistic }) => {
    const [from, to] = [fitted.world.get(statistic), there.get(statistic)]
    if (from === undefined || to === undefined) return 0
    return (to.value - from.value) / fitted.log.get(statistic)!.stdError
  })
}

/**
 * Standard errors of an exactly identified fit, (J' W J)⁻¹ with W from the statistics' own (Hansen 1982, without covariances between
 * statistics), J by moving each parameter and living the world again on the same chance. Null where the
 * parameters cannot be told apart.
 */
export function standardErrors(parameters: readonly Parameter[], fitted: Fitted): readonly number[] | null {
  const n = parameters.length
  const columns = parameters.map((parameter) => column(parameters, parameter, fitted))
  const information = new Float64Array(packedLength(n))
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      information[packedIndex(i, j)] = columns[i]!.reduce((sum, value, k) => sum + value * columns[j]![k]!, 0)
    }
  }
  const factor = choleskyFactor(information, n)
  if (factor === null) return null
  const covariance = choleskyInvert(factor, n)
  return parameters.map(
    (parameter, i) => Math.abs(moveOf(parameter, fitted)) * Math.sqrt(covariance[packedIndex(i, i)]!),
  )
}
