import {
  type CappingSettings,
  type ExperimentMetric,
  FACT_AGGREGATIONS,
  type FactColumn,
  type FactMetric,
  METRIC_ROLES,
  METRIC_TYPES,
  type PriorSettings,
  type QuantileSettings,
  type RegressionAdjustmentSettings,
  TIME_UNITS,
  type WindowSettings,
} from '@paloma/core/domain'
import { z } from 'zod'

const name = z.string().min(1).max(256)
const positive = z.number().positive()
const timeUnit = z.enum(TIME_UNITS)

const factColumn: z.ZodType<FactColumn> = z.strictObject({
  column: name,
  aggregation: z.enum(FACT_AGGREGATIONS).exactOptional(),
})

const windowSettings: z.ZodType<WindowSettings> = z.strictObject({
  type: z.literal('conversion'),
  delayValue: z.number().min(0).exactOptional(),
  delayUnit: timeUnit.exactOptional(),
  windowValue: positive,
  windowUnit: timeUnit,
})

const cappingSettings: z.ZodType<CappingSettings> = z
  .strictObject({
    type: z.enum(['absolute', 'percentile']),
    value: z.number(),
    ignoreZeros: z.boolean().exactOptional(),
  })
  .refine(({ type, value }) => type === 'absolute' || (value > 0 && value < 1), {
    path: ['value'],
    error: 'expected a percentile in (0, 1) such as 0.999',
  })

const priorSettings: z.ZodType<PriorSettings> = z.strictObject({ mean: z.number(), stddev: positive })

const regressionAdjustmentSettings: z.ZodType<RegressionAdjustmentSettings> = z.strictObject({
  enabled: z.boolean(),
  days: positive.max(3650).exactOptional(),
})

const quantileSettings: z.ZodType<QuantileSettings> = z.strictObject({
  type: z.enum(['unit', 'event']),
  quantile: z.number().gt(0).lt(1),
  ignoreZeros: z.boolean().exactOptional(),
})

const factMetricShape = {
  name,
  metricType: z.enum(METRIC_TYPES),
  numerator: factColumn,
  denominator: factColumn.exactOptional(),
  inverse: z.boolean().exactOptional(),
  unit: name.exactOptional(),
  windowSettings: windowSettings.exactOptional(),
  cappingSettings: cappingSettings.exactOptional(),
  priorSettings: priorSettings.exactOptional(),
  regressionAdjustmentSettings: regressionAdjustmentSettings.exactOptional(),
  quantileSettings: quantileSettings.exactOptional(),
  targetMDE: positive.exactOptional(),
  minSampleSize: z.int().min(1).exactOptional(),
}

/** A metric of the catalogue, GrowthBook's names. */
export const factMetricSchema: z.ZodType<FactMetric> = z.strictObject(factMetricShape).superRefine(checkParts)

/** A metric with its part in one experiment. */
export const experimentMetricSchema: z.ZodType<ExperimentMetric> = z
  .strictObject({
    ...factMetricShape,
    role: z.enum(METRIC_ROLES),
    nonInferiorityMargin: z.number().gt(0).lt(1).exactOptional(),
  })
  .superRefine((metric, context) => {
    checkParts(metric, context)
    if (metric.role === 'guardrail' && metric.nonInferiorityMargin === undefined) {
      add(context, 'nonInferiorityMargin', 'expected a share of the control mean such as 0.02: role is guardrail')
    }
    if (metric.role !== 'guardrail' && metric.nonInferiorityMargin !== undefined) {
      add(context, 'nonInferiorityMargin', `expected none: role is ${metric.role}`)
    }
  })

function add(context: z.RefinementCtx, path: string, message: string): void {
  context.addIssue({ code: 'custom', path: [path], message })
}

/** Members that belong to one type of metric and no other. */
function checkParts(metric: FactMetric, context: z.RefinementCtx): void {
  const { metricType, denominator, quantileSettings: quantile, windowSettings: window } = metric
  if (metricType === 'ratio' && denominator === undefined) {
    add(context, 'denominator', 'expected a column: metricType is ratio')
  }
  if (metricType !== 'ratio' && denominator !== undefined) {
    add(context, 'denominator', `expected none: metricType is ${metricType}`)
  }
  if (metricType === 'quantile' && quantile === undefined) {
    add(context, 'quantileSettings', 'expected type and quantile: metricType is quantile')
  }
  if (metricType !== 'quantile' && quantile !== undefined) {
    add(context, 'quantileSettings', `expected none: metricType is ${metricType}`)
  }
  if ((metricType === 'retention' || metricType === 'dailyParticipation') && window === undefined) {
    add(context, 'windowSettings', `expected a window: metricType is ${metricType}`)
  }
}
