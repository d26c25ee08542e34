import { PalomaError } from '../domain/index.ts'
import {
  type ChannelDisplacement,
  channelDisplacement,
  type FunnelDecomposition,
  funnelDecomposition,
  mergeVectorMoments,
  momentsAt,
  noVectorMoments,
  type SegmentDecomposition,
  segmentDecomposition,
  type VectorMoments,
} from '../statistics/index.ts'
import type { ExperimentSummary, JointSummary } from './experiment-summary.ts'
import type { ReadOutSpec } from './read-out-spec.ts'

/** A funnel, or one thing through several channels, as names of metrics. */
export interface DecompositionPlan {
  readonly funnels: readonly { readonly name: string; readonly stages: readonly string[] }[]
  readonly channels: readonly { readonly name: string; readonly metrics: readonly string[]; readonly treated: string }[]
}

/** Why an effect is what it is, for one treatment; the parts of each decomposition sum to its total. */
export interface TreatmentDecomposition {
  readonly treatment: string
  /** Of every mean and segment: users who fall into other segments, against users who do more within theirs. */
  readonly segments: readonly {
    readonly metric: string
    readonly segment: string
    readonly found: SegmentDecomposition
  }[]
  readonly funnels: readonly {
    readonly name: string
    readonly stages: readonly string[]
    readonly found: FunnelDecomposition
  }[]
  readonly channels: readonly {
    readonly name: string
    readonly metrics: readonly string[]
    readonly found: ChannelDisplacement
  }[]
}

/**
 * Takes the effects of every treatment apart: mix and rate by segment (Kitagawa), the steps of funnels (logarithmic mean
 * Divisia index), displacement between channels. Ratios are not taken apart by segment. Throws DECOMPOSITION_PHASES where shares changed
 * on the way, and a RangeError for a plan that names a metric which the summary does not hold together with the others.
 */
export function decompose(
  summary: ExperimentSummary,
  spec: ReadOutSpec,
  plan: DecompositionPlan,
): readonly TreatmentDecomposition[] {
  if (spec.phases.length > 1) {
    const names = spec.phases.map(({ name }) => name).join(', ')
    throw new PalomaError(
      'DECOMPOSITION_PHASES',
      `decompositions expect one set of shares, got ${spec.phases.length} phases (${names})`,
      {
        hint: 'users of phases with other shares would be taken together: give the rows of one phase, without `phases`',
      },
    )
  }
  const treatments = spec.variants.map(({ name }) => name).filter((name) => name !== spec.control)
  return treatments.map((treatment) => ({
    treatment,
    segments: segmentsOf(summary, spec, { treatment, control: spec.control }),
    ...jointParts(summary.joint, plan, { treatment, control: spec.control }),
  }))
}

interface Pair {
  readonly treatment: string
  readonly control: string
}

function segmentsOf(
  { metrics }: ExperimentSummary,
  { segments: asked }: ReadOutSpec,
  pair: Pair,
): TreatmentDecomposition['segments'] {
  return metrics
    .filter(({ columns, quantiles }) => columns.denominator === null && quantiles === undefined)
    .flatMap(({ metric, segments }) =>
      asked.map((segment) => {
        const own = segments.filter((cell) => cell.segment === segment)
        const values = [...new Set(own.map(({ value }) => value))]
        const momentsOf = (value: string, variant: string) => {
          const cell = own.find((each) => each.value === value && each.variant === variant)
          return cell === undefined ? { n: 0, mean: 0, m2: 0 } : momentsAt(cell.moments, 0)
        }
        const arms = values.map((value) => ({
          segment: value,
          treatment: momentsOf(value, pair.treatment),
          control: momentsOf(value, pair.control),
        }))
        return { metric, segment, found: segmentDecomposition(arms) }
      }),
    )
}

function jointParts(
  joint: JointSummary | null,
  plan: DecompositionPlan,
  pair: Pair,
): Pick<TreatmentDecomposition, 'funnels' | 'channels'> {
  if (joint === null) return { funnels: [], channels: [] }
  const arms = { treatment: jointMoments(joint, pair.treatment), control: jointMoments(joint, pair.control) }
  const columnOf = columnFinder(joint)
  return {
    funnels: plan.funnels.map(({ name, stages }) => ({
      name,
      stages,
      found: funnelDecomposition(arms, stages.map(columnOf)),
    })),
    channels: plan.channels.map(({ name, metrics, treated }) => {
      const own = metrics.indexOf(treated)
      return { name, metrics, found: channelDisplacement(arms, { columns: metrics.map(columnOf), own }) }
    }),
  }
}

/** All users of a variant who count in every metric of the joint summary. */
export function jointMoments({ metrics, cells }: JointSummary, variant: string): VectorMoments {
  const size = metrics.reduce((sum, { columns }) => sum + columns.names.length, 0)
  return cells
    .filter((cell) => cell.variant === variant)
    .reduce((sum, cell) => mergeVectorMoments(sum, cell.moments), noVectorMoments(size))
}

/** Place of a metric's number in the joint vector. Throws a RangeError for one that is not there. */
export function columnFinder({ metrics }: JointSummary): (name: string) => number {
  const starts = new Map<string, number>()
  let start = 0
  for (const { metric, columns } of metrics) {
    starts.set(metric, start + columns.numerator)
    start += columns.names.length
  }
  return (name) => {
    const column = starts.get(name)
    if (column === undefined) throw new RangeError(`metrics of the plan must be in the summary, lacks ${name}`)
    return column
  }
}
