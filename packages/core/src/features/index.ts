export { declaredWidth, type EncoderParts, FATIGUE_UNIT } from './action-layout.ts'
export { checkArtifactFits } from './check-artifact.ts'
export { ENCODING, inputsNamed } from './column-meanings.ts'
export {
  type ChannelHistory,
  FATIGUE_HALF_LIFE_DAYS,
  type FeatureContext,
  featureContext,
  HISTORY_DAYS,
} from './context.ts'
export { type ActionToEncode, compileFeatures, type FeatureEncoder } from './feature-encoder.ts'
export { pressureOf } from './pressure.ts'
export { schemaHashOf } from './schema-hash.ts'
export { putVisitMoment } from './visit-moment.ts'
