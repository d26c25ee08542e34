import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chosenAction, type Decision, decide, type Opportunity } from '@paloma/core'
import { createWorld, RETAIL } from '@paloma/core/simulation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parquetLog } from '../../../log/index.ts'
import { drawFor } from '../../../usecases/index.ts'
import { memoryOutput, runCommand } from '../../print/index.ts'
import { readTable, type TableRow } from '../../table/index.ts'
import { simulateCommand } from '../index.ts'
import { liveLog } from './live-log.ts'
import { logSnapshot } from './log-config.ts'
import { writeLog } from './write-log.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'paloma-log-test-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const WORLD = { scenario: RETAIL, users: 80, days: 14, seed: 3, startAt: Date.UTC(2026, 0, 5) }

function lived(policy: 'random' | 'cadence') {
  const days = [...liveLog(createWorld(WORLD), policy)]
  return { decisions: days.flatMap((day) => day.decisions), outcomes: days.flatMap((day) => day.outcomes) }
}

/** Decisions in which chance had something to choose. */
function chosenByPolicy(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.filter(({ reason }) => reason === 'policy')
}

describe('a simulated log', () => {
  it('holds the propensity of every choice: the mean of 1/p over decisions is the number of actions', () => {
    const made = chosenByPolicy(lived('random').decisions).filter(({ trigger }) => trigger === 'request')
    const ratio = made.reduce((sum, { propensity, actions }) => sum + 1 / propensity / actions.length, 0) / made.length
    expect(made.length).toBeGreaterThan(500)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.1)
    for (const { propensity, probabilities, chosen } of made) expect(propensity).toBe(probabilities[chosen])
  })

  it('computes again: every decision is a function of its record, the proposals and the snapshot', () => {
    const world = createWorld(WORLD)
    const offers = new Map<string, Opportunity>()
    const { decisions } = lived('random')
    // Proposals that look at the state (win-back, order status) cannot be asked for again without living the days.
    for (let day = 0; day < WORLD.days; day += 1) {
      for (const offer of world.opportunitiesOn(day)) offers.set(offer.id, offer)
      world.closeDay(day)
    }
    const snapshot = logSnapshot('random', WORLD.startAt)
    const known = decisions.filter(({ inputs }) => inputs.opportunityIds.every((id) => offers.has(id)))
    expect(known.length).toBeGreaterThan(300)
    for (const decision of known) {
      const { decisionId, at: now, trigger, inputs } = decision
      const opportunities = inputs.opportunityIds.map((id) => offers.get(id)!)
      const request = { decisionId, user: inputs.user, opportunities, context: {}, trigger }
      expect(decide(snapshot, request, { now, random: drawFor(decisionId, snapshot) })).toEqual(decision)
    }
  })

  it('names the decision of what follows from a send, and never sends to a closed channel', () => {
    const { decisions, outcomes } = lived('random')
    const ids = new Set<string>(decisions.map(({ decisionId }) => decisionId))
    const caused = outcomes.filter(({ decisionId }) => decisionId !== null)
    expect(caused.length).toBeGreaterThan(100)
    for (const { decisionId } of caused) expect(ids.has(decisionId!)).toBe(true)
    const closed = outcomes.filter(({ reachLoss }) => reachLoss !== null)
    for (const { userId, channel, at } of closed) {
      const later = decisions.filter((decision) => decision.userId === userId && decision.at > at)
      for (const decision of later) {
        const action = chosenAction(decision)
        if (action.kind === 'send') expect(action.channel).not.toBe(channel)
      }
    }
  })

  it('under a cadence sends at most three times a week', () => {
    const sent = lived('cadence').decisions.filter(
      (decision) =>
        decision.reason === 'policy' && chosenAction(decision).kind === 'send' && decision.trigger === 'planned',
    )
    const perUser = new Map<string, number>()
    for (const { userId } of sent) perUser.set(userId, (perUser.get(userId) ?? 0) + 1)
    expect(Math.max(...perUser.values())).toBeLessThanOrEqual(6)
    expect(sent.length).toBeGreaterThan(150)
  })

  it('reads back from the history as it was lived', async () => {
    const path = join(dir, 'history')
    const written = await writeLog(path, { world: WORLD, policy: 'random', format: 'history', onDay: () => undefined })
    const log = parquetLog({ dir: path })
    const days = await log.days()
    expect(days).toHaveLength(14)
    expect(days[0]).toBe('2026-01-05')
    const { decisions, outcomes } = lived('random')
    expect((await Promise.all(days.map((day) => log.readDecisions(day)))).flat()).toEqual(decisions)
    expect((await Promise.all(days.map((day) => log.readOutcomes(day)))).flat()).toEqual(outcomes)
    expect(written).toEqual({ decisions: decisions.length, outcomes: outcomes.length })
  })

  it.each(['csv', 'jsonl', 'parquet'])('is written as %s tables with one row a record', async (format) => {
    const output = memoryOutput()
    const path = join(dir, format)
    const flags = ['--users', '30', '--days', '6', '--seed', '2', '--log', path, '--log-format', format, '--json']
    expect(await runCommand(simulateCommand(output), flags, output)).toBe(0)
    const summary = JSON.parse(output.results())
    const rows: TableRow[] = []
    for await (const batch of readTable(join(path, `decisions.${format}`))) rows.push(...batch)
    expect(rows).toHaveLength(summary.decisions)
    expect(summary.outcomes).toBeGreaterThan(20)
    expect(Object.keys(rows[0]!)).toEqual(expect.arrayContaining(['decisionId', 'timestamp', 'channel', 'propensity']))
    expect(rows[0]).not.toHaveProperty('record')
    const outcomes = await readFile(join(path, `outcomes.${format}`))
    expect(outcomes.length).toBeGreaterThan(100)
  })

  it.each([
    [['--log-policy', 'oracle'], 2, 'Allowed choices are random, cadence'],
    [['--seed', '1,2'], 2, 'a log has one seed'],
    [['--log-format', 'xml'], 2, 'Allowed choices are'],
  ])('refuses %j', async (flags, code, words) => {
    const output = memoryOutput()
    expect(await runCommand(simulateCommand(output), [...flags, '--log', join(dir, 'x')], output)).toBe(code)
    expect(output.notes()).toContain(words)
  })
})
