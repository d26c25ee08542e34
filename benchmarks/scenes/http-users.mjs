const FAMILIES = ['price-drop', 'back-in-stock', 'digest', 'abandoned-cart', 'refill']
const DAY_MS = 86_400_000
const BATCH = 500

const content = { email: { subject: 'News', html: '<p>Look</p>' }, 'in-app': { title: 'News', body: 'Look' } }

function userOf(i) {
  return {
    userId: `user-${i}`,
    traits: { orders: i % 8, plan: 'free' },
    addresses: { email: `user-${i}@example.org` },
  }
}

/** Five proposals with two variants on two channels: 20 candidates. */
function opportunitiesOf(i) {
  return FAMILIES.map((message, k) => ({
    id: `o-${i}-${k}`,
    producer: 'shop',
    userId: `user-${i}`,
    message,
    topic: 'offers',
    channels: ['email', 'in-app'],
    variants: [0, 1].map((j) => ({ name: `v${j}`, content, features: { isUrgent: j === 1 } })),
    window: { expires: Date.now() + 5 * DAY_MS },
    claims: [{ objective: 'conversion', estimate: 1 + k, unit: 'EUR', horizonDays: 3, kind: 'predicted' }],
    features: { discount: (k % 4) / 10 },
  }))
}

async function postAll(post, path, items) {
  for (let from = 0; from < items.length; from += BATCH) {
    const { results } = await post(path, { items: items.slice(from, from + BATCH) })
    const refused = results.find(({ ok }) => !ok)
    if (refused !== undefined) throw new Error(`${path} refused an item: ${JSON.stringify(refused.error)}`)
  }
}

/** Writes users with 20 candidates each through the API. */
export async function seedUsers(post, count) {
  const numbers = Array.from({ length: count }, (_, i) => i)
  await postAll(post, '/v1/users/batch', numbers.map(userOf))
  await postAll(post, '/v1/opportunities', numbers.flatMap(opportunitiesOf))
}
