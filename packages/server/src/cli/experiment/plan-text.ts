import { PalomaError, type PlanReadOut, wordsForCode } from '@paloma/core'
import type { WirePlanFromLog } from '@paloma/sdk'
import { alignTable, type Report, showNumber } from '../print/index.ts'

type Counted = 'users' | 'slots'

/** A plan for people: when it decides, what each metric needs, what other durations would find. */
export function planText(found: PlanReadOut, counted: Counted = 'users'): string {
  return [headText(found, counted), needsText(found, counted), splitText(found, counted), ...curveText(found)].join(
    '\n\n',
  )
}

/** A plan from a log, with what it rests on; a failure where something stands in its way, which is said after all else. */
export function logPlanReport(found: WirePlanFromLog): Report & { readonly failure?: PalomaError } {
  const { key, plan, faults, basis } = found
  const counted = basis.unit === 'user' ? 'users' : 'slots'
  const wrong = faults.map(({ pointer, detail }) => `  ${pointer}: ${detail}`)
  const head = plan === null ? `${key}: no plan. It needs:\n${wrong.join('\n')}` : planText(plan, counted)
  const report = { data: found, text: [head, pastText(found, counted), basisText(found, counted)].join('\n\n') }
  const [first] = faults
  if (first === undefined) return report
  return { ...report, failure: new PalomaError('PLAN_INCOMPLETE', `${first.pointer}: ${first.detail}`) }
}

function rounded(value: number | null): string {
  return value === null ? '–' : showNumber(Number(value.toPrecision(4)))
}

/** The past of every metric, and which may not be planned with. */
function pastText({ metrics, faults }: WirePlanFromLog, counted: Counted): string {
  const rows = metrics.map(({ name, role, units, mean, stdDeviation, explained }) => [
    ...[name, role, showNumber(units), rounded(mean), rounded(stdDeviation)],
    explained === null ? '–' : `${showNumber(Math.round(100 * explained))} %`,
  ])
  const header = ['the past of', 'role', counted, 'mean', 'deviation', 'explained']
  const said = faults.map(({ detail }) => detail)
  const flags = metrics.flatMap(({ fault }) => (fault === null || said.includes(fault) ? [] : [fault]))
  return [alignTable(header, rows, 2), ...flags.map((flag) => `Beside the decision: ${flag}.`)].join('\n')
}

function basisText({ basis }: WirePlanFromLog, counted: Counted): string {
  const { from, since, until, days, units, users, share, unitsPerDay, triggerRate } = basis
  const place = from === 'history' ? 'the history' : 'the store'
  const who = counted === 'users' ? showNumber(users) : `${showNumber(units)} slots of time with ${showNumber(users)}`
  const sentences = [
    `Estimated from ${who} users that it would have exposed in ${showNumber(days)} whole ${days === 1 ? 'day' : 'days'}, ${since.slice(0, 10)} to ${until.slice(0, 10)}, in ${place}.`,
    ...(triggerRate === null
      ? []
      : [`${percent(triggerRate)} of the users in its groups and targeting would have been exposed.`]),
    ...(unitsPerDay === null
      ? ['No whole day lies between: days cannot be told.']
      : [
          `It would get ${rounded(unitsPerDay)} new ${counted} a day${share === 1 ? '' : `, ${percent(share)} of them all`}.`,
        ]),
  ]
  return sentences.join('\n')
}

function percent(share: number): string {
  return `${showNumber(Number((100 * share).toPrecision(3)))} %`
}

function headText({ experiment, plan, daysWithWindow, curve }: PlanReadOut, counted: Counted): string {
  if (plan.units === null) return `${experiment}: no plan, because ${plan.bottleneck} has no answer`
  // Without arrivals there is no curve either.
  const beyond = Object.keys(curve).length === 0 ? '' : ', more than a year of arrivals'
  const days = plan.days === null ? beyond : `, ${showNumber(plan.days)} days of arrivals`
  const whole =
    daysWithWindow === null || daysWithWindow === plan.days
      ? ''
      : ` (${showNumber(daysWithWindow)} until the last window has closed)`
  return `${experiment}: ${showNumber(plan.units)} ${counted}${days}${whole}. The bottleneck is ${plan.bottleneck}.`
}

function needsText({ plan, metrics }: PlanReadOut, counted: Counted): string {
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
      units === null ? (reason === null ? 'unknown' : wordsForCode(reason)) : showNumber(Math.ceil(units)),
    ]
  })
  return alignTable(['metric', 'role', 'mean', 'effect', 'explained', 'level', 'power', 'looks ×', counted], rows, 2)
}

function splitText({ plan, fastest }: PlanReadOut, counted: Counted): string {
  const show = ({ control, treatment }: PlanReadOut['fastest']['split']): string =>
    `${showNumber(Math.round(1000 * control) / 10)} % control, ${showNumber(Math.round(1000 * treatment) / 10)} % each treatment`
  const units = fastest.units === null ? 'unknown' : showNumber(fastest.units)
  return `Split: ${show(plan.split)}. The fastest: ${show(fastest.split)}, ${units} ${counted}.`
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
