import { chosenAction, type Decision, decide, type EpochMs, type SendId, sendId } from '@paloma/core'
import type { NewDecision } from '../store/contract.ts'
import type { DecideCommand, ItemResult, Usecases } from './contract.ts'
import type { Deps } from './deps.ts'
import { groupCommit } from './group-commit.ts'
import { drawFor, pastDecisionUsecases } from './past-decisions.ts'

type Decided = {
  readonly decision: Decision
  readonly send: { sendId: SendId; status: 'reserved' | 'planned'; dueAt: EpochMs } | null
}
type DecideResult = ItemResult<Decided>

function fingerprintOf({ userId, context, at, deliver }: DecideCommand): string {
  return JSON.stringify([userId, Object.entries(context).sort(), at ?? null, deliver])
}

function sendOf(decision: Decision, deliver: boolean): Decided['send'] {
  const action = chosenAction(decision)
  if (action.kind === 'hold' || !deliver) return null
  const status = action.sendAt <= decision.at ? 'reserved' : 'planned'
  return { sendId: sendId(`send-${decision.decisionId}`), status, dueAt: action.sendAt }
}

/** Decides for many users at once, writes what was decided, and answers only then. */
export function decisionUsecases(deps: Deps): Usecases['decisions'] & {
  redecide(limit: number): Promise<number>
} {
  const { store, clock, snapshots } = deps

  const write = groupCommit<NewDecision, DecideResult>(async (items) => {
    const results = await store.decisions.insertMany(items)
    return results.map(({ result, decision }, i): DecideResult => {
      if (result === 'conflict') {
        const detail = `decision ${decision.decisionId} was made for another request`
        return { ok: false, error: { code: 'DECISION_CONFLICT', detail, pointer: '/decisionId' } }
      }
      const value = { decision, send: sendOf(decision, items[i]!.deliver) }
      return { ok: true, status: result === 'inserted' ? 'created' : 'duplicate', value }
    })
  })

  const decideAll = async (commands: readonly DecideCommand[]): Promise<readonly DecideResult[]> => {
    const now = clock.now()
    const ids = [...new Set(commands.map(({ userId }) => userId))]
    const [users, open] = await Promise.all([store.users.loadStates(ids, now), store.opportunities.openFor(ids, now)])
    const snapshot = snapshots.current()
    const made = commands.map((command): NewDecision | null => {
      const user = users.get(command.userId)
      if (user === undefined) return null
      const { decisionId, context } = command
      const request = {
        decisionId,
        user,
        opportunities: open.get(command.userId) ?? [],
        context,
        trigger: 'request' as const,
      }
      const decision = decide(snapshot, request, { now: command.at ?? now, random: drawFor(decisionId, snapshot) })
      return { decision, fingerprint: fingerprintOf(command), deliver: command.deliver }
    })
    const written = await write.add(made.filter((item) => item !== null))
    let next = 0
    return made.map((item, i): DecideResult => {
      if (item !== null) {
        next += 1
        return written[next - 1]!
      }
      const detail = `user ${commands[i]!.userId} is unknown: identify the user or write the profile first`
      return { ok: false, error: { code: 'USER_NOT_FOUND', detail, pointer: '/userId' } }
    })
  }

  const redecide = async (limit: number): Promise<number> => {
    const now = clock.now()
    const due = await store.sends.duePlanned(now, limit)
    if (due.length === 0) return 0
    const ids = [...new Set(due.map(({ userId }) => userId))]
    const users = await store.users.loadStates(ids, now)
    const open = await store.opportunities.openFor(ids, now)
    const planned = await store.opportunities.get(due.map(({ opportunityId }) => opportunityId))
    const snapshot = snapshots.current()
    const items = due.flatMap((send): readonly NewDecision[] => {
      const user = users.get(send.userId)
      if (user === undefined) return []
      const own = planned.get(send.opportunityId)
      const opportunities = [...(open.get(send.userId) ?? []), ...(own === undefined ? [] : [own.opportunity])]
      const decisionId = `${send.decisionId}:due` as Decision['decisionId']
      const request = { decisionId, user, opportunities, context: {}, trigger: 'planned' as const }
      const decision = decide(snapshot, request, { now, random: drawFor(decisionId, snapshot) })
      return [{ decision, fingerprint: `planned:${send.sendId}`, deliver: true, plannedSendId: send.sendId }]
    })
    await write.add(items)
    return due.length
  }

  return {
    decide: decideAll,
    redecide,
    ...pastDecisionUsecases(deps),
  }
}
