import {
  DAY_MS,
  type DecisionSummary,
  type EpochMs,
  type Opportunity,
  sendId,
  type UserId,
  type UserState,
} from '@paloma/core'
import type { NewDecision, Send, Store } from '../store/contract.ts'
import { attemptDecision, newDecision } from './attempt-decision.ts'
import type { DecideCommand, ItemError, ItemResult, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { fingerprintOf } from './fingerprint.ts'
import { groupCommit } from './group-commit.ts'
import { bagAsStored } from './hot-user.ts'
import { besideFaults, type Written, writeEach } from './item-results.ts'
import { pastDecisionUsecases } from './past-decisions.ts'
import { redecideDue } from './redecide.ts'

type Decided = { readonly decision: DecisionSummary; readonly send: Pick<Send, 'sendId' | 'status' | 'dueAt'> | null }
type DecideResult = ItemResult<Decided>

/** How far ahead of a virtual clock a decision may be dated. */
const MAX_AHEAD_MS = 366 * DAY_MS

/** The send that follows from a decision just stored. */
function newSendOf({ decision, deliver }: NewDecision): Decided['send'] {
  const { action } = decision
  if (action.kind === 'hold' || !deliver) return null
  const status = action.sendAt <= decision.at ? 'reserved' : 'planned'
  return { sendId: sendId(`send-${decision.decisionId}`), status, dueAt: action.sendAt }
}

/** Decides for many users at once, writes what was decided, and answers only then. */
export function decisionUsecases(deps: Deps): Usecases['decisions'] & {
  redecide(limit: number): Promise<number>
} {
  const write = groupCommit<NewDecision, DecideResult>(async (items) => {
    const written = await writeEach(items, (part) => deps.store.decisions.insertMany(part))
    const homeless = await deps.store.users.settle([...new Set(items.map(({ decision }) => decision.userId))])
    const repeated = written.flatMap((each) => {
      return each.kind === 'written' && each.result.result === 'duplicate' ? [each.result.decision.decisionId] : []
    })
    const sends = repeated.length === 0 ? undefined : await deps.store.sends.byDecision(repeated)
    return items.map((item, i) =>
      homeless.get(item.decision.userId) === null
        ? { ok: false, error: unknownUser(item.decision) }
        : resultOf(item, written[i]!, sends),
    )
  })

  // Callers that come together are also looked up together.
  const make = groupCommit((commands: readonly DecideCommand[]) => decideAll(deps, commands))

  const decideSound = async (commands: readonly DecideCommand[]): Promise<readonly DecideResult[]> => {
    const made = await make.add(commands)
    const sound = made.flatMap((each) => (each.ok ? [each.item] : []))
    const written = (await write.add(sound)).values()
    return made.map((each): DecideResult => (each.ok ? written.next().value! : each))
  }

  return {
    async decide(commands) {
      if (commands.every(({ at }) => at === undefined)) return decideSound(commands)
      return besideFaults(commands, await momentFault(deps, commands), decideSound)
    },
    redecide: (limit) => redecideDue(deps, write.add, limit),
    ...pastDecisionUsecases(deps),
  }
}

type StoredDecision = Awaited<ReturnType<Store['decisions']['insertMany']>>[number]

function resultOf(
  item: NewDecision,
  written: Written<StoredDecision>,
  sends: Awaited<ReturnType<Store['sends']['byDecision']>> | undefined,
): DecideResult {
  if (written.kind === 'refused') return { ok: false, error: written.error }
  const { result, decision } = written.result
  switch (result) {
    case 'inserted':
      return { ok: true, status: 'created', value: { decision, send: newSendOf(item) } }
    case 'duplicate':
      return { ok: true, status: 'duplicate', value: { decision, send: sends?.get(decision.decisionId) ?? null } }
    case 'conflict': {
      const detail = `decision ${decision.decisionId} was made for another request`
      return { ok: false, error: { code: 'DECISION_CONFLICT', detail, pointer: '/decisionId' } }
    }
  }
}

/** A decision to write, or why there is none. */
type Made = { readonly ok: true; readonly item: NewDecision } | { readonly ok: false; readonly error: ItemError }

function unknownUser({ userId }: Pick<DecideCommand, 'userId'>): ItemError {
  const detail = `user ${userId} is unknown: identify the user or write the profile first`
  return { code: 'USER_NOT_FOUND', detail, pointer: '/userId' }
}

/** Refuses moments that the clock does not allow; a decision made before may be asked for again under its old one. */
async function momentFault(
  { store, clock }: Deps,
  commands: readonly DecideCommand[],
): Promise<(command: DecideCommand) => ItemError | undefined> {
  const now = clock.now()
  const past = commands.filter(({ at }) => at !== undefined && at < now)
  const known = past.length === 0 || !clock.isVirtual ? undefined : await knownIds(store, past)
  return ({ at, decisionId }) => {
    if (at === undefined) return undefined
    if (!clock.isVirtual) return refusedMoment('CLOCK_NOT_VIRTUAL', 'may be given only where the clock is virtual')
    const said = `expected a moment from ${iso(now)} to ${iso(now + MAX_AHEAD_MS)}, got ${iso(at)}`
    if (at > now + MAX_AHEAD_MS) return refusedMoment('MOMENT_TOO_FAR', said)
    return at < now && known?.has(decisionId) !== true ? refusedMoment('MOMENT_BACKWARDS', said) : undefined
  }
}

async function knownIds(store: Store, commands: readonly DecideCommand[]): Promise<ReadonlySet<string>> {
  return new Set((await store.decisions.getMany(commands.map(({ decisionId }) => decisionId))).keys())
}

function refusedMoment(code: string, said: string): ItemError {
  return { code, detail: `/at: ${said}`, pointer: '/at' }
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString()
}

/** Decisions that are not stored yet, each with what is known at its own moment; what fails costs its neighbours nothing. */
async function decideAll(
  { store, clock, snapshots }: Deps,
  commands: readonly DecideCommand[],
): Promise<readonly Made[]> {
  const now = clock.now()
  const moments = new Map<EpochMs, Set<UserId>>()
  for (const { at = now, userId } of commands) moments.set(at, (moments.get(at) ?? new Set()).add(userId))
  const people = new Map<EpochMs, ReadonlyMap<UserId, Person>>()
  for (const [at, ids] of moments) people.set(at, await peopleAt(store, [...ids], at))
  return commands.map((command): Made => {
    const { at = now, decisionId, deliver, userId } = command
    const person = people.get(at)?.get(userId)
    if (person === undefined) return { ok: false, error: unknownUser(command) }
    const context = bagAsStored(command.context)
    const request = { decisionId, ...person, context, trigger: 'request' as const }
    const made = attemptDecision(snapshots.currentFor(person.user.profile, at), request, at)
    if (!made.ok) return made
    return { ok: true, item: newDecision(store, made.decision, { fingerprint: fingerprintOf(command), deliver }) }
  })
}

interface Person {
  readonly user: UserState
  readonly opportunities: readonly Opportunity[]
}

/** Users as they are known at a moment, under the ids they are asked for by; aliases are looked up where nobody answers. */
async function peopleAt(store: Store, ids: readonly UserId[], at: EpochMs): Promise<ReadonlyMap<UserId, Person>> {
  const known = await store.users.loadStates(ids, at)
  const missing = known.size === ids.length ? [] : ids.filter((id) => !known.has(id))
  const owners = missing.length === 0 ? new Map<string, UserId>() : await store.users.resolveAliases(missing)
  const users =
    owners.size === 0 ? known : new Map([...known, ...(await store.users.loadStates([...owners.values()], at))])
  const open = await store.opportunities.openFor([...users.keys()], at)
  return new Map(
    ids.flatMap((id): [UserId, Person][] => {
      const owner = owners.get(id) ?? id
      const user = users.get(owner)
      return user === undefined ? [] : [[id, { user, opportunities: open.get(owner) ?? [] }]]
    }),
  )
}
