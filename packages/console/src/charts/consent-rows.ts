import type { IsoTime, UserDetail } from '../answers.ts'
import { formatTime } from '../format.ts'

/** What was agreed to, how it stands, and when that was said. */
export type ConsentRow = readonly [what: string, state: string, said: string]

type Consenting = Pick<UserDetail, 'consent' | 'consentSaidAt' | 'suppressions' | 'liftedOptOuts'>

/** What a user agreed to, which addresses must not be used, and which opt-outs he took back. */
export function consentRows({
  consent,
  consentSaidAt,
  suppressions,
  liftedOptOuts,
}: Consenting): readonly ConsentRow[] {
  const { channels, topics, channelTopics } = consent
  const right = (granted: boolean): string => (granted ? 'granted' : 'denied')
  return [
    ...bagRows('channel ', channels, consentSaidAt.channels),
    ...bagRows('topic ', topics, consentSaidAt.topics),
    ...bagRows('', channelTopics, consentSaidAt.channelTopics),
    ['to be learned from', right(consent.learning), saidText(consentSaidAt.learning)],
    ['to be explored on', right(consent.exploration), saidText(consentSaidAt.exploration)],
    ...suppressions.map(
      ({ channel, reason, since }): ConsentRow => [`suppressed ${channel}`, reason, formatTime(since)],
    ),
    ...liftedOptOuts.map(
      ({ channel, since }): ConsentRow => [`${channel} again`, 'opt-out taken back', formatTime(since)],
    ),
  ]
}

function bagRows(
  before: string,
  states: Readonly<Record<string, string>>,
  times: Readonly<Record<string, IsoTime>>,
): readonly ConsentRow[] {
  return Object.entries(states).map(([name, state]) => [`${before}${name}`, state, saidText(times[name])])
}

function saidText(time: IsoTime | undefined): string {
  return time === undefined ? 'without a time' : formatTime(time)
}
