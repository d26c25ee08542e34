import { MINUTE_MS } from '../domain/index.ts'
import type { Happening, HappeningKind } from './happening.ts'
import { type Choose, runWorld, sendMoment } from './run-world.ts'
import type { World } from './world.ts'

/** Rates of a run that published figures exist for; null where nothing was sent that they could be of. */
export interface WorldFigures {
  readonly pushOptIn: number
  readonly pushTapped: number | null
  readonly pushDisabled: number | null
  /** Median minutes from a push to its tap. */
  readonly pushMinutes: number | null
  readonly emailOpened: number | null
  readonly emailClicked: number | null
  readonly emailUnsubscribed: number | null
  readonly emailSpam: number | null
  readonly emailBounced: number | null
  /** Of in-app messages that were seen. */
  readonly inAppReacted: number | null
  readonly uninstalled: number | null
  /** Taps per push among the first three pushes of a user, and from the twelfth on. */
  readonly pushTappedFirst: number | null
  readonly pushTappedLater: number | null
}

const FIRST = 3
const LATER = 12

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}

interface Counts {
  readonly kinds: Map<string, number>
  readonly sends: { push: number; email: number }
  readonly minutes: number[]
  readonly pushes: { first: number; later: number; tappedFirst: number; tappedLater: number }
}

interface PushSent {
  readonly at: number
  /** 1 for the user's first. */
  readonly number: number
}

function count(world: World, choose: Choose): Counts {
  const counts: Counts = {
    kinds: new Map(),
    sends: { push: 0, email: 0 },
    minutes: [],
    pushes: { first: 0, later: 0, tappedFirst: 0, tappedLater: 0 },
  }
  const chosen = new Set<string>()
  const sent = new Map<string, PushSent>()
  const numbers = new Uint32Array(world.options.users)
  const noteTap = ({ at, cause }: Happening): void => {
    const push = sent.get(cause?.decisionId ?? '')
    if (push === undefined) return
    counts.minutes.push((at - push.at) / MINUTE_MS)
    if (push.number <= FIRST) counts.pushes.tappedFirst += 1
    if (push.number >= LATER) counts.pushes.tappedLater += 1
  }
  runWorld(world, choose, {
    blockUsers: 250,
    observer: {
      onSend: (send) => {
        const { channel, offer, userIndex, day } = send
        chosen.add(offer.id)
        if (channel === 'in-app') return
        counts.sends[channel] += 1
        if (channel !== 'push') return
        numbers[userIndex]! += 1
        const number = numbers[userIndex]!
        sent.set(offer.id, { at: sendMoment(world, send, day), number })
        if (number <= FIRST) counts.pushes.first += 1
        if (number >= LATER) counts.pushes.later += 1
      },
      onHappening: (happening) => {
        const { kind, cause } = happening
        // Transactional messages go out under every policy and are none of its figures.
        if (cause !== null && !chosen.has(cause.decisionId)) return
        counts.kinds.set(kind, (counts.kinds.get(kind) ?? 0) + 1)
        if (kind === 'pushTapped') noteTap(happening)
      },
    },
  })
  return counts
}

/** Runs a policy through the world and computes what is published of real ones. Transactional messages are left out. */
export function figuresOf(world: World, choose: Choose): WorldFigures {
  const { kinds, sends, minutes, pushes } = count(world, choose)
  const of = (kind: HappeningKind): number => kinds.get(kind) ?? 0
  const [pushed, mailed] = [of('pushReceived'), of('emailDelivered')]
  return {
    pushOptIn: world.users.filter(({ hasPush }) => hasPush).length / world.options.users,
    pushTapped: share(of('pushTapped'), pushed),
    pushDisabled: share(of('pushDisabled'), pushed),
    pushMinutes: median(minutes),
    emailOpened: share(of('emailOpened'), mailed),
    emailClicked: share(of('emailClicked'), mailed),
    emailUnsubscribed: share(of('emailUnsubscribed'), mailed),
    emailSpam: share(of('emailSpam'), mailed),
    emailBounced: share(of('emailBounced'), sends.email),
    inAppReacted: share(of('inAppClicked'), of('inAppViewed')),
    uninstalled: share(of('uninstalled'), pushed + mailed),
    pushTappedFirst: share(pushes.tappedFirst, pushes.first),
    pushTappedLater: share(pushes.tappedLater, pushes.later),
  }
}
