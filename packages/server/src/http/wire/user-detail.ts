import { CHANNELS, type Times } from '@paloma/core/domain'
import type { IsoTime, WireUserDetail } from '@paloma/sdk'
import type { Usecases } from '../../usecases/contract.ts'
import { iso, wireUser } from './to-wire.ts'

type User = NonNullable<Awaited<ReturnType<Usecases['users']['get']>>>

/** One user, with when his consent was said. */
export function wireUserDetail({ profile, said, group, openOpportunities }: User): WireUserDetail {
  return {
    ...wireUser(profile),
    consentSaidAt: {
      channels: isoTimes(said.channels),
      topics: isoTimes(said.topics),
      channelTopics: isoTimes(said.channelTopics),
      ...isoTimes(said.rights),
    },
    liftedOptOuts: CHANNELS.flatMap((channel) => {
      const since = said.lifted?.[channel]
      return since === undefined ? [] : [{ channel, since: iso(since) }]
    }),
    group,
    openOpportunities,
  }
}

function isoTimes(times: Times = {}): Readonly<Record<string, IsoTime>> {
  return Object.fromEntries(Object.entries(times).map(([name, at]) => [name, iso(at)]))
}
