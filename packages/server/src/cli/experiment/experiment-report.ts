import type {
  WireExperiment,
  WireExperimentCreated,
  WireExperimentDetail,
  WireExperimentResults,
  WireExposures,
} from '@paloma/sdk'
import { alignTable, type Report, showNumber } from '../print/index.ts'
import { analyseText } from './analyse-text.ts'

/** A draft, with what a start would refuse. */
export function createdReport(created: WireExperimentCreated): Report {
  const { design, status, faults } = created
  const wrong = faults.map(({ pointer, detail }) => `  ${pointer}: ${detail}`)
  const next =
    wrong.length === 0
      ? `Start it with: paloma experiment start ${design.key}`
      : `It cannot start yet:\n${wrong.join('\n')}`
  return { data: created, text: `${design.key} is a ${status} (revision ${created.revision}).\n${next}` }
}

/** How an experiment stands after a step. */
export function stepReport(experiment: WireExperiment): Report {
  return { data: experiment, text: standing(experiment) }
}

function standing({ design, status, phases, end }: WireExperiment): string {
  const phase = phases.at(-1)
  if (end !== null) {
    return `${design.key} is ${status} since ${end.at}: ${end.decision}${end.reason === '' ? '' : ` (${end.reason})`}.`
  }
  if (phase === undefined) return `${design.key} is a ${status}.`
  const weights = Object.entries(phase.weights).map(([name, share]) => `${name} ${percent(share)}`)
  return `${design.key} is ${status}: phase ${phases.length - 1} since ${phase.since}, traffic ${percent(phase.traffic)}, ${weights.join(', ')}.`
}

function percent(millionths: number): string {
  return `${showNumber(millionths / 10_000)} %`
}

/** All experiments, those that run first. */
export function listReport(experiments: readonly WireExperiment[]): Report {
  if (experiments.length === 0) return { data: { experiments }, text: 'There is no experiment.' }
  const order = ['running', 'draft', 'stopped']
  const ordered = [...experiments].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
  const rows = ordered.map(({ design, status, phases, end, createdAt }) => [
    design.key,
    status,
    design.variants.map(({ name }) => name).join(', '),
    (phases[0]?.since ?? createdAt).slice(0, 10),
    end?.decision ?? '',
  ])
  return {
    data: { experiments: ordered },
    text: alignTable(['key', 'status', 'variants', 'since', 'decision'], rows, 5),
  }
}

/** One experiment, who met it, and its audit trail. */
export function detailReport(found: {
  readonly experiment: WireExperimentDetail
  readonly exposures: WireExposures
}): Report {
  const { experiment, exposures } = found
  const { design, faults, changes } = experiment
  const faultLines = faults.map(({ pointer, detail }) => `${pointer}: ${detail}`)
  const trail = changes.map(({ at, actor, action, note }) => [at, actor, action, note])
  const parts = [
    standing(experiment),
    ...(design.hypothesis === '' ? [] : [`Hypothesis: ${design.hypothesis}`]),
    ...(faultLines.length === 0 ? [] : [`A start would refuse:\n  ${faultLines.join('\n  ')}`]),
    exposureText(exposures),
    alignTable(['when', 'who', 'what', ''], trail, 4),
  ]
  return { data: found, text: parts.join('\n\n') }
}

function exposureText({ users, crossed, counts, sampleRatios }: WireExposures): string {
  if (users === 0) return 'Nobody was exposed yet.'
  const rows = counts.map(({ variant, phase, users: n, crossed: both, firstAt }) => [
    variant,
    String(phase),
    firstAt,
    showNumber(n),
    showNumber(both),
  ])
  const table = alignTable(['variant', 'phase', 'first', 'users', 'crossed'], rows, 3)
  const splits = sampleRatios.map(({ phase, pValue, isMismatch }) =>
    pValue === null
      ? `phase ${phase}: nobody was exposed`
      : `phase ${phase}: the split is ${isMismatch ? 'NOT as planned' : 'as planned'} (p ${pValue < 0.0001 ? '< .0001' : pValue.toFixed(4)})`,
  )
  const share = `${showNumber(users)} users were exposed, ${showNumber(crossed)} of them to more than one variant.`
  return [share, table, ...splits].join('\n')
}

/** What the log says, as `analyse` says it of tables. */
export function resultsReport(results: WireExperimentResults): Report {
  const { readOut, leftOut, past } = results
  const moved =
    leftOut.moved === 0 ? [] : [`${showNumber(leftOut.moved)} users whom a change of weights moved are left out.`]
  const gone =
    past === undefined || past.unreadable.length === 0
      ? []
      : [`The prior lacks experiments that can no longer be read: ${past.unreadable.join(', ')}.`]
  return { data: results, text: [analyseText(readOut), ...moved, ...gone].join('\n\n') }
}
