import { decisionId, userId } from '@paloma/core'
import { afterAll, describe, expect, it } from 'vitest'
import { experimentDesignSchema } from '../config/experiment-design-schema.ts'
import { postgresStore } from '../store/postgres-store.ts'
import { exampleProfile } from '../store/testing/examples.ts'
import { ownDatabase } from '../testing/own-database.ts'
import { type UsecaseLab, usecaseLab } from './testing/usecase-lab.ts'

const database = await ownDatabase('two_experimenters')
afterAll(() => database?.drop())

const design = (key: string) =>
  experimentDesignSchema.parse({
    key,
    variants: [{ name: 'control' }, { name: 'greedy', change: { policy: { kind: 'greedy', floor: 0 } } }],
    learning: 'perVariant',
  })

describe.skipIf(database === undefined)('two servers on one PostgreSQL', () => {
  it('let one of many experiments start that meet, and see the same assignments and states from then on', async () => {
    const servers = await Promise.all(
      [1, 2].map(async () => usecaseLab({ store: await postgresStore({ url: database!.url, connections: 4 }) })),
    )
    const [first, second] = servers as [UsecaseLab, UsecaseLab]
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const key of keys) await first.usecases.experiments.create(design(key), 'ann')
    const tries = await Promise.allSettled(
      keys.map((key, i) => (i % 2 === 0 ? first : second).usecases.experiments.start(key, 'ann')),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const { due } of servers) await due.followExperiments()
    // Both may have begun a line; what was begun last counts for either once it learns.
    for (const { due } of servers) await due.learn()
    const names = Array.from({ length: 40 }, (_, i) => userId(`u-${i}`))
    await first.store.users.change(names.map((id) => ({ userId: id, update: () => exampleProfile(id) })))
    const [here, there] = await Promise.all(
      servers.map(async ({ usecases }, server) => {
        const commands = names.map((id) => ({
          decisionId: decisionId(`${id}-${server}`),
          userId: id,
          context: {},
          deliver: false,
        }))
        return (await usecases.decisions.decide(commands)).map((result) => {
          if (!result.ok) throw new Error(result.error.detail)
          const { assignments, stateId, snapshotVersion } = result.value.decision
          return { assignments, stateId, snapshotVersion }
        })
      }),
    )
    expect(here).toEqual(there)
    expect(new Set(here!.map(({ stateId }) => stateId)).size).toBe(2)
    expect(await second.usecases.decisions.audit({})).toMatchObject({ checked: 80, identical: 80 })
    for (const lab of servers) {
      await lab.close()
      await lab.store.close()
    }
  })
})
