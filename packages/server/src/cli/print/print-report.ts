import type { Output } from './output.ts'

/** What a command found out, for programs and for people. */
export interface Report {
  readonly data: unknown
  readonly text: string
}

/** With `isJson` one JSON object, otherwise the text; on stdout, so that either can be piped, and nothing else there. */
export function printReport(output: Output, report: Report, isJson: boolean): void {
  output.result(isJson ? `${JSON.stringify(report.data)}\n` : `${report.text}\n`)
}
