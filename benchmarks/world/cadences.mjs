// Fixed cadences of every kind a careful marketer would try; the best is chosen afterwards, in hindsight.

const ORDERS = {
  'push first': ['push', 'email'],
  'e-mail first': ['email', 'push'],
  'in-app only': ['in-app'],
  'in-app first': ['in-app', 'email', 'push'],
  'in-app last': ['email', 'push', 'in-app'],
}
/** What interrupts people is tried less often; it ruins reach long before seven a week. */
const PER_WEEK = { interrupting: [2, 3, 5], 'in-app': [1, 2, 3, 4, 5, 7] }
const HOURS = [9, 19]

const claimed = ({ claims }) => claims[0]?.estimate ?? 0

function bestClaim({ offers, channels }, order, localHour) {
  let best = null
  for (const offer of offers) {
    const channel = order.find((name) => offer.channels.includes(name) && channels.includes(name))
    if (channel === undefined || (best !== null && claimed(offer) <= claimed(best.offer))) continue
    best = { offer, channel, variant: offer.variants[0].name, localHour }
  }
  return best
}

/** So many days a week, spread evenly, the highest claim through the first channel that is open. */
export function fixedCadence(perWeek, order, localHour) {
  const days = new Set(Array.from({ length: perWeek }, (_, i) => Math.floor((i * 7) / perWeek)))
  return (context) => (days.has(context.day % 7) ? bestClaim(context, order, localHour) : null)
}

/** Every cadence of the family by name. */
export function cadences() {
  return Object.entries(ORDERS).flatMap(([name, order]) =>
    PER_WEEK[order[0] === 'in-app' ? 'in-app' : 'interrupting'].flatMap((perWeek) =>
      HOURS.filter((hour) => hour === HOURS[0] || order[0] !== 'in-app').map((hour) => ({
        name: `${perWeek} a week, ${name}, ${hour} h`,
        choose: fixedCadence(perWeek, order, hour),
      })),
    ),
  )
}
