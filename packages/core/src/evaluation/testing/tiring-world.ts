import type { TrajectoryLog } from '../evaluate-trajectories.ts'

/**
 * A world of several steps whose truth is known: a user is fresh or tired; a message brings 1 to the fresh and .2 to the tired, and tires; holding
 * refreshes. One day lies between decisions.
 */
export interface TiringShape {
  readonly users: number
  readonly steps: number
}

export const GAMMA = 0.9
const LOGGING = [0.5, 0.4] as const
/** Sends to the fresh, hardly to the tired. */
const TARGET = [0.8, 0.2] as const
const REWARD = [1, 0.2] as const
const TIRED_AFTER = { hold: [0.1, 0.3], send: [0.8, 0.9] } as const
const TIRED_AT_FIRST = 0.3

/** Decisions of `users` users, `steps` each but for one in four, who make half as many. */
export function drawTiring({ users, steps }: TiringShape, random: () => number): TrajectoryLog {
  const [owners, days, chosen, propensities, rewards, states, logging, target] = Array.from(
    { length: 8 },
    (): number[] => [],
  )
  const sequences = [0]
  for (let user = 0; user < users; user++) {
    let state = Number(random() < TIRED_AT_FIRST)
    const count = lengthOf(user, steps)
    for (let step = 0; step < count; step++) {
      const send = Number(random() < LOGGING[state]!)
      owners!.push(user)
      days!.push(step)
      chosen!.push(send)
      propensities!.push(send === 1 ? LOGGING[state]! : 1 - LOGGING[state]!)
      rewards!.push(send * REWARD[state]! + random() - 0.5)
      states!.push(state)
      logging!.push(1 - LOGGING[state]!, LOGGING[state]!)
      target!.push(1 - TARGET[state]!, TARGET[state]!)
      state = Number(random() < TIRED_AFTER[send === 1 ? 'send' : 'hold'][state]!)
    }
    sequences.push(owners!.length)
  }
  const n = owners!.length
  return {
    sequences,
    days: days!,
    steps: {
      offsets: Array.from({ length: n + 1 }, (_, i) => 2 * i),
      chosen: chosen!,
      propensities: propensities!,
      targetPolicy: target!,
      loggingPolicy: logging!,
      users: owners!,
      rewards: [{ name: 'visit', values: rewards! }],
      identities: { indices: Array.from({ length: 2 * n }, (_, k) => k % 2), names: ['hold', 'push'] },
      context: { width: 1, values: states! },
    },
  }
}

const lengthOf = (user: number, steps: number) => (user % 4 === 3 ? Math.ceil(steps / 2) : steps)

/** The target's value per user, by dynamic programming. */
export function tiringTruth({ steps }: Pick<TiringShape, 'steps'>): number {
  const from = (state: 0 | 1, left: number): number => {
    if (left === 0) return 0
    const after = (p: number) => (1 - p) * from(0, left - 1) + p * from(1, left - 1)
    const send = REWARD[state] + GAMMA * after(TIRED_AFTER.send[state])
    const hold = GAMMA * after(TIRED_AFTER.hold[state])
    return TARGET[state] * send + (1 - TARGET[state]) * hold
  }
  const meanValue = (left: number) => (1 - TIRED_AT_FIRST) * from(0, left) + TIRED_AT_FIRST * from(1, left)
  return (3 * meanValue(lengthOf(0, steps)) + meanValue(lengthOf(3, steps))) / 4
}
