const DAY_MS = 86_400_000
const BATCH = 1_000
/** Midnight (UTC) before the first day of the log. */
const START = Date.UTC(2026, 2, 1)

const MODELS = {
  conversion: { model: 'response', worth: 40, traced: { email: 0.5 }, lookAheadDays: 14 },
  reachability: { model: 'hazard', worthPerDay: 0.02 },
}

/** The objectives of an owner who says nothing, or two of them valued through what sends bring. */
export function objectivesOf(kind, defaults) {
  if (kind === 'default') return defaults
  return defaults
    .filter(({ name }) => MODELS[name] !== undefined)
    .map((objective) => ({ ...objective, ...MODELS[objective.name] }))
}

const content = { email: { subject: 'News', html: '<p>Look</p>' }, 'in-app': { title: 'News', body: 'Look' } }

function userOf(i) {
  return {
    userId: `user-${i}`,
    traits: { orders: i % 8, plan: i % 3 === 0 ? 'plus' : 'free' },
    addresses: { email: `user-${i}@example.org` },
  }
}

/** Two proposals with two variants on two channels that stand for all days: 8 candidates beside `hold`. */
function proposalsOf(i, days) {
  return ['price-drop', 'digest'].map((message, k) => ({
    id: `o-${i}-${k}`,
    producer: 'shop',
    userId: `user-${i}`,
    message,
    category: 'marketing',
    topic: 'offers',
    channels: ['email', 'in-app'],
    variants: [0, 1].map((j) => ({ name: `v${j}`, content, features: { isUrgent: j === 1 } })),
    window: { notBefore: START - DAY_MS, expires: START + (days + 1) * DAY_MS },
    claims: [],
    features: { discount: ((i + k) % 4) / 10 },
  }))
}

async function inBatches(items, put) {
  for (let from = 0; from < items.length; from += BATCH) {
    const refused = (await put(items.slice(from, from + BATCH))).find(({ ok }) => !ok)
    if (refused !== undefined) throw new Error(`refused: ${JSON.stringify(refused.error)}`)
  }
}

/** Every eighth decision is answered, every fiftieth brings an order, both by events that name it. */
function eventsOf(day, users, at) {
  return users.flatMap((i) => {
    const draw = (i * 7_919 + day * 104_729) % 1_000
    const of = (name, properties) => ({
      ...{ type: 'track', messageId: `e-${day}-${i}-${name}`, userId: `user-${i}`, name, timestamp: at },
      ...{ properties: { decisionId: `d-${day}-${i}`, ...properties }, traits: {}, context: {} },
    })
    return [
      ...(draw < 125 ? [of('Email Link Clicked', {})] : []),
      ...(draw < 20 ? [of('Order Completed', { revenue: 20 + (i % 40) })] : []),
    ]
  })
}

/**
 * A log of one decision a day for each of these users, through the use cases of an application on a virtual clock that starts at `START`;
 * `midnight` is handed what passes it.
 */
export async function writeLog({ usecases }, { users: count, days, midnight }) {
  const users = Array.from({ length: count }, (_, i) => i)
  await inBatches(users.map(userOf), (items) => usecases.users.upsert(items))
  await inBatches(
    users.flatMap((i) => proposalsOf(i, days)),
    (items) => usecases.opportunities.propose(items),
  )
  for (let day = 0; day < days; day += 1) {
    const at = START + day * DAY_MS + DAY_MS / 2
    await usecases.clock.advance(at)
    const commands = users.map((i) => ({
      decisionId: `d-${day}-${i}`,
      userId: `user-${i}`,
      context: {},
      deliver: false,
    }))
    await inBatches(commands, (items) => usecases.decisions.decide(items))
    await usecases.clock.advance(at + DAY_MS / 4)
    await inBatches(eventsOf(day, users, at + DAY_MS / 4), (items) => usecases.events.ingest(items))
    await midnight(day, () => usecases.clock.advance(START + (day + 1) * DAY_MS))
  }
}

export const LOG_STARTS_AT = new Date(START).toISOString()
