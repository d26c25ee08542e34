import type { FittedParameter, FittedStatistic, WorldFit } from '@paloma/core/simulation'
import { alignTable, showNumber } from '../../print/index.ts'

function significant(value: number, digits: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(digits)))
}

function parameterRows(parameters: readonly FittedParameter[]): readonly (readonly string[])[] {
  return parameters.flatMap((parameter) =>
    parameter.kind === 'kept'
      ? []
      : [
          [
            parameter.path,
            significant(parameter.base, 4),
            significant(parameter.value, 4),
            significant(parameter.stdError, 2),
          ],
        ],
  )
}

function statisticRows(statistics: readonly FittedStatistic[]): readonly (readonly string[])[] {
  return statistics.map(({ name, log, fitted, standardised }) => [
    name,
    significant(log, 4),
    significant(fitted, 4),
    standardised === null ? '–' : standardised.toFixed(2),
  ])
}

/** A fit for a person at a terminal. */
export function fitText(
  { users, days, sends, events, parameters, statistics, remarks }: WorldFit,
  out: string,
): string {
  const kept = parameters.flatMap((parameter) =>
    parameter.kind === 'kept' ? [[parameter.path, parameter.reason]] : [],
  )
  const size = `${showNumber(users)} users, ${days} days, ${showNumber(sends)} sends, ${showNumber(events)} events`
  return [
    `Fitted to ${size}; the scenario is in ${out}.`,
    '',
    alignTable(['fitted', 'base', 'value', 'std. error'], parameterRows(parameters)),
    ...(kept.length === 0
      ? []
      : ['', 'As in the base, because the log cannot tell:', alignTable(['kept', 'why'], kept, 2)]),
    '',
    alignTable(['statistic', 'in the log', 'fitted world', 'standardised'], statisticRows(statistics)),
    ...(remarks.length === 0 ? [] : ['', ...remarks.map((remark) => `- ${remark}`)]),
  ].join('\n')
}
