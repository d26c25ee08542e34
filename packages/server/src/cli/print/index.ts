export { memoryOutput, type Output, processOutput } from './output.ts'
export { printReport, type Report } from './print-report.ts'
export { alignTable, showNumber } from './print-table.ts'
export { errorText, runCommand } from './run-command.ts'
