export type { HistoryLog } from './contract.ts'
export { parquetLog } from './parquet/parquet-log.ts'
