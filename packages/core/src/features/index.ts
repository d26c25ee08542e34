export { type ChannelHistory, type FeatureContext, featureContext, HISTORY_DAYS } from './context.ts'
export {
  type ActionToEncode,
  compileFeatures,
  declaredWidth,
  type EncoderParts,
  type FeatureEncoder,
} from './feature-encoder.ts'
export { PRESSURE_NAMES, pressureOf } from './pressure.ts'
export { orderRows } from './row-order.ts'
export { schemaHashOf } from './schema-hash.ts'
