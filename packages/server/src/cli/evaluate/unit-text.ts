import type {
  Estimate,
  Horizon,
  MomentEvaluation,
  PolicyPreCheck,
  SlateEvaluation,
  SlatePosition,
  TrajectoryEvaluation,
  UnitObjective,
} from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'
import { formatNumber, formatShare, intervalText } from '../report/index.ts'
import { adviceOf, chanceWords, GATE_STATUS_WORDS, GATE_WORDS, verdictOf } from './evaluation-words.ts'
import { UNIT_ESTIMATOR_WORDS } from './unit-words.ts'

/** What units there are. */
export type UnitKinds =
  | ({ readonly kind: 'slates' } & SlateEvaluation)
  | ({ readonly kind: 'trajectories' } & TrajectoryEvaluation)
  | ({ readonly kind: 'moments' } & MomentEvaluation)

/** An evaluation of units as text shows it. */
export interface UnitView {
  readonly rows: number
  readonly evaluation: UnitKinds
  readonly preCheck: PolicyPreCheck
  /** By objective, what one unit of it is called. */
  readonly units: Readonly<Record<string, string>>
  /** What was judged on what, in words. */
  readonly target: string
  readonly log: string
  readonly level: number
}

/** An evaluation of slates and other units for the terminal: verdict, gates, how far the log carries, estimates by objective. */
export function unitText(view: UnitView): string {
  const { evaluation, preCheck } = view
  const { gates, objectives, unit, units, users, rows } = { ...evaluation, rows: view.rows }
  const gateTable = alignTable(
    ['gate', '', 'found'],
    gates.map(({ name, objective, status, words }) => [
      objective === null ? gateName(name) : `${gateName(name)} (${objective})`,
      GATE_STATUS_WORDS[status],
      words,
    ]),
    3,
  )
  return [
    `${view.target}, judged on ${view.log}: ${showNumber(units)} ${unit}s of ${showNumber(users)} users, ${showNumber(rows)} rows.`,
    '',
    verdictOf(evaluation.promoted?.verdict.kind ?? null),
    ...preCheck.reasons,
    adviceOf(preCheck),
    ...(evaluation.promoted === null ? [] : chanceWords(evaluation.promoted.verdict, preCheck.chanceOfNoGain)),
    '',
    gateTable,
    '',
    reachText(evaluation),
    ...objectives.flatMap((objective) => ['', objectiveText(view, objective)]),
  ].join('\n')
}

/** Of units the two estimators that must agree are others than DR and SNIPS. */
function gateName(name: keyof typeof GATE_WORDS): string {
  return name === 'agreement' ? 'estimators agree' : GATE_WORDS[name]
}

/** How far into a unit, or around a moment, the log tells anything. */
function reachText(evaluation: UnitKinds): string {
  switch (evaluation.kind) {
    case 'slates':
      return positionsText(evaluation.positions)
    case 'trajectories':
      return horizonsText(evaluation)
    case 'moments':
      return bandwidthText(evaluation)
  }
}

function positionsText(positions: readonly SlatePosition[]): string {
  const worth = (value: number | null, slates: number) =>
    value === null ? '' : `${showNumber(value)} (${formatShare(value / slates)})`
  return alignTable(
    ['position', 'slates', 'worth by prefix', 'by position'],
    positions.map(({ position, slates, byPrefix, byPosition }) => [
      String(position),
      showNumber(slates),
      worth(byPrefix, slates),
      worth(byPosition, slates),
    ]),
  )
}

const MOST_LINES = 20

function horizonsText({ horizons, longestHorizon, gammaPerDay, fqeBootstrap, users }: TrajectoryEvaluation): string {
  const carries =
    longestHorizon === horizons.length
      ? 'The log carries all decisions.'
      : `The log carries ${longestHorizon} decisions of each user, and not ${longestHorizon + 1}: \`steps.horizon\` of the mapping judges the first ones alone.`
  const lines = horizons.filter((_, k) => k < MOST_LINES - 1 || k === horizons.length - 1)
  return [
    `A reward a day later counts ${showNumber(gammaPerDay)}. ${carries}`,
    alignTable(
      ['decisions', 'users', 'worth of all users', 'enough'],
      lines.map((each) => horizonLine(each, users)),
    ),
    ...(fqeBootstrap ?? []).map(
      ({ name, estimate }) => `${name} by FQE, fitted anew on draws of users: ${estimateText(estimate)}`,
    ),
  ].join('\n')
}

function horizonLine({ steps, users, effectiveSampleSize, isEnough }: Horizon, all: number): readonly string[] {
  const worth = `${showNumber(effectiveSampleSize)} (${formatShare(effectiveSampleSize / all)})`
  return [String(steps), showNumber(users), worth, isEnough ? 'yes' : 'no']
}

function bandwidthText({ kernel, bandwidth, period, smoothing }: MomentEvaluation): string {
  const circle = period === null ? '' : `, on a circle of ${showNumber(period)}`
  return [
    `Rewards count within a bandwidth of ${formatNumber(bandwidth.value)}${bandwidth.isTuned ? ' (by SLOPE)' : ''} around the target's moment (${kernel}${circle}).`,
    ...smoothing.map(
      ({ name, bias }) =>
        `${name}: that bandwidth adds about ${estimateText(bias, 'signed')} to the value, which is not taken off.`,
    ),
    ...(bandwidth.tried.length < 2
      ? []
      : [
          alignTable(
            ['bandwidth', 'worth', 'DR'],
            bandwidth.tried.map((each) => [
              formatNumber(each.bandwidth),
              showNumber(each.effectiveSampleSize),
              estimateText(each.value),
            ]),
          ),
        ]),
  ].join('\n')
}

function objectiveText({ units, level, evaluation }: UnitView, objective: UnitObjective<string>): string {
  const { name, metric, logging, difference, estimators } = objective
  const caution = evaluation.promoted === null ? ', not to be used' : ''
  const words = UNIT_ESTIMATOR_WORDS[evaluation.kind]
  const rows = [
    ['logging policy, its mean', estimateText(logging)],
    ...estimators.map((each) => [
      `${words[each.name]}${each.name === evaluation.deciding ? ', decides' : ''}`,
      estimateText(each.estimate),
    ]),
    ['target − logging', estimateText(difference, 'signed')],
  ]
  return `${name}, ${units[name] ?? 'reward'} per ${evaluation.unit} (${metric.role}${metric.inverse ? ', less is better' : ''}${caution}); ${formatShare(level)} intervals by user
${alignTable(['estimator', 'value'], rows, 2)}`
}

function estimateText(estimate: Estimate, sign: 'signed' | 'plain' = 'plain'): string {
  if (estimate.kind === 'estimate') return intervalText(estimate, sign)
  if (estimate.mean === null) return `none: ${estimate.reason}`
  return `${showNumber(estimate.mean)}${estimate.reason === 'zero-variance' ? ', no spread' : ` (${estimate.reason})`}`
}
