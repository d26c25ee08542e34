import { PalomaError } from '../domain/index.ts'
import { RETAIL } from './retail.ts'
import type { ArchetypeSpec, ChannelSpec, ProducerSpec, Scenario } from './scenario.ts'
import { variationsOf } from './variations.ts'

function revoiced(
  original: ProducerSpec,
  change: Pick<ProducerSpec, 'producer' | 'message' | 'topic'>,
  variants: ProducerSpec['variants'],
): ProducerSpec {
  const named = original.variants.map((variant, index) => ({
    ...variant,
    content: variants[index % variants.length]!.content,
  }))
  return { ...original, ...change, variants: named }
}

function plain(title: string, body: string): ProducerSpec['variants'] {
  const content = {
    email: { subject: title, html: `<p>${body}</p>` },
    push: { title, body },
    'in-app': { title, body },
  }
  return [{ name: 'default', openLogit: 0, priceTilt: 0, content }]
}

const [PRICE_DROP, BACK_IN_STOCK, DIGEST, SOCIAL, WIN_BACK, ORDER_STATUS] = RETAIL.producers

/** How much less people are annoyed, and how much more a message brings visits, than in a shop. */
function milder(irritation: number, influence: number): Pick<Scenario, 'archetypes' | 'channels'> {
  const [first, second, third, fourth] = RETAIL.archetypes
  const calm = (spec: ArchetypeSpec): ArchetypeSpec => ({ ...spec, irritation: spec.irritation * irritation })
  const bring = (spec: ChannelSpec): ChannelSpec => ({ ...spec, influence: spec.influence * influence })
  const { push, email } = RETAIL.channels
  return {
    archetypes: [calm(first), calm(second), calm(third), calm(fourth)],
    channels: { ...RETAIL.channels, push: bring(push), email: bring(email) },
  }
}

/** A subscription service with video: visits carry most of the value, orders are rentals. */
export const STREAMING: Scenario = {
  ...RETAIL,
  ...milder(0.8, 2.2),
  name: 'streaming',
  about: 'a subscription service with video; visits carry most of the value',
  valuePerVisit: 0.25,
  habit: { ...RETAIL.habit, visitLogit: 1 },
  pullForward: { ...RETAIL.pullForward, share: 0.2 },
  visit: { ...RETAIL.visit, logit: -0.9, weekendLogit: 0.4 },
  order: { ...RETAIL.order, logit: -3.6, meanValue: 6 },
  circadian: {
    ...RETAIL.circadian,
    peaks: [
      { hour: 12.5, weight: 0.2, kappa: 4 },
      { hour: 20.5, weight: 0.8, kappa: 4 },
    ],
  },
  producers: [
    revoiced(
      PRICE_DROP!,
      { producer: 'rentals', message: 'rental-offer', topic: 'offers' },
      plain('Film night for less', 'Rent it this weekend at half the price.'),
    ),
    revoiced(
      BACK_IN_STOCK!,
      { producer: 'releases', message: 'new-season', topic: 'series' },
      plain('A new season is here', 'The series you follow goes on.'),
    ),
    revoiced(
      DIGEST!,
      { producer: 'editorial', message: 'digest', topic: 'news' },
      plain('What to watch this week', 'Three films our editors like.'),
    ),
    revoiced(
      SOCIAL!,
      { producer: 'community', message: 'social', topic: 'community' },
      plain('A friend liked this too', 'See what your friends watch.'),
    ),
    WIN_BACK!,
    ORDER_STATUS!,
  ],
}

/** A newspaper: many short visits, each worth a little; articles are bought seldom. */
export const NEWS: Scenario = {
  ...RETAIL,
  ...milder(0.7, 2.5),
  name: 'news',
  about: 'a newspaper; many short visits, business as usual writes in the morning',
  usualHour: 8,
  valuePerVisit: 0.06,
  habit: { ...RETAIL.habit, visitLogit: 1 },
  pullForward: { ...RETAIL.pullForward, share: 0.2 },
  visit: { ...RETAIL.visit, logit: -0.3, weekendLogit: -0.2 },
  order: { ...RETAIL.order, logit: -4.2, meanValue: 5 },
  circadian: {
    ...RETAIL.circadian,
    peaks: [
      { hour: 7.5, weight: 0.45, kappa: 5 },
      { hour: 12.5, weight: 0.25, kappa: 4 },
      { hour: 20, weight: 0.3, kappa: 3 },
    ],
  },
  producers: [
    revoiced(
      PRICE_DROP!,
      { producer: 'subscriptions', message: 'trial-offer', topic: 'offers' },
      plain('Read everything for a month', 'Try it for one euro.'),
    ),
    revoiced(
      BACK_IN_STOCK!,
      { producer: 'newsroom', message: 'breaking', topic: 'breaking' },
      plain('Just in', 'A story you follow has moved.'),
    ),
    revoiced(
      DIGEST!,
      { producer: 'editorial', message: 'digest', topic: 'news' },
      plain('Your morning read', 'Five stories before nine.'),
    ),
    revoiced(
      SOCIAL!,
      { producer: 'community', message: 'social', topic: 'community' },
      plain('A reply to your comment', 'Somebody disagrees with you, politely.'),
    ),
    WIN_BACK!,
    ORDER_STATUS!,
  ],
}

export { RETAIL }

/** All scenarios: each base, then its variations. */
export const SCENARIOS: readonly Scenario[] = [RETAIL, STREAMING, NEWS].flatMap((base) => [base, ...variationsOf(base)])

/** Finds a scenario; throws UNKNOWN_SCENARIO with the names there are. */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found === undefined) {
    const names = SCENARIOS.map((scenario) => scenario.name).join(', ')
    throw new PalomaError('UNKNOWN_SCENARIO', `scenario must be one of ${names}, got ${name}`)
  }
  return found
}
