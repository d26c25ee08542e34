import type { Category, Channel, EpochMs, Refusal, Rules, UserState } from '../domain/index.ts'
import { channelRefusals } from './channel-refusals.ts'
import { bindingLimits } from './limits.ts'
import { type QuietSpell, quietSpells } from './quiet-hours.ts'
import { isInScope } from './scope.ts'
import { historyRefusals } from './standing.ts'

/** A reserved send about to be handed to its provider. */
export interface LastMomentItem {
  readonly channel: Channel
  readonly category: Category
  readonly topic: string
  readonly message: string
  readonly groupKey: string | null
  readonly opportunityId: string
  readonly expires: EpochMs
}

export type LastMomentVerdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'refuse'; readonly refusals: readonly Refusal[] }
  | { readonly kind: 'postpone'; readonly until: EpochMs }

const GO: LastMomentVerdict = { kind: 'go' }
const EXPIRED: Refusal = { reason: 'expired' }

/**
 * Asks the rules once more, with the user as he is known now, before a reserved send leaves. Quiet hours with `wait`
 * postpone it to their end if nothing else speaks against it and it has not expired by then; all else refuses.
 *
 * The history must leave out this send's own reservation: any entry of the same opportunity is another send of it, and
 * refuses this one as already sent.
 */
export function lastMomentCheck(
  item: LastMomentItem,
  { user, rules, now }: { readonly user: UserState; readonly rules: Rules; readonly now: EpochMs },
): LastMomentVerdict {
  const zone = user.profile.timeZone ?? rules.timeZone
  const { sends } = user.history
  const found = [...channelRefusals(item, user.profile, rules.channels), ...historyRefusals(item, sends)]
  if (now >= item.expires) found.push(EXPIRED)
  for (const { scope, refusal } of bindingLimits(rules, sends, { zone, now })) {
    if (isInScope(scope, item)) found.push(refusal)
  }
  const spells = quietSpells(rules.quietHours, zone, now).filter(({ rule }) => isInScope(rule, item))
  if (found.length === 0 && spells.length === 0) return GO
  const until = endOfWait(spells)
  if (found.length === 0 && until !== undefined && until < item.expires) return { kind: 'postpone', until }
  return { kind: 'refuse', refusals: [...found, ...spells.map(({ refusal }) => refusal)] }
}

/** When all spells are over, or undefined if one lapses. An end in further quiet hours is checked again when due. */
function endOfWait(spells: readonly QuietSpell[]): EpochMs | undefined {
  if (spells.some(({ rule }) => rule.behaviour === 'lapse')) return undefined
  return Math.max(...spells.map(({ until }) => until))
}
