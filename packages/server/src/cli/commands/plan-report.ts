import type { CampaignSummary } from '../../usecases/campaign/index.ts'
import type { Interval } from '../../usecases/contract.ts'
import { alignTable, type Report, showNumber } from '../print/index.ts'

/** A plan's summary for programs and as tables for people. */
export function planReport(summary: CampaignSummary, out: string): Report {
  const parts = [
    `${showNumber(summary.rows)} rows in ${out} (policy ${summary.policy.kind}, floor ${showNumber(floorOf(summary))}, seed ${summary.seed})`,
    actionsText(summary),
    channelsText(summary),
    expectedText(summary),
    ...checkText(summary),
    summary.verdict.sentence,
  ]
  return { data: { ...summary, out }, text: parts.join('\n\n') }
}

function floorOf({ policy }: CampaignSummary): number {
  return policy.kind === 'epsilonGreedy' ? policy.epsilon : policy.floor
}

function actionsText(summary: CampaignSummary): string {
  const rows = summary.actions.map(({ action, channel, users, expectedUsers }) => [
    action,
    channel ?? '',
    showNumber(users),
    showNumber(Math.round(expectedUsers)),
  ])
  return alignTable(['action', 'channel', 'users', 'expected'], rows)
}

function channelsText(summary: CampaignSummary): string {
  const rows = Object.entries(summary.channels).map(([channel, { sends, limit, price }]) => [
    channel,
    showNumber(sends),
    limit === null ? 'none' : showNumber(limit),
    showNumber(price),
  ])
  return alignTable(['channel', 'sends', 'limit', 'price per send'], rows)
}

function expectedText(summary: CampaignSummary): string {
  const rows = Object.entries(summary.expected).map(([objective, { unit, againstHold, againstBestFixed }]) => [
    `${objective} (${unit})`,
    intervalText(againstHold),
    intervalText(againstBestFixed),
  ])
  const { action, share } = summary.bestFixed
  const fixed = `${action} ${showNumber(100 * share)} %`
  const table = alignTable(['total', 'against hold', `against best fixed (${fixed})`], rows)
  return `Expected totals by the model, 95 % intervals:\n${table}`
}

function checkText({ check }: CampaignSummary): readonly string[] {
  if (check === null) return []
  const named = [...Object.entries(check.objectives), ['combined', check.combined] as const]
  const rows = named.map(([objective, { plan, bestFixed, difference }]) => [
    objective,
    intervalText(plan.ips),
    intervalText(plan.snips),
    intervalText(plan.doublyRobust),
    intervalText(bestFixed),
    intervalText(difference),
  ])
  const header = ['per user', 'IPS', 'SNIPS', 'doubly robust', 'best fixed', 'difference']
  const size = `${showNumber(Math.round(check.effectiveSampleSize))} of ${showNumber(check.rows)}, mean weight ${showNumber(check.meanWeight.plan)}`
  return [`Checked on the past campaign, cross-fitted; effective sample size ${size}:\n${alignTable(header, rows)}`]
}

function intervalText(interval: Interval | null): string {
  if (interval === null) return 'unknown'
  return `${showNumber(interval.mean)} [${showNumber(interval.low)}, ${showNumber(interval.high)}]`
}
