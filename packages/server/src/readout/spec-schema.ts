import type { ClusterUnit, PlannedPhase, ReadOutSpec, SequentialSettings } from '@paloma/core'
import type { z } from 'zod'
import type { FileSpec } from './contract.ts'
import { heterogeneitySpec } from './heterogeneity-schema.ts'
import type { WrittenPhase } from './phase-schema.ts'
import { disagreements } from './spec-disagreements.ts'
import { surrogateSpec } from './surrogate-schema.ts'
import { type WrittenSpec, writtenSpecSchema } from './written-spec.ts'

/** What a spec file must be, its parts agreeing with one another. */
export const fileSpecSchema: z.ZodType<FileSpec> = writtenSpecSchema
  .superRefine((spec, context) => {
    for (const { path, message } of disagreements(spec)) context.addIssue({ code: 'custom', path: [...path], message })
  })
  .transform(toFileSpec)

function toFileSpec(written: WrittenSpec): FileSpec {
  const { experiment, variants, control, start, end, asOf, alpha, beta, alphaDeterioration } = written
  const { metrics, utility, segments, columns } = written
  const readOut: ReadOutSpec = {
    experiment,
    variants,
    control,
    phases: written.phases.map(phaseOf),
    start: start ?? null,
    end: end ?? null,
    alpha,
    beta,
    alphaDeterioration,
    sequential: sequentialOf(written),
    skewness: written.skewness,
    metrics,
    utility: utility ?? null,
    segments,
    interactions: written.interactions,
    ...(written.received === undefined ? {} : { received: written.received }),
    ...(written.novelty === undefined ? {} : { noveltyDays: written.novelty.days }),
    successTests: written.successTests,
    channels: written.decompositions.channels,
    ...(Object.keys(written.pastEffects).length === 0 ? {} : { pastEffects: written.pastEffects }),
    ...explorationOf(written),
    ...unitOf(written),
  }
  return { readOut, asOf: asOf ?? null, columns, decompositions: written.decompositions, plan: written.plan }
}

function phaseOf({ name, weights = {}, adaptive }: WrittenPhase): PlannedPhase {
  return { name, weights, ...(adaptive ? { isAdaptive: true } : {}) }
}

function explorationOf({ heterogeneity, surrogate, metrics }: WrittenSpec): Partial<ReadOutSpec> {
  return {
    ...(heterogeneity === undefined ? {} : { heterogeneity: heterogeneitySpec(heterogeneity, metrics) }),
    ...(surrogate === undefined ? {} : { surrogate: surrogateSpec(surrogate, metrics) }),
  }
}

function unitOf({ switchback: slots, columns }: WrittenSpec): { readonly unit?: ClusterUnit } {
  if (slots !== undefined) return { unit: { kind: 'switchback', ...slots } }
  return columns.assignments.cluster.length === 0 ? {} : { unit: { kind: 'cluster' } }
}

/** Where nothing is said, as many users as come until the end. */
function sequentialOf({ sequential }: WrittenSpec): SequentialSettings {
  if (sequential === undefined) return { kind: 'groupSequential', maxUsers: null, spending: 'power', looks: 'daily' }
  return sequential.kind === 'groupSequential' ? { ...sequential, maxUsers: sequential.maxUsers ?? null } : sequential
}
