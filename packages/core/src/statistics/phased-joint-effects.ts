import { packedLength } from '../numeric/index.ts'
import { referenceDof } from './effect-interval.ts'
import type { JointEffects } from './joint-utility.ts'

/** Joint effects in one phase, and how many units they stand for. */
export interface JointPart {
  readonly units: number
  readonly joint: JointEffects
}

/**
 * Effects on several metrics over phases whose allocation differs: Σ (n_h / n) δ_h with covariance Σ (n_h / n)² Σ_h, as `phasedEffect`
 * for one metric. Phases without units do not count; null where none has. The smallest degrees of freedom hold. Throws a RangeError for units < 0 or phases with different numbers of metrics.
 */
export function phasedJointEffects(parts: readonly JointPart[]): JointEffects | null {
  const wrong = parts.find(({ units }) => !(units >= 0 && Number.isFinite(units)))
  if (wrong !== undefined) throw new RangeError(`units of a part must be finite and ≥ 0, got ${wrong.units}`)
  const used = parts.filter(({ units }) => units > 0)
  const metrics = used[0]?.joint.effects.length
  if (metrics === undefined) return null
  const odd = used.find(({ joint }) => joint.effects.length !== metrics)
  if (odd !== undefined)
    throw new RangeError(`phases must have ${metrics} metrics each, got ${odd.joint.effects.length}`)
  const all = used.reduce((sum, { units }) => sum + units, 0)
  const effects = new Array<number>(metrics).fill(0)
  const covariance = new Float64Array(packedLength(metrics))
  for (const { units, joint } of used) {
    const share = units / all
    joint.effects.forEach((effect, i) => {
      effects[i] = effects[i]! + share * effect
    })
    joint.covariance.forEach((value, k) => {
      covariance[k] = covariance[k]! + share ** 2 * value
    })
  }
  const dofs = used.flatMap(({ joint }) => (joint.dof === null ? [] : [joint.dof]))
  return { effects, covariance, dof: dofs.length === 0 ? null : referenceDof(Math.min(...dofs)) }
}
