import type { HeadState, Objective } from '../domain/index.ts'
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

/** What heads of sends need of the encoder. */
export interface SendShape {
  readonly actionNames: readonly string[]
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

function usualWeight(name: string, usual: number): number {
  if (name === 'send') return usual
  return name.startsWith('fatigue on') ? USUAL_FATIGUE : 0
}

function responsePrior({ actionNames }: SendShape): HeadState {
  const mean = actionNames.map((name) => usualWeight(name, USUAL_RESPONSE))
  const variance = actionNames.map((name) => (name.startsWith('fatigue on') ? FATIGUE_SD : RESPONSE_SD) ** 2)
  return createLogisticHead({ mean, variance })
}

function priorOf({ actionNames }: SendShape, usual: number, sd: number): HeadState {
  const mean = actionNames.map((name) => (name === 'send' ? usual : 0))
  return createLogisticHead({ mean, variance: mean.map(() => sd * sd) })
}

function outcomePrior(shape: SendShape): HeadState {
  const head = priorOf(shape, USUAL_OUTCOME, OUTCOME_SD)
  const mean = head.mean.map((weight, i) => (shape.actionNames[i]!.startsWith('log claim') ? CLAIM_POWER : weight))
  return { ...head, mean }
}

function worthPrior({ worth = 1 }: Objective): HeadState {
  const options = { dimension: 1, priorMean: [worth], priorVariance: 1 / WORTH_TRIALS }
  return createHead({ ...options, noiseSd: Math.max(Math.abs(worth), 1e-6), noiseWeight: WORTH_TRIALS })
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
        [outcomeHeadOf(objective.name), outcomePrior(shape)],
        [worthHeadOf(objective.name), worthPrior(objective)],
      ]),
    ),
  }
}
