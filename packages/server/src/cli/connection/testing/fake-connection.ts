import type { PolicyArtifact } from '@paloma/core'
import type { WireAudit, WireExplanation, WireReplay } from '@paloma/sdk'
import type { Connect, Connection, ListedKey } from '../contract.ts'

/** What the fake knows of past decisions. */
export interface FakePast {
  readonly explanations?: readonly WireExplanation[]
  readonly replays?: readonly WireReplay[]
  readonly draws?: WireAudit['draws']
  readonly experiments?: Connection['experiments']
  readonly artifact?: PolicyArtifact
  readonly evaluations?: Connection['evaluations']
}

export interface FakeConnection {
  readonly connect: Connect
  readonly intents: readonly { readonly mayCreate: boolean }[]
  opened(): number
  closed(): number
}

const unasked = async (): Promise<never> => {
  throw new Error('the test did not say what experiments there are')
}
const NONE = {
  ...{ create: unasked, list: unasked, get: unasked, start: unasked, ramp: unasked, stop: unasked },
  results: unasked,
  plan: unasked,
}

/** A connection that keeps keys in memory and answers for given decisions; the clock moves a day with each revocation. */
export function fakeConnection({
  explanations = [],
  replays = [],
  draws = [],
  experiments = NONE,
  artifact,
  evaluations = { run: unasked },
}: FakePast = {}): FakeConnection {
  const intents: { readonly mayCreate: boolean }[] = []
  let closed = 0
  const connection: Connection = {
    place: 'the fake',
    keys: fakeKeys(),
    decisions: {
      explain: async (id) => explanations.find(({ decisionId }) => decisionId === id),
      replay: async (id) => replays.find(({ decisionId }) => decisionId === id),
      audit: async ({ onProgress }) => {
        onProgress(`replayed ${replays.length} decisions`)
        return { ...auditOf(replays), draws }
      },
    },
    experiments,
    evaluations,
    policies: {
      artifact: async (name) => {
        if (artifact === undefined) throw new Error('the test did not say what was learned')
        return { ...artifact, name }
      },
    },
    close: async () => {
      closed += 1
    },
  }
  return {
    connect: async (_options, intent) => {
      intents.push(intent)
      return connection
    },
    intents,
    opened: () => intents.length,
    closed: () => closed,
  }
}

function auditOf(replays: readonly WireReplay[]): Omit<WireAudit, 'draws'> {
  const failures = replays.filter(({ identical }) => !identical)
  return { checked: replays.length, identical: replays.length - failures.length, failures }
}

function fakeKeys(): Connection['keys'] {
  const keys = new Map<string, ListedKey>()
  return {
    create: async (name, scopes) => {
      const n = keys.size + 1
      const key = { id: `key_${n}`, name, scopes, createdAt: '2026-01-01T12:00:00.000Z', revokedAt: null }
      keys.set(key.id, key)
      return { key, secret: `pk_secret_${n}` }
    },
    list: async () => [...keys.values()],
    revoke: async (id) => {
      const key = keys.get(id)
      if (key === undefined || key.revokedAt !== null) return false
      keys.set(id, { ...key, revokedAt: '2026-01-02T12:00:00.000Z' })
      return true
    },
  }
}
