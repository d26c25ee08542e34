import type { ProducerSpec, Scenario, ShiftSpec } from './scenario.ts'

/** How much the loudest producer of the inflating scenario overstates what its message is worth. */
const LOUDEST = 4
const DRIFT_EVERY_DAYS = 30
const DRIFT_STEPS = 5
const BREAK_DAY = 60

function withClaims(base: Scenario, change: (spec: ProducerSpec, place: number) => Partial<ProducerSpec>): Scenario {
  let place = 0
  const producers = base.producers.map((spec) => {
    if (spec.category === 'transactional') return spec
    place += 1
    return { ...spec, ...change(spec, place - 1) }
  })
  return { ...base, producers }
}

/** All producers tell what a message is worth, up to noise. */
function honest(base: Scenario): Scenario {
  const told = withClaims(base, () => ({ claimStyle: 'honest', claimNoiseSd: 0.3, claimScale: 0.2 }))
  return { ...told, name: `${base.name}-honest`, about: 'every claim is true up to noise' }
}

/** All producers overstate, each later one more, and claim most for those who come anyway. */
function inflating(base: Scenario): Scenario {
  const marketing = base.producers.filter(({ category }) => category !== 'transactional').length
  const told = withClaims(base, (spec, place) => ({
    claimStyle: 'inflated',
    claimScale: spec.claimScale * LOUDEST ** (place / Math.max(1, marketing - 1)),
  }))
  return { ...told, name: `${base.name}-inflating`, about: 'every claim is inflated, the later the producer the more' }
}

/** Taste moves every 30 days from the first family to the third, and visits fall. */
function drifting(base: Scenario): Scenario {
  const [falling, , rising] = base.producers
  const shifts: readonly ShiftSpec[] = Array.from(
    { length: DRIFT_STEPS },
    (_, step) => (step + 1) * DRIFT_EVERY_DAYS,
  ).flatMap((fromDay) => [
    { fromDay, messages: [falling!.message], openLogit: -0.25, orderLift: 0.8, visitLogit: -0.05 },
    { fromDay, messages: [rising!.message], openLogit: 0.25, orderLift: 1.25 },
  ])
  return {
    ...base,
    shifts,
    name: `${base.name}-drift`,
    about: 'taste moves between families every 30 days; visits fall',
  }
}

/** From day 60 on two families are opened more, sell nothing and wear habit down: opens stop predicting the long term. */
function brokenSurrogate(base: Scenario): Scenario {
  const families = [base.producers[0]!, base.producers[3]!].map(({ message }) => message)
  const shift = { fromDay: BREAK_DAY, messages: families, openLogit: 0.5, orderLift: 0.1, influence: 0.5, habit: -1 }
  return {
    ...base,
    shifts: [shift],
    size: { users: 2_000, days: 2 * BREAK_DAY },
    name: `${base.name}-broken-surrogate`,
    about: `from day ${BREAK_DAY} on the most opened families bring nothing and wear habit down`,
  }
}

function small(base: Scenario): Scenario {
  return { ...base, size: { users: 500, days: 28 }, name: `${base.name}-small`, about: '500 users, 28 days' }
}

/** One producer as two that share its proposals between them: the second is a bit better at it. */
function halves(spec: ProducerSpec): readonly ProducerSpec[] {
  if (spec.category === 'transactional') return [spec]
  const trigger = { ...spec.trigger, chance: spec.trigger.chance / 2 }
  const second = { producer: `${spec.producer}-2`, message: `${spec.message}-2`, openLogit: spec.openLogit + 0.15 }
  return [
    { ...spec, trigger },
    { ...spec, ...second, trigger, orderLift: spec.orderLift * 0.85 },
  ]
}

/** Twice the producers and 50,000 people for half a year. */
function big(base: Scenario): Scenario {
  return {
    ...base,
    producers: base.producers.flatMap(halves),
    size: { users: 50_000, days: 180 },
    name: `${base.name}-big`,
    about: '50,000 users, 180 days, twice the producers',
  }
}

/** A base scenario in two sizes, with other claims, with drift and with an early signal that breaks. */
export function variationsOf(base: Scenario): readonly Scenario[] {
  return [small, big, honest, inflating, drifting, brokenSurrogate].map((vary) => vary(base))
}
