import {
  escapeHtml,
  figureHtml,
  formatNumber,
  formatShare,
  page,
  paragraph,
  section,
  tableHtml,
} from '../../report/index.ts'
import { differenceFigures, policyFigures, timeFigures } from './figures.ts'
import { groupTable } from './group-table.ts'
import type { DemoReportData } from './report-data.ts'
import { verdictOn } from './verdict.ts'

function replaySentence({ checked, identical }: DemoReportData['replay']): string {
  const counts = `${formatNumber(identical, 0)} of ${formatNumber(checked, 0)} decisions`
  if (checked === 0) return 'No decision was replayed.'
  return identical === checked
    ? `${counts} were computed again from the log and came out identical.`
    : `Only ${counts} came out identical when computed again from the log.`
}

function head(data: DemoReportData): string {
  const difference = data.comparison.differences['paloma-businessAsUsual']?.combined
  const setting = `Simulated: ${formatNumber(data.users, 0)} users, ${data.days} days, seed ${data.seed}.`
  const notes = (data.notes ?? []).map((note) => paragraph(note)).join('\n')
  return `<h1>Paloma demo report</h1>
${paragraph(setting, 'quiet')}
<div class="verdict">
${paragraph(verdictOn(difference, data.comparison.level))}
${notes}
</div>`
}

function commandsHtml(commands: DemoReportData['commands']): string {
  return commands
    .map(({ about, command }) => `${paragraph(about)}\n<pre><code>${escapeHtml(command)}</code></pre>`)
    .join('\n')
}

/**
 * The demo's outcome as one HTML page that needs nothing else: no script, no request, plots as inline SVG. Every text
 * of the data is escaped, and the same data give the same bytes.
 */
export function renderReport(data: DemoReportData): string {
  const level = formatShare(data.comparison.level)
  const main = [
    head(data),
    section('Groups', [
      paragraph(`Means per user over ${data.days} days with ${level} intervals in brackets.`, 'quiet'),
      `<div class="groups">${tableHtml(groupTable(data), 'Groups side by side')}</div>`,
    ]),
    section('Differences', differenceFigures(data).map(figureHtml)),
    section('Over time', timeFigures(data).map(figureHtml)),
    section('Decisions', [paragraph(replaySentence(data.replay)), ...policyFigures(data).map(figureHtml)]),
    section('Try it yourself', [commandsHtml(data.commands)]),
  ]
  return page('Paloma demo report', main)
}
