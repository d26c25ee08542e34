export { systemClock, virtualClock } from './clock.ts'
export { createUsecases, type DueWork } from './create-usecases.ts'
export type { Deps } from './deps.ts'
export { snapshotKeeper } from './snapshot-keeper.ts'
