const DAY_MS = 86_400_000
const MESSAGES = ['price-drop', 'back-in-stock', 'digest', 'abandoned-cart', 'refill']
const PROPOSALS = 2
/** Every tenth proposal lapses after so long. */
const SHORT_MS = 60_000

const content = { email: { subject: 'News', html: '<p>Look</p>' }, 'in-app': { title: 'News', body: 'Look' } }

export function userOf(i) {
  return {
    userId: `user-${i}`,
    traits: { orders: i % 8 },
    addresses: { email: `user-${i}@example.org` },
  }
}

/** Two proposals on two channels for the user of decision `n`. */
export function proposalsOf(n, i) {
  return Array.from({ length: PROPOSALS }, (_, k) => ({
    id: `o-${n}-${k}`,
    producer: 'shop',
    userId: `user-${i}`,
    message: MESSAGES[(n + k) % MESSAGES.length],
    topic: 'offers',
    channels: ['email', 'in-app'],
    content,
    window: { expires: Date.now() + (n % 10 === 0 ? SHORT_MS : 5 * DAY_MS) },
    features: { discount: (n % 4) / 10 },
  }))
}

export function decisionOf(n, i) {
  return { decisionId: `d-${n}`, userId: `user-${i}`, context: {} }
}

/** Two visits by everybody, a click by every eighth and an order by every thirtieth, which name the decision. */
export function eventsOf(n, i) {
  const event = (name, properties = {}) => ({
    ...{ type: 'track', messageId: `e-${n}-${name}`, userId: `user-${i}`, event: name },
    ...{ timestamp: new Date().toISOString(), properties },
  })
  const decisionId = `d-${n}`
  return [
    event('Product Viewed'),
    event('App Visited'),
    ...(n % 8 === 0 ? [event('Email Link Clicked', { decisionId })] : []),
    ...(n % 30 === 0 ? [event('Order Completed', { decisionId, revenue: 20 + (n % 40) })] : []),
  ]
}
