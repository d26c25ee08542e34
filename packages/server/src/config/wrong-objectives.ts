import { LONGEST_VISIT_HOURS } from '@paloma/core/domain'
import type { Config } from './contract.ts'
import type { Disagreement } from './disagreement.ts'

/** What members of objectives say against each other. */
export function wrongObjectives(config: Pick<Config, 'objectives'>): readonly Disagreement[] {
  return [...wrongEarlyHours(config), ...wrongVisits(config)]
}

function wrongEarlyHours({ objectives }: Pick<Config, 'objectives'>): readonly Disagreement[] {
  return objectives.flatMap(({ earlyHours, windowHours, model }, index) => {
    if (earlyHours === undefined || (model === 'response' && earlyHours < windowHours)) return []
    const message = `expected fewer hours than the window (${windowHours}), of an objective with model \`response\``
    return [{ path: ['objectives', index, 'earlyHours'], message, input: earlyHours }]
  })
}

function wrongVisits({ objectives }: Pick<Config, 'objectives'>): readonly Disagreement[] {
  return objectives.flatMap(({ model, windowHours, valueProperty }, index): readonly Disagreement[] => {
    if (model !== 'visit') return []
    const hours = `expected whole hours, at most ${LONGEST_VISIT_HOURS}, for the model \`visit\`, which looks at each of them`
    const none = 'expected none for the model `visit`, which asks whether somebody comes'
    const path = ['objectives', index]
    return [
      ...(Number.isInteger(windowHours) && windowHours <= LONGEST_VISIT_HOURS
        ? []
        : [{ path: [...path, 'windowHours'], message: hours, input: windowHours }]),
      ...(valueProperty === undefined
        ? []
        : [{ path: [...path, 'valueProperty'], message: none, input: valueProperty }]),
    ]
  })
}
