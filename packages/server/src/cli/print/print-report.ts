import type { Output } from './output.ts'

/** What a command found out, for programs and for people. */
export interface Report {
  readonly data: unknown
  readonly text: string
}

/** With `isJson` one JSON object on stdout and nothing else there; otherwise the text as a note. */
export function printReport(output: Output, report: Report, isJson: boolean): void {
  if (isJson) output.result(`${JSON.stringify(report.data)}\n`)
  else output.note(`${report.text}\n`)
}
