import {
  factorSdOf,
  type HeadState,
  type Objective,
  type PolicyArtifact,
  type SlowLogOdds,
  type SlowLogOddsColumns,
  slowOutcomesOf,
} from '../domain/index.ts'
import { createHead } from './bayesian-head.ts'
import { createLogisticHead } from './logistic-head.ts'

/** The head that knows how likely a person answers a send, and how long an answer is waited for. */
export const RESPONSE_HEAD = 'send/response'
export const RESPONSE_WINDOW_HOURS = 72

/** Log odds of an answer, and of an outcome for an objective given one, where nothing is known. */
const USUAL_RESPONSE = -2.5
const USUAL_OUTCOME = -2.5
/** What one feature may change of them. */
const RESPONSE_SD = 0.5
const OUTCOME_SD = 0.3
const FATIGUE_SD = 0.2
/** A message that is claimed to be worth twice as much is so by this power of two, before its producer was audited. */
const CLAIM_POWER = 0.3
/** A worth is believed as if it had been seen on so many outcomes. */
const WORTH_TRIALS = 10

/** What heads of sends need of the encoder, and of the artifact. */
export interface SendShape {
  readonly actionNames: readonly string[]
  readonly artifact?: PolicyArtifact | undefined
  readonly slowLogOdds?: SlowLogOddsColumns
}

/** Objectives whose value comes through what a send brings. */
export function throughResponse(objectives: readonly Objective[]): readonly Objective[] {
  return objectives.filter(({ model }) => model === 'response')
}

/** The head of outcomes of an objective given an answer, and the one of what such an outcome is worth. */
export function outcomeHeadOf(name: string): string {
  return `send/outcome/${name}`
}

export function worthHeadOf(name: string): string {
  return `send/worth/${name}`
}

/**
 * Log odds of an answer per column of fatigue, which is two sends: success by number of contact fell from 13.0 to 7.5 % over
 * five (bank calls; Moro et al. 2014), −.14 a contact.
 */
const USUAL_FATIGUE = -0.28

function usualLevel(name: string, usual: number): number {
  return name === 'send' ? usual : 0
}

function usualWeight(name: string, usual: number): number {
  if (name === 'send') return usual
  return name.startsWith('fatigue on') ? USUAL_FATIGUE : 0
}

/** Log odds are what the slow model says, its pattern up to a factor, and a residual; fatigue and claims it knew. */
function slowPrior(told: SlowLogOdds, { actionNames }: SendShape, column: number): HeadState {
  const { level, levelSd, residualSd } = told
  const mean = actionNames.map((name, j) => (j === column ? 1 : usualLevel(name, level)))
  const sdOf = (name: string): number => (name === 'send' ? levelSd : residualSd)
  const sds = actionNames.map((name, j) => (j === column ? factorSdOf(told) : sdOf(name)))
  return createLogisticHead({ mean, variance: sds.map((sd) => sd * sd) })
}

function responsePrior(shape: SendShape): HeadState {
  const { actionNames, artifact, slowLogOdds } = shape
  const column = slowLogOdds?.answers ?? null
  if (artifact?.answers !== undefined && column !== null) return slowPrior(artifact.answers, shape, column)
  const mean = actionNames.map((name) => usualWeight(name, USUAL_RESPONSE))
  const variance = actionNames.map((name) => (name.startsWith('fatigue on') ? FATIGUE_SD : RESPONSE_SD) ** 2)
  return createLogisticHead({ mean, variance })
}

function priorOf({ actionNames }: SendShape, usual: number, sd: number): HeadState {
  const mean = actionNames.map((name) => usualLevel(name, usual))
  return createLogisticHead({ mean, variance: mean.map(() => sd * sd) })
}

function outcomePrior(name: string, shape: SendShape): HeadState {
  const { artifact, slowLogOdds } = shape
  const told = artifact === undefined ? undefined : slowOutcomesOf(artifact, name)
  const column = slowLogOdds?.outcomes[name]
  if (told !== undefined && column !== undefined) return slowPrior(told, shape, column)
  const head = priorOf(shape, USUAL_OUTCOME, OUTCOME_SD)
  const mean = head.mean.map((weight, i) => (shape.actionNames[i]!.startsWith('log claim') ? CLAIM_POWER : weight))
  return { ...head, mean }
}

function worthPrior({ name, worth = 1 }: Objective, { artifact }: SendShape): HeadState {
  const told = artifact?.objectives[name]
  const slow = told?.model === 'response' ? told.worth : undefined
  const { mean, trials } = slow ?? { mean: worth, trials: WORTH_TRIALS }
  const options = { dimension: 1, priorMean: [mean], priorVariance: 1 / trials }
  return createHead({ ...options, noiseSd: Math.max(Math.abs(mean), 1e-6), noiseWeight: trials })
}

/** Heads of single sends before the first was seen, by name; none where no objective asks for them. */
export function priorSendHeads(
  objectives: readonly Objective[],
  shape: SendShape,
): Readonly<Record<string, HeadState>> {
  const through = throughResponse(objectives)
  if (through.length === 0) return {}
  return {
    [RESPONSE_HEAD]: responsePrior(shape),
    ...Object.fromEntries(
      through.flatMap((objective) => [
        [outcomeHeadOf(objective.name), outcomePrior(objective.name, shape)],
        [worthHeadOf(objective.name), worthPrior(objective, shape)],
      ]),
    ),
  }
}
