import { type EpochMs, MINUTE_MS } from '../domain/index.ts'
import { bookOrder, growHabit, isReachable, orderDelayMs, revenueOf } from './deliver.ts'
import { PURPOSE } from './draws.ts'
import type { Emit } from './happening.ts'
import type { Kernel } from './kernel.ts'
import { sigmoid } from './latents.ts'
import { proposalOfId } from './proposal.ts'
import { responseTo } from './response.ts'
import { passNight, type UserRange, type WaitingMessage } from './world-state.ts'

const SEASON_DAYS = 365.25
const IN_APP_MINUTES = 1

/** Chance of a natural visit today: σ(v_i + drift + shifts + season + weekend + κ·habit − irritation)·(1 − pulled forward). */
export function visitChance(kernel: Kernel, user: number, day: number): number {
  const { scenario, latents, state, clock } = kernel
  const { visit } = scenario
  const season = visit.seasonLogit * Math.sin((2 * Math.PI * day) / SEASON_DAYS)
  const weekend = clock.isWeekend(latents.zone[user]!, day) ? visit.weekendLogit : 0
  const logit =
    latents.visitLogit[user]! +
    latents.driftPerDay[user]! * day +
    kernel.shifts.visitLogit(day) +
    season +
    weekend +
    scenario.habit.visitLogit * state.habit[user]! -
    state.irritation[user]!
  const kept = state.installed[user] === 1 ? 1 : visit.keptAfterUninstall
  return sigmoid(logit) * kept * (1 - state.pulledForward[user]!)
}

function orderOnVisit(kernel: Kernel, visit: { user: number; day: number; at: EpochMs }, emit: Emit): void {
  const { user, day, at } = visit
  const { latents, state, draws } = kernel
  if (draws.uniform(user, day, PURPOSE.order) >= latents.orderRate[user]! * (1 - state.satisfied[user]!)) return
  const placedAt = at + orderDelayMs(kernel, draws.uniform(user, day, PURPOSE.orderDelay))
  const revenue = revenueOf(kernel, user, draws.normal(user, day, PURPOSE.revenue))
  emit({ kind: 'order', userIndex: user, at: placedAt, revenue, cause: null, key: `d${day}` })
  bookOrder(kernel, user, placedAt)
}

function showInApp(
  kernel: Kernel,
  visit: { user: number; day: number; at: EpochMs; waiting: WaitingMessage },
  emit: Emit,
): void {
  const { user, day, at, waiting } = visit
  const { state, draws } = kernel
  const proposal = proposalOfId(kernel, waiting.opportunityId)
  const cause = { decisionId: waiting.decisionId, message: waiting.message, variant: waiting.variant }
  const shown = at + IN_APP_MINUTES * MINUTE_MS
  const response = responseTo(kernel, { proposal, channel: 'in-app', variant: waiting.variant, at: shown })
  state.waiting[user] = null
  emit({ kind: 'inAppViewed', userIndex: user, at: shown, revenue: 0, cause, key: '' })
  state.fatigueInApp[user]! += 1
  state.novelty[user * kernel.families + proposal.family]! += 1
  if (draws.uniform(user, day, PURPOSE.inAppClick) < response.open) {
    const clicked = shown + MINUTE_MS
    emit({ kind: 'inAppClicked', userIndex: user, at: clicked, revenue: 0, cause, key: '' })
    growHabit(kernel, proposal, clicked)
    if (draws.uniform(user, day, PURPOSE.inAppOrder) < response.order) {
      const revenue = revenueOf(kernel, user, draws.normal(user, day, PURPOSE.inAppRevenue))
      emit({ kind: 'order', userIndex: user, at: clicked + 5 * MINUTE_MS, revenue, cause, key: '' })
      bookOrder(kernel, user, clicked)
    }
  } else if (draws.uniform(user, day, PURPOSE.inAppUninstall) < response.uninstall) {
    state.installed[user] = 0
    emit({ kind: 'uninstalled', userIndex: user, at: shown + 2 * MINUTE_MS, revenue: 0, cause, key: '' })
  }
}

/** Lets a range of users live a day: visits, orders and in-app messages shown on them; then one night. Changes the state. */
export function passDay(kernel: Kernel, span: UserRange & { readonly day: number }, emit: Emit): void {
  const { day } = span
  const { latents, state, draws, clock, circadian } = kernel
  for (let user = span.from; user < span.to; user += 1) {
    if (draws.uniform(user, day, PURPOSE.visit) >= visitChance(kernel, user, day)) continue
    const hour = circadian.hourAt(draws.uniform(user, day, PURPOSE.visitHour)) + latents.shiftHours[user]!
    const at = clock.momentAt(latents.zone[user]!, day, hour)
    emit({ kind: 'visit', userIndex: user, at, revenue: 0, cause: null, key: `d${day}` })
    state.lastVisitDay[user] = Math.max(state.lastVisitDay[user]!, day)
    const waiting = state.waiting[user]
    if (waiting && waiting.expires <= at) state.waiting[user] = null
    else if (waiting && waiting.from <= at && isReachable(kernel, user, 'in-app')) {
      showInApp(kernel, { user, day, at, waiting }, emit)
    }
    orderOnVisit(kernel, { user, day, at }, emit)
  }
  passNight(state, kernel.scenario, span)
}
