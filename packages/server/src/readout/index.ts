export type { AssignmentColumns, FileSpec, MetricColumns, MetricForm } from './contract.ts'
export { type AnalyticsLimits, openAnalytics } from './duckdb.ts'
export { loadDocument, loadSpec, parseSpec } from './load-spec.ts'
export { type ReadOutFiles, summariseFiles } from './summarise-files.ts'
