export * from './calibration/index.ts'
export * from './compare-policies.ts'
export type { ExpectedEffect } from './expected-effect.ts'
export { figuresOf, type WorldFigures } from './figures.ts'
export * from './fixed-policies.ts'
export {
  type Cause,
  type Emit,
  HAPPENING_NAMES,
  type Happening,
  type HappeningKind,
  type WorldEvent,
} from './happening.ts'
export type { Truth } from './latents.ts'
export { POLICIES, type PolicyDescription, policyNamed } from './policy-named.ts'
export * from './run-world.ts'
export * from './scenario.ts'
export { NEWS, RETAIL, SCENARIOS, STREAMING, scenarioNamed } from './scenarios.ts'
export * from './user-metrics.ts'
export {
  createWorld,
  type DaySpan,
  type DirectWorld,
  type World,
  type WorldAttempt,
  type WorldOptions,
  type WorldSend,
} from './world.ts'
export type { UserRange } from './world-state.ts'
export type { WorldUser } from './world-user.ts'
