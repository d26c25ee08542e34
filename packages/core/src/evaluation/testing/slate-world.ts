import type { SlateLog } from '../slate-log.ts'
import { drawPlace } from './logs.ts'

/**
 * Slates of a world whose truth is known: two actions a position, each drawn given the one before; the second brings 1 alone, and
 * takes .8 from whatever stands right after it. Users have an effect of their own on all rewards, and two slates each.
 */
export interface SlateShape {
  readonly most: number
}

const LOGGING = [0.5, 0.5] as const
const AFTER_SECOND = [0.7, 0.3] as const
const TARGET = [0.3, 0.7] as const
const TARGET_AFTER_SECOND = [0.8, 0.2] as const

const given = (before: number | null, isTarget: boolean): readonly [number, number] => {
  if (before === 1) return isTarget ? TARGET_AFTER_SECOND : AFTER_SECOND
  return isTarget ? TARGET : LOGGING
}

const meanReward = (action: number, before: number | null): number => action - (before === 1 ? 0.8 : 0)

/** `count` slates of `most` positions each. */
export function drawSlates(count: number, random: () => number, { most }: SlateShape): SlateLog {
  const columns = Array.from({ length: 7 }, (): number[] => [])
  const [chosen, own, wanted, prefix, prefixTarget, position, positionTarget] = columns
  const [rewards, users, distributions, targets]: [number[], number[], number[], number[]] = [[], [], [], []]
  let effect = 0
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) effect = random() - 0.5
    users.push(i >> 1)
    let before: number | null = null
    let [p, q] = [1, 1]
    for (let k = 0; k < most; k++) {
      const [logging, target] = [given(before, false), given(before, true)]
      const action = drawPlace(logging, random())
      p *= logging[action]!
      q *= target[action]!
      chosen!.push(action)
      own!.push(logging[action]!)
      wanted!.push(target[action]!)
      prefix!.push(p)
      prefixTarget!.push(q)
      position!.push(marginal(k, false)[action]!)
      positionTarget!.push(marginal(k, true)[action]!)
      distributions.push(...logging)
      targets.push(...target)
      rewards.push(meanReward(action, before) + effect + random() - 0.5)
      before = action
    }
  }
  const rows = count * most
  const last = (column: readonly number[]) => Array.from({ length: count }, (_, i) => column[(i + 1) * most - 1]!)
  return {
    offsets: Int32Array.from({ length: count + 1 }, (_, i) => i * most),
    users,
    rewards: [{ name: 'visit', values: rewards }],
    logging: { joint: last(prefix!), position: position!, prefix: prefix! },
    target: { joint: last(prefixTarget!), position: positionTarget!, prefix: prefixTarget! },
    steps: {
      offsets: Int32Array.from({ length: rows + 1 }, (_, i) => 2 * i),
      chosen: chosen!,
      propensities: own!,
      targetPolicy: targets,
      loggingPolicy: distributions,
      users: users.flatMap((user) => Array.from({ length: most }, () => user)),
      rewards: [{ name: 'visit', values: rewards }],
      identities: { indices: Int32Array.from({ length: 2 * rows }, (_, k) => k % 2), names: ['first', 'second'] },
    },
  }
}

/** Of a position, whatever stands before it. */
function marginal(position: number, isTarget: boolean): readonly [number, number] {
  let second = given(null, isTarget)[1]
  for (let k = 0; k < position; k++) second = second * given(1, isTarget)[1] + (1 - second) * given(0, isTarget)[1]
  return [1 - second, second]
}

/** The target's value per slate. */
export function slateTruth({ most }: SlateShape): number {
  let value = 0
  for (let k = 0; k < most; k++) value += marginal(k, true)[1] - (k > 0 ? 0.8 * marginal(k - 1, true)[1] : 0)
  return value
}
