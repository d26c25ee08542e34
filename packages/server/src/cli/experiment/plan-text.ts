import type { PlanReadOut } from '@paloma/core'
import { alignTable, showNumber } from '../print/index.ts'

/** A plan for people: when it decides, what each metric needs, what other durations would find. */
export function planText(found: PlanReadOut): string {
  return [headText(found), needsText(found), splitText(found), ...curveText(found)].join('\n\n')
}

function headText({ experiment, plan, daysWithWindow }: PlanReadOut): string {
  if (plan.units === null) return `${experiment}: no plan, because ${plan.bottleneck} has no answer`
  const days = plan.days === null ? '' : `, ${showNumber(plan.days)} days of arrivals`
  const whole =
    daysWithWindow === null || daysWithWindow === plan.days
      ? ''
      : ` (${showNumber(daysWithWindow)} until the last window has closed)`
  return `${experiment}: ${showNumber(plan.units)} users${days}${whole}. The bottleneck is ${plan.bottleneck}.`
}

function needsText({ plan, metrics }: PlanReadOut): string {
  const rows = plan.metrics.map(({ name, role, units, reason, power, alpha, inflation }, i) => {
    const { mean, effect, rSquared = 0 } = metrics[i]!
    return [
      name,
      role,
      showNumber(Number(mean.toPrecision(4))),
      `${role === 'guardrail' ? '-' : ''}${showNumber(100 * effect)} %`,
      `${showNumber(Math.round(100 * rSquared))} %`,
      alpha.toPrecision(2),
      `${showNumber(Number((100 * power).toPrecision(3)))} %`,
      inflation.toFixed(2),
      units === null ? (reason ?? 'unknown') : showNumber(Math.ceil(units)),
    ]
  })
  return alignTable(['metric', 'role', 'mean', 'effect', 'explained', 'level', 'power', 'looks ×', 'users'], rows, 2)
}

function splitText({ plan, fastest }: PlanReadOut): string {
  const show = ({ control, treatment }: PlanReadOut['fastest']['split']): string =>
    `${showNumber(Math.round(1000 * control) / 10)} % control, ${showNumber(Math.round(1000 * treatment) / 10)} % each treatment`
  const units = fastest.units === null ? 'unknown' : showNumber(fastest.units)
  return `Split: ${show(plan.split)}. The fastest: ${show(fastest.split)}, ${units} users.`
}

function curveText({ curve }: PlanReadOut): readonly string[] {
  const metrics = Object.entries(curve)
  const [first] = metrics
  if (first === undefined) return []
  const rows = metrics.map(([name, points]) => [
    name,
    ...points.map(({ relative }) => (relative === null ? '–' : `${(100 * relative).toPrecision(3)} %`)),
  ])
  const header = ['after days of arrivals', ...first[1].map(({ days }) => showNumber(days))]
  return [`Smallest relative effect that would be found:\n${alignTable(header, rows)}`]
}
