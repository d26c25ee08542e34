import type { ExperimentMetric } from '../../domain/index.ts'
import { vectorMomentsOf } from '../../statistics/index.ts'
import type { DataFaults, ExperimentSummary } from '../experiment-summary.ts'
import type { ReadOutSpec } from '../read-out-spec.ts'

/** One user of a test: metric values by name, in the order of the spec's metrics. */
export interface TestUser {
  readonly variant: string
  readonly values: readonly number[]
  readonly before?: readonly number[]
  readonly day?: number
  readonly phase?: string
  readonly stratum?: string
  readonly segment?: string
}

const NO_FAULTS: DataFaults = {
  rows: 0,
  users: 0,
  repeatedRows: 0,
  rowsWithoutUser: 0,
  rowsWithoutVariant: 0,
  usersInManyVariants: 0,
  exposedBeforeAssigned: 0,
  outsideExperiment: 0,
  metricRows: 0,
  metricRowsOfOthers: 0,
  repeatedMetricRows: 0,
  metricRowsFromFuture: 0,
}

/** A spec with two variants of equal weight, tested once. */
export function specOf(metrics: readonly ExperimentMetric[], change: Partial<ReadOutSpec> = {}): ReadOutSpec {
  return {
    experiment: 'test',
    variants: [
      { name: 'control', weight: 0.5 },
      { name: 'new', weight: 0.5 },
    ],
    control: 'control',
    phases: [],
    start: null,
    end: null,
    alpha: 0.05,
    beta: 0.2,
    alphaDeterioration: 0.01,
    sequential: { kind: 'fixed' },
    skewness: 'corrected',
    metrics,
    utility: null,
    segments: [],
    ...change,
  }
}

/** What a reader of tables would make of these users. */
export function summaryOf(users: readonly TestUser[], spec: ReadOutSpec): ExperimentSummary {
  const groups = (keyOf: (user: TestUser) => readonly unknown[]): readonly (readonly TestUser[])[] => {
    const found = new Map<string, TestUser[]>()
    for (const user of users) {
      const key = JSON.stringify(keyOf(user))
      found.set(key, [...(found.get(key) ?? []), user])
    }
    return [...found.values()]
  }
  const cells = groups((user) => [user.variant, user.phase, user.stratum, user.day])
  const hasBefore = users.some(({ before }) => before !== undefined)
  const vector = (user: TestUser, i: number) => [user.values[i]!, ...(hasBefore ? [user.before![i]!] : [])]
  const columns = (name: string) => ({
    names: hasBefore ? [name, `${name} before`] : [name],
    numerator: 0,
    denominator: null,
    before: hasBefore ? [1] : [],
    covariates: [],
  })
  const placeOf = ({ variant, phase, stratum, day }: TestUser) => ({
    variant,
    phase: phase ?? null,
    stratum: stratum ?? null,
    day: day ?? null,
  })
  const size = hasBefore ? 2 : 1
  return {
    asOf: null,
    assigned: null,
    exposed: cells.map((own) => ({ ...placeOf(own[0]!), users: own.length })),
    metrics: spec.metrics.map(({ name }, i) => ({
      metric: name,
      isComplete: true,
      columns: columns(name),
      cells: cells.map((own) => ({
        ...placeOf(own[0]!),
        moments: vectorMomentsOf(
          own.map((user) => vector(user, i)),
          size,
          3,
        ),
      })),
      segments: spec.segments.flatMap((segment) =>
        groups((user) => [user.variant, user.segment, user.phase]).map((own) => ({
          segment,
          value: own[0]!.segment ?? '',
          variant: own[0]!.variant,
          phase: own[0]!.phase ?? null,
          moments: vectorMomentsOf(
            own.map((user) => vector(user, i)),
            size,
            3,
          ),
        })),
      ),
      leftOut: [],
      capping: null,
    })),
    joint:
      spec.utility === null
        ? null
        : {
            metrics: spec.metrics.map(({ name }) => ({ metric: name, columns: columns(name) })),
            cells: cells.map((own) => ({
              ...placeOf(own[0]!),
              moments: vectorMomentsOf(
                own.map((user) => spec.metrics.flatMap((_, i) => vector(user, i))),
                size * spec.metrics.length,
              ),
            })),
          },
    faults: { ...NO_FAULTS, rows: users.length, users: users.length },
  }
}
