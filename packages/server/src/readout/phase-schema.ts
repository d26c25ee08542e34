import { z } from 'zod'
import { type Disagreement, repeatedNames, unknownNames, wrongSum } from './disagreement.ts'

const name = z.string().min(1).max(256)

/** A phase as it was written: with shares that stood still, or with an allocation that followed the data. */
export interface WrittenPhase {
  readonly name: string
  readonly weights?: Readonly<Record<string, number>> | undefined
  readonly adaptive: boolean
}

export const phaseSchema: z.ZodType<WrittenPhase> = z.strictObject({
  name,
  weights: z.record(name, z.number().min(0).max(1)).optional(),
  adaptive: z.boolean().default(false),
})

interface Beside {
  readonly phases: readonly WrittenPhase[]
  readonly variants: readonly { readonly name: string }[]
  readonly columns: {
    readonly assignments: {
      readonly time: string | null
      readonly order: string | null
      readonly phase: string | null
      readonly propensity: string | Readonly<Record<string, string>> | null
    }
  }
}

/** What of the phases does not fit the rest of the spec. */
export function wrongPhases({ phases, variants, columns }: Beside): readonly Disagreement[] {
  const names = variants.map((variant) => variant.name)
  return [
    ...repeatedNames(phases, 'phases'),
    ...phases.flatMap(({ weights, adaptive }, i) => [
      ...wrongShares(weights, adaptive, i),
      ...unknownNames(Object.keys(weights ?? {}), names, ['phases', i, 'weights']),
    ]),
    ...wrongChances({ phases, variants, columns }),
  ]
}

function wrongShares(weights: WrittenPhase['weights'], isAdaptive: boolean, i: number): readonly Disagreement[] {
  const path = ['phases', i, 'weights']
  if (!isAdaptive && weights === undefined) return [{ path, message: 'expected the shares, or `adaptive: true`' }]
  if (isAdaptive && weights !== undefined) {
    return [{ path, message: 'expected none beside `adaptive: true`: chances are those logged with each row' }]
  }
  return weights === undefined ? [] : wrongSum(Object.values(weights), path)
}

/** Adaptive phases need each row's chances, and the order in which users came. */
function wrongChances({ phases, variants, columns }: Beside): readonly Disagreement[] {
  const { propensity, time, order, phase } = columns.assignments
  const found: Disagreement[] = []
  const refuse = (isWrong: boolean, column: string, message: string): void => {
    if (isWrong) found.push({ path: ['columns', 'assignments', column], message })
  }
  const isMap = propensity !== null && typeof propensity !== 'string'
  const lacking = isMap ? variants.filter((variant) => propensity[variant.name] === undefined) : []
  refuse(lacking.length > 0, 'propensity', `expected a column for every variant, got none for ${namesOf(lacking)}`)
  if (isMap) {
    const names = variants.map((variant) => variant.name)
    found.push(...unknownNames(Object.keys(propensity), names, ['columns', 'assignments', 'propensity']))
  }
  refuse(order !== null && time !== null, 'order', 'expected none beside the time of exposure, which orders the users')
  if (!phases.some(({ adaptive }) => adaptive)) return found
  refuse(propensity === null, 'propensity', 'expected the logged chances beside an adaptive phase')
  refuse(
    typeof propensity === 'string' && variants.length > 2,
    'propensity',
    `expected a column of chances for each of ${namesOf(variants)} beside an adaptive phase, got one`,
  )
  refuse(time === null && order === null, 'time', 'expected the time of exposure, or `order`, beside an adaptive phase')
  refuse(phase === null && phases.length > 1, 'phase', 'expected the column with the phase, because there are several')
  return found
}

function namesOf(items: readonly { readonly name: string }[]): string {
  return items.map((item) => item.name).join(', ')
}
