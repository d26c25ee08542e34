// How long does a read-out of many users take, against the same analysis in a dataframe? See README.md.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { machine } from './measure/machine.mjs'
import { flagsOf, publish, table } from './measure/report.mjs'
import { METRICS, makeTables } from './readout/make-tables.mjs'

const flags = flagsOf({
  users: { type: 'string', default: '10000000' },
  rounds: { type: 'string', default: '3' },
  folder: { type: 'string', default: join(tmpdir(), 'paloma-bench-readout') },
  python: { type: 'string' },
  peers: { type: 'string', default: 'gbstats,confidence,statsmodels' },
  memory: { type: 'string', default: '1536' },
  keep: { type: 'boolean', default: false },
})
const users = Number(flags.users)
const main = fileURLToPath(new URL('../packages/server/dist/main.js', import.meta.url))
const peerScript = fileURLToPath(new URL('readout/peer.py', import.meta.url))

function specText() {
  const roles = [
    'success',
    'success',
    'guardrail',
    'guardrail',
    'guardrail',
    'deterioration',
    'deterioration',
    'deterioration',
  ]
  const metrics = METRICS.map(({ name, kind }, i) => {
    const role = roles[i] ?? 'exploratory'
    const bound = role === 'success' ? { targetMDE: 0.01 } : role === 'guardrail' ? { nonInferiorityMargin: 0.01 } : {}
    return { name, metricType: kind === 'share' ? 'proportion' : 'mean', numerator: { column: name }, role, ...bound }
  })
  return JSON.stringify({
    experiment: 'speed',
    variants: ['control', 'new'].map((name) => ({ name, weight: 0.5 })),
    control: 'control',
    sequential: { kind: 'fixed' },
    columns: { assignments: { time: 'time' } },
    metrics,
  })
}

/** CPU seconds with all threads, wall seconds and peak memory of a process to its end, as GNU time says them. */
async function timed(command, args) {
  const child = spawn('/usr/bin/time', ['-f', '%U %S %e %M', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    errors += data
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${errors}`)
  const [user, system, wall, peakKb] = errors.trim().split('\n').at(-1).split(' ').map(Number)
  return { cpu: user + system, wall, peakMb: peakKb / 1024, output }
}

/** Largest difference between the effects of two analyses, in standard errors. */
function disagreement(found, effects) {
  const metrics = found.comparisons[0].metrics
  return Math.max(
    ...metrics.map(({ metric, absolute }) => Math.abs(absolute.mean - effects[metric]) / absolute.stdError),
  )
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

const { assignments, metrics } = await makeTables(flags.folder, users)
const spec = join(flags.folder, 'spec.json')
writeFileSync(spec, specText())
const contestants = {
  paloma: [
    process.execPath,
    [
      main,
      'experiment',
      'analyse',
      '--spec',
      spec,
      '--assignments',
      assignments,
      '--metrics',
      metrics,
      '--memory',
      flags.memory,
      '--json',
    ],
  ],
}
for (const peer of flags.python === undefined ? [] : flags.peers.split(',')) {
  contestants[peer] = [flags.python, [peerScript, peer, assignments, metrics]]
}

const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
const outputs = {}
for (let round = 0; round < Number(flags.rounds); round += 1) {
  for (const [name, [command, args]] of Object.entries(contestants)) {
    const { output, ...time } = await timed(command, args)
    times[name].push(time)
    outputs[name] = JSON.parse(output)
    process.stderr.write(
      `round ${round + 1}, ${name}: ${time.cpu.toFixed(1)} s CPU, ${time.wall.toFixed(1)} s, ${Math.round(time.peakMb)} MB\n`,
    )
  }
}

const rows = Object.entries(times).map(([name, all]) => {
  const of = (key) => median(all.map((time) => time[key]))
  const ratio = (key) => median(all.map((time, i) => time[key] / times.paloma[i][key]))
  return {
    name,
    cpuSeconds: of('cpu'),
    wallSeconds: of('wall'),
    peakMb: of('peakMb'),
    cpuTimes: ratio('cpu'),
    wallTimes: ratio('wall'),
    disagreement: name === 'paloma' ? 0 : disagreement(outputs.paloma, outputs[name].effects),
  }
})
publish(
  {
    title: `reading ${users.toLocaleString('en-US')} users × ${METRICS.length} metrics out of Parquet`,
    command: `npm run bench:readout -- ${process.argv
      .slice(2)
      .filter((word) => !word.startsWith('--log'))
      .join(' ')}`.trim(),
    machine: machine(),
    rows,
    body: table([
      ['', 'CPU, s', 'wall, s', 'peak, MB', '× CPU', '× wall', 'largest difference of effects, SE'],
      ...rows.map((row) => [
        row.name,
        row.cpuSeconds.toFixed(1),
        row.wallSeconds.toFixed(1),
        String(Math.round(row.peakMb)),
        row.cpuTimes.toFixed(1),
        row.wallTimes.toFixed(1),
        row.disagreement.toPrecision(2),
      ]),
    ]),
  },
  flags,
)
if (!flags.keep) rmSync(flags.folder, { recursive: true, force: true })
