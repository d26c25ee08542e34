import { RETAIL } from '@paloma/core/simulation'
import { expect, it } from 'vitest'
import { comparePolicies } from './compare.ts'
import { policiesOf } from './simulate-options.ts'

const OPTIONS = {
  scenario: RETAIL,
  users: 1_200,
  days: 42,
  seeds: [1, 2],
  policies: policiesOf('never,cadence,myopic'),
  reference: 'cadence',
  startAt: Date.UTC(2026, 0, 5),
}

it('gives the same bytes whatever the number of threads', async () => {
  const run = async (workers: number): Promise<string> =>
    JSON.stringify(await comparePolicies(OPTIONS, { workers, onDone: () => undefined }))
  const one = await run(1)
  expect(await run(3)).toBe(one)
  expect(await run(2)).toBe(one)
})

it('says what a policy of one’s own did wrong on a thread', async () => {
  const policies = [...OPTIONS.policies, { name: 'missing', module: '/nowhere/missing.mjs' }]
  const run = comparePolicies({ ...OPTIONS, policies }, { workers: 2, onDone: () => undefined })
  await expect(run).rejects.toMatchObject({ code: 'POLICY_MODULE' })
})
