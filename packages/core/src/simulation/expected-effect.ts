import { visitChance } from './close-day.ts'
import { isReachable } from './deliver.ts'
import type { Kernel } from './kernel.ts'
import { type Attempt, fatigueOf, type Response, responseTo } from './response.ts'

/** What one send is truly expected to do, to first order; only an oracle knows it. */
export interface ExpectedEffect {
  /** Chance that the person opens, taps or reacts. */
  readonly response: number
  /** Extra value over holding, in the currency, without the loss of reach. */
  readonly value: number
  /** Chance of losing the channel through this send. */
  readonly optOut: number
  readonly uninstall: number
  /** Value of one day of natural visits: what an uninstall puts at risk. */
  readonly naturalValuePerDay: number
}

/** Sum of a stock that starts at one and halves every so many days, read once a day. */
function totalOf(halfLifeDays: number): number {
  return 1 / (1 - 0.5 ** (1 / halfLifeDays))
}

function messageValue(
  kernel: Kernel,
  user: number,
  facts: { response: Response; visit: number; fatigue: number; habitPerOpen: number },
): number {
  const { scenario, latents, state } = kernel
  const { response, visit } = facts
  const orderValue = latents.orderValue[user]!
  const perVisit = latents.orderRate[user]! * (1 - state.satisfied[user]!) * orderValue + scenario.valuePerVisit
  const bringsVisit = response.open * response.clickGivenOpen + (1 - response.open) * response.influence
  const pulled = Math.min(1, scenario.pullForward.share * visit * totalOf(scenario.pullForward.halfLifeDays))
  const wouldOrder = visit * latents.orderRate[user]! * totalOf(scenario.order.recoveryHalfLifeDays)
  const replaced = Math.min(1, latents.substitution[user]! * wouldOrder)
  const perLogit = visit * (1 - visit) * perVisit
  const { habit } = scenario
  const habitGain = response.open * facts.habitPerOpen * habit.visitLogit * totalOf(habit.halfLifeDays)
  const annoyed =
    (1 - response.open) * latents.irritation[user]! * (1 + facts.fatigue) * totalOf(scenario.irritationHalfLifeDays)
  return (
    bringsVisit * (response.order * orderValue * (1 - replaced) + scenario.valuePerVisit - pulled * perVisit) +
    (habitGain - annoyed) * perLogit
  )
}

/**
 * First-order expectation of a send: the visit it brings, less the visit and the order it replaces, plus habit, less
 * irritation. It leaves out what fatigue takes from later sends, and is zero on a closed channel.
 */
export function expectedEffect(kernel: Kernel, attempt: Attempt): ExpectedEffect {
  const { proposal, channel } = attempt
  const user = proposal.userIndex
  const day = Math.max(0, kernel.clock.dayOf(attempt.at))
  const visit = visitChance(kernel, user, day)
  const { latents, scenario } = kernel
  const naturalValuePerDay = visit * (latents.orderRate[user]! * latents.orderValue[user]! + scenario.valuePerVisit)
  if (!isReachable(kernel, user, channel)) {
    return { response: 0, value: 0, optOut: 0, uninstall: 0, naturalValuePerDay }
  }
  const response = responseTo(kernel, attempt)
  if (channel === 'in-app') {
    const value = visit * response.open * response.order * latents.orderValue[user]!
    const uninstall = visit * (1 - response.open) * response.uninstall
    return { response: visit * response.open, value, optOut: 0, uninstall, naturalValuePerDay }
  }
  const share = 1 - response.open * (1 - scenario.harm.openedShare)
  return {
    response: response.open,
    value: messageValue(kernel, user, {
      response,
      visit,
      fatigue: fatigueOf(kernel, user, channel),
      habitPerOpen: scenario.habit.perOpen * kernel.shifts.of(day, proposal.family).habit,
    }),
    optOut: response.optOut * share,
    uninstall: response.uninstall * share,
    naturalValuePerDay,
  }
}
