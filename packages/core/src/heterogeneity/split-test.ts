import { type QiniCurve, type QiniEstimate, qiniCurve, qiniEstimate } from '../evaluation/index.ts'
import { type BestLinearPredictor, bestLinearPredictor } from './best-linear-predictor.ts'
import { fitEffectProxy } from './effect-proxy.ts'
import { type ExperimentUsers, usersAt } from './experiment-users.ts'
import { placesOf } from './split-users.ts'

/** What one honest split says: the model learned from one part of the users, everything else from another. */
export interface SplitTest {
  readonly predictor: BestLinearPredictor
  /** Null where the chance of being treated differs between users. */
  readonly qini: QiniEstimate | null
  readonly curve: QiniCurve | null
}

/** Learns from the users whose part is in `learn` and tests on those of part `test`; `level` is that of the intervals. */
export function testSplit(
  users: ExperimentUsers,
  parts: ArrayLike<number>,
  how: {
    readonly learn: (part: number) => boolean
    readonly test: number
    readonly level: number
    readonly key: string
  },
): SplitTest {
  const proxy = fitEffectProxy(usersAt(users, placesOf(parts, how.learn)), how.key)
  const others = usersAt(
    users,
    placesOf(parts, (part) => part === how.test),
  )
  const effects = Float64Array.from(others.features, proxy.effect)
  const predictor = bestLinearPredictor({
    ...others,
    effects,
    baselines: Float64Array.from(others.features, proxy.baseline),
  })
  const [first] = Array.from(others.propensity)
  const hasOneShare = Array.from(others.propensity).every((p) => p === first)
  if (!hasOneShare) return { predictor, qini: null, curve: null }
  const data = { scores: effects, treated: others.treated, responded: others.responses }
  return { predictor, qini: qiniEstimate(data, how.level), curve: qiniCurve(data) }
}
