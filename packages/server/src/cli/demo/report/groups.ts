import { CHANNELS, type Channel, GROUPS, type Group } from '@paloma/core/domain'
import type { Series, SeriesStyle } from '../../report/index.ts'

export const GROUP_STYLES: Readonly<Record<Group, SeriesStyle>> = {
  paloma: { label: 'Paloma', color: 'var(--paloma)', dash: '' },
  businessAsUsual: { label: 'Business as usual', color: 'var(--usual)', dash: '7 3' },
  random: { label: 'Random', color: 'var(--random)', dash: '2 3' },
  holdout: { label: 'Holdout', color: 'var(--holdout)', dash: '10 3 2 3' },
}

/** The groups as lines of a plot. */
export const GROUP_LINES: readonly Series[] = GROUPS.map((group) => ({
  name: group,
  style: GROUP_STYLES[group],
  isMain: group === 'paloma',
}))

export const ACTION_STYLES: Readonly<Record<Channel | 'hold', SeriesStyle>> = {
  push: { label: 'Push', color: 'var(--push)', dash: '' },
  email: { label: 'Email', color: 'var(--email)', dash: '' },
  'in-app': { label: 'In-app', color: 'var(--in-app)', dash: '' },
  sms: { label: 'SMS', color: 'var(--sms)', dash: '' },
  webhook: { label: 'Webhook', color: 'var(--webhook)', dash: '' },
  hold: { label: 'Hold (nothing sent)', color: 'var(--hold)', dash: '' },
}

/** Bottom of the stack first. */
export const ACTION_ORDER: readonly (Channel | 'hold')[] = [...CHANNELS, 'hold']

/** `paloma-businessAsUsual` as people read it. */
export function pairLabel(pair: string): string {
  const name = (group: string | undefined) => GROUPS.find((known) => known === group)
  const [first, second] = pair.split('-').map(name)
  if (first === undefined || second === undefined) return pair
  return `${GROUP_STYLES[first].label} \u2212 ${GROUP_STYLES[second].label.toLowerCase()}`
}
