import {
  ANSWERS,
  type ArtifactCheck,
  lossNamed,
  outcomesNamed,
  PalomaError,
  type PolicyArtifact,
  PRESSURE_NAMES,
  type SlowLogOdds,
  type SlowPart,
  slowEffectOf,
  slowLossesOf,
  slowOutcomesOf,
} from '../domain/index.ts'
import { pressureWeights } from './hazards.ts'
import { saidOfRow } from './slow-model.ts'

/** One row of inputs as an artifact names them; without pressure there is none. */
type Row = Pick<ArtifactCheck, 'baseline' | 'action' | 'pressure'>

/** What an artifact says of one row, by objective and by name of what has log odds. */
export type SlowAnswersOfRow = Required<Pick<ArtifactCheck, 'effects' | 'logOdds'>>

/** Effects in raw reward, and log odds, of one row of inputs. */
export function slowAnswersOf(artifact: PolicyArtifact, row: Row): SlowAnswersOfRow {
  const names = Object.keys(artifact.objectives)
  const effects = named(names, (name): SlowPart | undefined => slowEffectOf(artifact, name))
  const outcomes = named(names, (name): SlowLogOdds | undefined => slowOutcomesOf(artifact, name))
  const logOdds: readonly (readonly [string, SlowLogOdds])[] = [
    ...(artifact.answers === undefined ? [] : [[ANSWERS, artifact.answers] as const]),
    ...outcomes.map(([name, part]) => [outcomesNamed(name), part] as const),
  ]
  const losses = slowLossesOf(artifact)
  const said = saidOfRow(artifact, { effects, logOdds, losses }, row)
  const pressed = losses.map((loss, k): readonly [string, number] => {
    const at = new Map(artifact.inputs.pressure?.map(({ name }, j) => [name, row.pressure?.[j] ?? 0]))
    const weights = pressureWeights(artifact, loss)
    const pressure = PRESSURE_NAMES.reduce((sum, name, j) => sum + weights[j]! * (at.get(name) ?? 0), 0)
    return [lossNamed(loss.channel, loss.cause), pressure + said.losses[k]!]
  })
  return {
    effects: Object.fromEntries(effects.map(([name], k) => [name, said.effects[k]!])),
    logOdds: Object.fromEntries([
      ...logOdds.map(([name, { level }], k): readonly [string, number] => [name, level + said.patterns[k]!]),
      ...pressed,
    ]),
  }
}

function named<T>(names: readonly string[], of: (name: string) => T | undefined): readonly (readonly [string, T])[] {
  return names.flatMap((name) => {
    const part = of(name)
    return part === undefined ? [] : [[name, part] as const]
  })
}

/** Allowed difference of a check, as a share of the number or, where that is small, of one. */
const TOLERANCE = 1e-6

/**
 * Computes the artifact's own checks.
 *
 * @throws PalomaError ARTIFACT_CHECK_FAILED that names check, objective or log odds, what was expected and what came out
 */
export function runArtifactChecks(artifact: PolicyArtifact): void {
  for (const [i, check] of artifact.checks.entries()) {
    const { effects, logOdds } = slowAnswersOf(artifact, check)
    const at = { artifact, check: i }
    compare({ ...at, member: 'effects', of: (name) => `the effect on ${name}` }, effects, check.effects)
    compare({ ...at, member: 'logOdds', of: (name) => `the log odds of ${name}` }, logOdds, check.logOdds ?? {})
  }
}

type Numbers = Readonly<Record<string, number>>

function compare(
  at: {
    readonly artifact: PolicyArtifact
    readonly check: number
    readonly member: 'effects' | 'logOdds'
    readonly of: (name: string) => string
  },
  found: Numbers,
  wanted: Numbers,
): void {
  for (const [name, value] of Object.entries(found)) {
    const expected = wanted[name]
    if (expected !== undefined && Math.abs(value - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))) continue
    throw new PalomaError(
      'ARTIFACT_CHECK_FAILED',
      `check ${at.check} of the artifact ${at.artifact.name}: ${at.of(name)} is ${value}, expected ${expected ?? 'a number'}`,
      {
        hint: 'the file is damaged, or was written for another version',
        pointer: `/artifact/checks/${at.check}/${at.member}/${name}`,
      },
    )
  }
}
