export type { HistoryLog } from './contract.ts'
export { decisionColumns, type LogColumn, outcomeColumns } from './parquet/columns.ts'
export { parquetLog } from './parquet/parquet-log.ts'
