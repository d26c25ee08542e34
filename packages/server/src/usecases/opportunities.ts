import type { EpochMs, Opportunity, OpportunityId } from '@paloma/core'
import type { InsertResult } from '../store/contract.ts'
import type { ItemError, ItemResult, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { groupCommit } from './group-commit.ts'
import { besideFaults, type Written, writeEach } from './item-results.ts'
import { withStatusAt } from './opportunity-status.ts'
import { writeAsOwners } from './owners.ts'
import { proposalFault } from './proposal-fault.ts'

type ProposeResult = ItemResult<{ readonly id: OpportunityId }>

function expired({ window }: Opportunity, now: EpochMs): ItemError {
  const [until, at] = [window.expires, now].map((moment) => new Date(moment).toISOString())
  const detail = `/window/expires: expected a moment after now (${at}), got ${until}`
  return { code: 'OPPORTUNITY_EXPIRED', detail, pointer: '/window/expires' }
}

function resultOf({ id }: Opportunity, written: Written<InsertResult>): ProposeResult {
  if (written.kind === 'refused') return { ok: false, error: written.error }
  if (written.result !== 'conflict') {
    return { ok: true, status: written.result === 'inserted' ? 'created' : 'duplicate', value: { id } }
  }
  const detail = `opportunity ${id} exists with other content; a changed proposal needs its own id`
  return { ok: false, error: { code: 'OPPORTUNITY_CONFLICT', detail, pointer: '/id' } }
}

/** Opportunities in; the same id always means the same proposal. One for an alias belongs to the user behind it. */
export function opportunityUsecases({ store, clock, config }: Deps): Usecases['opportunities'] {
  const write = groupCommit<Opportunity, ProposeResult>(async (items) => {
    const ids = items.map(({ userId }) => userId)
    const written = await writeAsOwners(store, ids, (ownerOf) => {
      const owned = items.map((item) => ({ ...item, userId: ownerOf(item.userId) }))
      return writeEach(owned, (part) => store.opportunities.insertMany(part, clock.now()))
    })
    return items.map((item, i) => resultOf(item, written[i]!))
  })

  const lateFault = async (items: readonly Opportunity[]): Promise<(item: Opportunity) => ItemError | undefined> => {
    const now = clock.now()
    const late = items.filter(({ window }) => window.expires <= now)
    // What was accepted while its window was open may be repeated after it: that is a retry, not a late proposal.
    const known = late.length === 0 ? undefined : await store.opportunities.get(late.map(({ id }) => id))
    return (item) => (item.window.expires <= now && known?.has(item.id) !== true ? expired(item, now) : undefined)
  }

  return {
    async propose(items) {
      const isLate = await lateFault(items)
      return besideFaults(
        items,
        (item) => proposalFault(item, config.objectives) ?? isLate(item),
        (sound) => write.add(sound),
      )
    },
    async get(id) {
      const found = (await store.opportunities.get([id])).get(id)
      return found === undefined ? undefined : withStatusAt(found, clock.now())
    },
    withdraw: (id) => store.opportunities.withdraw(id),
  }
}
