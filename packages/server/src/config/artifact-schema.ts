import { ACTIVATIONS, AGGREGATES, type PolicyArtifact } from '@paloma/core/domain'
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

/** What a policy artifact must be; its layers and weights must fit together. */
export const artifactSchema: z.ZodType<PolicyArtifact> = z
  .strictObject({
    format: z.literal('paloma-policy-artifact'),
    formatVersion: z.literal(1),
    name,
    encoding: z.int().min(1),
    inputs: z.strictObject({ baseline: inputs, action: inputs }),
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
    objectives: z
      .record(
        name,
        z.strictObject({
          events: names,
          aggregate: z.enum(AGGREGATES),
          valueProperty: name.nullable(),
          windowHours: z.number().positive(),
          direct: numbers,
          out: numbers,
          scaleSd: sd,
          residualSd: sd.refine((value) => value > 0, { error: 'expected more than 0, or nothing could be learned' }),
        }),
      )
      .refine((objectives) => Object.keys(objectives).length > 0, { error: 'expected at least one objective' }),
    checks: z
      .array(z.strictObject({ baseline: numbers, action: numbers, effects: z.record(name, z.number()) }))
      .min(1)
      .max(MAX_CHECKS)
      .readonly(),
  })
  .superRefine((artifact, context) => {
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
function lengths({ inputs, layers, objectives, checks }: PolicyArtifact): readonly Length[] {
  const [baseline, action] = [inputs.baseline.length, inputs.action.length]
  const outputs = layers.at(-1)?.weights.length ?? 0
  return [
    ...layers.flatMap(({ weights, bias }, i): readonly Length[] => {
      const width = i === 0 ? baseline + action : layers[i - 1]!.weights.length
      return [
        { path: ['layers', i, 'bias'], expected: weights.length, found: bias.length },
        ...weights.map((row, j) => ({ path: ['layers', i, 'weights', j], expected: width, found: row.length })),
      ]
    }),
    ...Object.entries(objectives).flatMap(([each, { direct, out }]): readonly Length[] => [
      { path: ['objectives', each, 'direct'], expected: action, found: direct.length },
      { path: ['objectives', each, 'out'], expected: outputs, found: out.length },
    ]),
    ...checks.flatMap((check, i): readonly Length[] => [
      { path: ['checks', i, 'baseline'], expected: baseline, found: check.baseline.length },
      { path: ['checks', i, 'action'], expected: action, found: check.action.length },
    ]),
  ]
}
