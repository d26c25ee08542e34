import {
  ACTIVATIONS,
  AGGREGATES,
  CHANNELS,
  type PolicyArtifact,
  REACH_LOSSES,
  type SlowHazards,
  type SlowPart,
} from '@paloma/core/domain'
import { z } from 'zod'

const MAX_INPUTS = 10_000
const MAX_OUTPUTS = 4_096
const MAX_LAYERS = 16
const MAX_CHECKS = 1_000

const name = z.string().min(1).max(256)
const names = z.array(name).readonly()
const numbers = z.array(z.number()).max(MAX_INPUTS).readonly()
const inputs = z
  .array(z.strictObject({ name, meaning: z.string().max(100_000) }))
  .max(MAX_INPUTS)
  .readonly()
const sd = z.number().min(0)
const someSd = sd.refine((value) => value > 0, { error: 'expected more than 0, or nothing could be learned' })
const meaning = {
  events: names,
  aggregate: z.enum(AGGREGATES),
  valueProperty: name.nullable(),
  windowHours: z.number().positive(),
}
const part = { direct: numbers, out: numbers, scaleSd: sd, residualSd: someSd }
const logOdds = { ...part, level: z.number(), levelSd: someSd }
const loss = { pressure: numbers, user: numbers, out: numbers, levelSd: someSd, scaleSd: sd, residualSd: someSd }
const unsure = z.strictObject({ mean: z.number(), sd: someSd })

const objective = z.discriminatedUnion('model', [
  z.strictObject({ ...meaning, ...part, model: z.literal('effect').exactOptional() }),
  z.strictObject({
    ...meaning,
    model: z.literal('response'),
    outcomes: z.strictObject(logOdds).exactOptional(),
    worth: z.strictObject({ mean: z.number(), trials: z.number().positive() }).exactOptional(),
    factors: z.record(name, unsure).exactOptional(),
    beside: z.strictObject(part).exactOptional(),
  }),
  z.strictObject({
    ...meaning,
    model: z.literal('hazard'),
    losses: z.partialRecord(z.enum(CHANNELS), z.partialRecord(z.enum(REACH_LOSSES), z.strictObject(loss))),
  }),
])

/** What a policy artifact must be; its layers and weights must fit together. */
export const artifactSchema: z.ZodType<PolicyArtifact> = z
  .strictObject({
    format: z.literal('paloma-policy-artifact'),
    formatVersion: z.literal(1),
    name,
    encoding: z.int().min(1),
    inputs: z.strictObject({ baseline: inputs, action: inputs, pressure: inputs.exactOptional() }),
    layers: z
      .array(
        z.strictObject({
          weights: z.array(numbers).min(1).max(MAX_OUTPUTS).readonly(),
          bias: numbers,
          activation: z.enum(ACTIVATIONS),
        }),
      )
      .max(MAX_LAYERS)
      .readonly(),
    answers: z.strictObject({ ...logOdds, windowHours: z.number().positive() }).exactOptional(),
    objectives: z.record(name, objective),
    checks: z
      .array(
        z.strictObject({
          baseline: numbers,
          action: numbers,
          pressure: numbers.exactOptional(),
          effects: z.record(name, z.number()),
          logOdds: z.record(name, z.number()).exactOptional(),
        }),
      )
      .min(1)
      .max(MAX_CHECKS)
      .readonly(),
  })
  .superRefine((artifact, context) => {
    if (Object.keys(artifact.objectives).length === 0 && artifact.answers === undefined) {
      context.addIssue({ code: 'custom', path: ['objectives'], message: 'expected at least one objective' })
    }
    for (const { path, expected, found } of lengths(artifact)) {
      if (found === expected) continue
      const message = `expected ${expected} numbers`
      context.addIssue({ code: 'custom', path: [...path], message, input: `${found}` })
    }
  })

interface Length {
  readonly path: readonly (string | number)[]
  readonly expected: number
  readonly found: number
}

/** Every list of numbers whose length another part says. */
function lengths(artifact: PolicyArtifact): readonly Length[] {
  const { inputs, layers, answers, objectives, checks } = artifact
  const [baseline, action, pressure] = [inputs.baseline.length, inputs.action.length, inputs.pressure?.length ?? 0]
  const outputs = layers.at(-1)?.weights.length ?? 0
  return [
    ...layers.flatMap(({ weights, bias }, i): readonly Length[] => {
      const width = i === 0 ? baseline + action : layers[i - 1]!.weights.length
      return [
        { path: ['layers', i, 'bias'], expected: weights.length, found: bias.length },
        ...weights.map((row, j) => ({ path: ['layers', i, 'weights', j], expected: width, found: row.length })),
      ]
    }),
    ...partLengths(['answers'], answers, { action, outputs }),
    ...Object.entries(objectives).flatMap(([each, told]): readonly Length[] => {
      const path = ['objectives', each]
      if (told.model === 'hazard') return lossLengths(path, told, { baseline, pressure, outputs })
      if (told.model !== 'response') return partLengths(path, told, { action, outputs })
      return [
        ...partLengths([...path, 'outcomes'], told.outcomes, { action, outputs }),
        ...partLengths([...path, 'beside'], told.beside, { action, outputs }),
      ]
    }),
    ...checks.flatMap((check, i): readonly Length[] => [
      { path: ['checks', i, 'baseline'], expected: baseline, found: check.baseline.length },
      { path: ['checks', i, 'action'], expected: action, found: check.action.length },
      { path: ['checks', i, 'pressure'], expected: pressure, found: check.pressure?.length ?? 0 },
    ]),
  ]
}

function partLengths(
  path: Length['path'],
  told: Pick<SlowPart, 'direct' | 'out'> | undefined,
  expected: { readonly action: number; readonly outputs: number },
): readonly Length[] {
  if (told === undefined) return []
  return [
    { path: [...path, 'direct'], expected: expected.action, found: told.direct.length },
    { path: [...path, 'out'], expected: expected.outputs, found: told.out.length },
  ]
}

function lossLengths(
  path: Length['path'],
  { losses }: SlowHazards,
  expected: { readonly baseline: number; readonly pressure: number; readonly outputs: number },
): readonly Length[] {
  return Object.entries(losses).flatMap(([channel, causes]) =>
    Object.entries(causes).flatMap(([cause, { pressure, user, out }]): readonly Length[] => {
      const place = [...path, 'losses', channel, cause]
      return [
        { path: [...place, 'pressure'], expected: expected.pressure, found: pressure.length },
        { path: [...place, 'user'], expected: expected.baseline, found: user.length },
        { path: [...place, 'out'], expected: expected.outputs, found: out.length },
      ]
    }),
  )
}
