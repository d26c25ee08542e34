import { GrowthBook, GrowthBookClient } from '@growthbook/growthbook'

const KEY = 'checkout-button'

/** A targeted roll-out that does not match, then an experiment with targeting on three attributes: an everyday feature. */
const PAYLOAD = {
  features: {
    [KEY]: {
      defaultValue: 'control',
      rules: [
        { condition: { isEmployee: true }, force: 'preview' },
        {
          key: 'checkout-button-test',
          name: 'Checkout button',
          seed: 'checkout-button-test',
          hashAttribute: 'id',
          hashVersion: 2,
          coverage: 1,
          weights: [0.5, 0.5],
          variations: ['control', 'green'],
          meta: [
            { key: '0', name: 'control' },
            { key: '1', name: 'green' },
          ],
          phase: '0',
          condition: {
            country: { $in: ['DE', 'AT', 'CH'] },
            plan: 'free',
            orders: { $gte: 0 },
          },
        },
      ],
    },
  },
}

/** Attributes of as many users as the decisions have. */
function attributesOf(count) {
  return Array.from({ length: count }, (_, i) => ({
    id: `user-${i}`,
    isEmployee: false,
    country: i % 2 === 0 ? 'DE' : 'AT',
    plan: 'free',
    orders: i % 8,
  }))
}

/**
 * One feature evaluation by the SDK in the three ways a Node server uses it, cheapest first: one client for all users
 * with the user's attributes as argument; a scoped instance per user; a `GrowthBook` instance per user. Each tracks its
 * exposure by a callback, as an experiment needs.
 */
export function growthBookEvaluations(count) {
  const people = attributesOf(count)
  const seen = { exposures: 0 }
  const trackingCallback = () => {
    seen.exposures += 1
  }
  const client = new GrowthBookClient({ trackingCallback }).initSync({ payload: PAYLOAD })
  return {
    seen,
    client: (i) => client.evalFeature(KEY, { attributes: people[i % count] }),
    scoped: (i) => client.createScopedInstance({ attributes: people[i % count] }).evalFeature(KEY),
    instance(i) {
      const growthbook = new GrowthBook({ attributes: people[i % count], trackingCallback }).initSync({
        payload: PAYLOAD,
      })
      const result = growthbook.evalFeature(KEY)
      growthbook.destroy()
      return result
    },
  }
}
