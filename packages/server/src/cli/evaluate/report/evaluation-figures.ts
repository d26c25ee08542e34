import { ESTIMATOR_WORDS, type Estimate, type ObjectiveEvaluation } from '@paloma/core'
import {
  barsFigure,
  type Figure,
  type ForestRow,
  forestFigure,
  formatNumber,
  formatShare,
  type Interval,
  tailFigure,
} from '../../report/index.ts'
import type { EvaluationView } from '../evaluation-view.ts'
import { isShown, ruleWords } from '../evaluation-words.ts'

function intervalOf(estimate: Estimate): Interval {
  if (estimate.kind === 'estimate') return estimate
  return { mean: estimate.mean ?? Number.NaN, low: Number.NaN, high: Number.NaN }
}

/** Differences from the logging policy, an objective a row, the tolerated loss of guardrails as a tick. */
export function differenceFigure(view: EvaluationView, objective: ObjectiveEvaluation): Figure {
  const { level, evaluation, units } = view
  const { name, metric, difference, bootstrap, logging } = objective
  const loss = metric.isRelative ? metric.margin * Math.abs(logging.mean ?? Number.NaN) : metric.margin
  const mark = metric.role === 'guardrail' && Number.isFinite(loss) ? { mark: metric.inverse ? loss : -loss } : {}
  const rows: readonly ForestRow[] = [
    { label: 'DR, by user', interval: intervalOf(difference), color: colorOf(view), ...mark },
    ...(bootstrap === null
      ? []
      : [{ label: 'bootstrap of users', interval: intervalOf(bootstrap.difference), color: 'var(--quiet)' }]),
  ]
  const margin = 'mark' in mark ? ' The tick is the largest loss that is accepted.' : ''
  return forestFigure({
    title: `${name}: this policy − that of the log`,
    caption: `${units[name] ?? 'reward'} per decision${metric.inverse ? ', less is better' : ''}; n = ${formatNumber(evaluation.decisions, 0)} decisions of ${formatNumber(evaluation.users, 0)} users; ${formatShare(level)} intervals.${margin}`,
    unit: units[name] ?? 'reward',
    rows,
  })
}

/** The value by every estimator, below the mean that the logging policy got. */
export function estimatorFigure(view: EvaluationView, objective: ObjectiveEvaluation): Figure {
  const { name, logging, model } = objective
  const estimators = objective.estimators.filter(isShown(model.source))
  const rows: readonly ForestRow[] = [
    { label: 'policy of the log, its mean', interval: intervalOf(logging), color: 'var(--usual)' },
    ...estimators.map(({ name: estimator, rule, isTuned, estimate }) => ({
      label: [ESTIMATOR_WORDS[estimator], ruleWords(rule, isTuned)].filter((part) => part !== '').join('; '),
      interval: intervalOf(estimate),
      color: estimator === 'dr' ? colorOf(view) : 'var(--quiet)',
    })),
  ]
  return forestFigure({
    title: `${name}: value by estimator`,
    caption: `${view.units[name] ?? 'reward'} per decision; ${formatShare(view.level)} intervals clustered by user. They differ in what they trust: weights (IPS, SNIPS), a model (DM), or both (DR).`,
    unit: view.units[name] ?? 'reward',
    sign: 'plain',
    rows,
  })
}

function colorOf({ evaluation }: EvaluationView): string {
  return evaluation.promoted === null ? 'var(--quiet)' : 'var(--paloma)'
}

/** How probable the logged choices were. */
export function propensityFigure({ shape, evaluation }: EvaluationView): Figure {
  return barsFigure({
    title: 'Propensities of the logged choices',
    caption: `Decisions by the probability with which their action was drawn; n = ${formatNumber(evaluation.decisions, 0)}, least ${formatNumber(evaluation.overlap.leastPropensity)}.`,
    xLabel: 'propensity',
    yLabel: 'decisions',
    bars: shape.propensities.map(({ low, high, decisions }) => ({ low, high, count: decisions })),
  })
}

/** How few decisions carry how much. */
export function weightFigure({ shape, evaluation }: EvaluationView): Figure {
  const { overlap, clip } = evaluation
  const most = overlap.quantiles.at(-1)?.weight ?? 0
  const isClipped = clip.at <= most
  return tailFigure({
    title: 'The tail of the weights',
    caption: `Of ${formatNumber(evaluation.decisions, 0)} decisions, worth ${formatNumber(overlap.effectiveSampleSize, 0)} unweighted ones. DR clips weights at ${formatNumber(clip.at)}${isClipped ? ', the dashed line' : ', beyond the largest'}.`,
    xLabel: 'weight of at least',
    series: [
      { label: 'share of all weight they carry', color: 'var(--paloma)', dash: '' },
      { label: 'share of decisions', color: 'var(--usual)', dash: '7 3' },
    ],
    rows: shape.tail.map(({ weight, decisions, carried }) => ({ x: weight, shares: [carried, decisions] })),
    ...(isClipped ? { mark: clip.at } : {}),
  })
}
