import { DEFAULT_CONSENT, HOUR_MS, type SendId, userId } from '@paloma/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SendResult } from '../channel/contract.ts'
import { defaultConfig } from '../config/default-config.ts'
import type { Send } from '../store/contract.ts'
import {
  OPEN_RULES,
  reserve,
  type ScriptedChannel,
  scriptedChannel,
  type UsecaseLab,
  usecaseLab,
} from './testing/usecase-lab.ts'

/** How a provider may answer, and what a send may be after that as its last answer. */
const ANSWERS = {
  none: { result: null, ends: ['refused'] },
  sent: { result: { kind: 'sent', providerMessageId: null }, ends: ['sent'] },
  busy: { result: { kind: 'rejected', permanent: false, reason: 'busy' }, ends: ['failed', 'refused'] },
  never: { result: { kind: 'rejected', permanent: true, reason: 'never' }, ends: ['failed'] },
  gone: { result: { kind: 'rejected', permanent: true, reason: 'gone', addressGone: true }, ends: ['failed'] },
  silent: { result: { kind: 'unknown', reason: 'no answer' }, ends: ['unknown'] },
  broken: { result: null, ends: ['unknown'] },
} as const satisfies Record<string, { readonly result: SendResult | null; readonly ends: readonly Send['status'][] }>
type Answer = keyof typeof ANSWERS

const WINDOW_MS = 12 * HOUR_MS
/** Example decisions have no features to learn from. */
const SILENT = { consent: { ...DEFAULT_CONSENT, learning: false } }
const script = fc.array(fc.constantFrom<Answer>('sent', 'busy', 'busy', 'never', 'gone', 'silent', 'broken'), {
  minLength: 1,
})
const step = fc.oneof(
  fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('opt-out' as const), user: fc.nat(2) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)

let lab: UsecaseLab
let email: ScriptedChannel
beforeAll(async () => {
  email = scriptedChannel('email', { concurrency: 3 })
  const learning = { ...defaultConfig.learning, everyMinutes: 1_440 }
  lab = await usecaseLab({ adapters: [email], config: { learning, rules: OPEN_RULES } })
})
afterAll(() => lab.close())

/** A provider that follows a script, and notes what it should not have been handed. */
function provider(answers: readonly Answer[], expires: number) {
  const last = new Map<SendId, Answer>()
  const denied = new Set<string>()
  const faults: string[] = []
  let next = 0
  email.answer(async ({ sendId, userId: user }) => {
    if (!['none', 'busy'].includes(last.get(sendId) ?? 'none')) faults.push(`${sendId} again after ${last.get(sendId)}`)
    if (denied.has(user)) faults.push(`${sendId} against a no`)
    if (lab.clock.now() >= expires) faults.push(`${sendId} late`)
    const answer = answers[next++ % answers.length]!
    last.set(sendId, answer)
    const { result } = ANSWERS[answer]
    if (result === null) throw new Error('the adapter broke')
    return result
  })
  return { denied, faults, lastOf: (sendId: SendId): Answer => last.get(sendId) ?? 'none' }
}

it('hands a message over again only after its provider took nothing, and never late or against a no', async () => {
  let run = 0
  const property = fc.asyncProperty(script, fc.array(step, { maxLength: 6 }), async (answers, steps) => {
    run += 1
    const users = [0, 1, 2].map((i) => `r${run}-${i}`)
    const ids = users.flatMap((user) => [`${user}-a`, `${user}-b`])
    const at = lab.clock.now()
    const seen = provider(answers, at + WINDOW_MS)
    for (const id of ids)
      await reserve(lab.store, id.slice(0, -2), id, { at, expires: at + WINDOW_MS, profile: SILENT })
    for (const each of [...steps, { kind: 'pass' as const, hours: 13 }]) {
      if (each.kind === 'pass') await lab.usecases.clock.advance(lab.clock.now() + each.hours * HOUR_MS)
      if (each.kind === 'restart') await lab.store.sends.recover(lab.clock.now(), lab.clock.now())
      if (each.kind !== 'opt-out') continue
      await lab.usecases.users.upsert([
        { userId: userId(users[each.user]!), consent: { channels: { email: 'denied' } } },
      ])
      seen.denied.add(users[each.user]!)
    }
    expect(seen.faults).toEqual([])
    for (const id of ids) {
      const send = (await lab.store.sends.get(`send-${id}` as SendId))!
      expect(ANSWERS[seen.lastOf(send.sendId)].ends).toContain(send.status)
    }
  })
  await fc.assert(property, { seed: 11, numRuns: 60 })
})
