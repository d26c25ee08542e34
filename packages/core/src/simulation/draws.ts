/** What a number is drawn for; two purposes never share a number. Purposes from 1000 up are second halves of pairs. */
export const PURPOSE = {
  zone: 1,
  plan: 2,
  tenure: 3,
  platform: 4,
  archetype: 5,
  visitLogit: 6,
  orderRate: 7,
  orderValue: 8,
  lift: 9,
  tolerance: 10,
  responsePush: 11,
  responseEmail: 12,
  responseInApp: 13,
  shift: 14,
  hasPush: 15,
  hasEmail: 16,
  deadAddress: 17,
  mailProxy: 18,
  drift: 19,
  traitRecency: 20,
  traitOrders: 21,
  traitPrice: 22,
  affinity: 40,
  traitAffinity: 80,
  visit: 120,
  visitHour: 121,
  order: 122,
  orderDelay: 123,
  revenue: 124,
  inAppClick: 125,
  inAppOrder: 126,
  inAppUninstall: 127,
  inAppRevenue: 128,
  proposal: 200,
  proposalHour: 240,
  proposalWindow: 280,
  relevance: 320,
  claimNoise: 360,
  failed: 400,
  open: 440,
  openDelay: 480,
  click: 520,
  influence: 560,
  influenceDelay: 600,
  sendOrder: 640,
  sendOrderDelay: 680,
  sendRevenue: 720,
  optOut: 760,
  complaint: 800,
  uninstall: 840,
  machineOpen: 880,
} as const

/** Numbers that depend only on seed, user, day and purpose: the same whatever was drawn before. */
export interface Draws {
  /** Uniform in (0, 1). */
  uniform(user: number, day: number, purpose: number): number
  /** Standard normal. */
  normal(user: number, day: number, purpose: number): number
}

const SECOND_HALF = 1000
const TWO_POW_32 = 4_294_967_296

function scramble(word: number): number {
  let x = word
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return x ^ (x >>> 16)
}

/**
 * Stateless, counter-based chance: a 32-bit integer hash (xor-shift-multiply rounds, one per key) of (seed, user, day,
 * purpose). Two runs that differ in what was sent still share every number, which is what makes per-user differences
 * between policies small. Normals by Box and Muller (1958).
 */
export function createDraws(seed: number): Draws {
  const start = scramble((seed | 0) ^ 0x5bd1e995)
  const uniform = (user: number, day: number, purpose: number): number => {
    const a = scramble(start + Math.imul(user + 1, 0x9e3779b1))
    const b = scramble(a + Math.imul(day + 7, 0x85ebca6b))
    const c = scramble(b + Math.imul(purpose + 13, 0xc2b2ae35))
    return ((c >>> 0) + 0.5) / TWO_POW_32
  }
  const normal = (user: number, day: number, purpose: number): number => {
    const radius = Math.sqrt(-2 * Math.log(uniform(user, day, purpose)))
    return radius * Math.cos(2 * Math.PI * uniform(user, day, purpose + SECOND_HALF))
  }
  return { uniform, normal }
}
