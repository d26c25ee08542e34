import { describe, expect, it } from 'vitest'
import { randomFrom } from '../random/index.ts'
import { compareGroups, type UserRow } from './compare-groups.ts'
import { differenceInterval, meanInterval } from './mean-interval.ts'
import { momentsOf } from './moments.ts'

const GROUPS = ['paloma', 'businessAsUsual', 'random', 'holdout']

/** Users who buy, some more often by an effect of their group. */
function rowsFrom(
  key: string,
  users: Readonly<Record<string, number>>,
  effect: Readonly<Record<string, number>> = {},
): UserRow[] {
  const random = randomFrom(key)
  return Object.entries(users).flatMap(([group, n]) =>
    Array.from({ length: n }, () => {
      const conversion = random() < 0.2 + (effect[group] ?? 0) ? -30 * Math.log(1 - random()) : 0
      const retention = Math.floor(random() * 8)
      return { group, values: { conversion, retention }, combined: conversion + 0.5 * retention }
    }),
  )
}

describe('compareGroups', () => {
  const users = { paloma: 200, businessAsUsual: 150, random: 30, holdout: 40 }
  const rows = rowsFrom('compare', users)
  const compared = compareGroups(rows, { groups: GROUPS, objectives: ['conversion', 'retention'] })
  const of = (group: string, pick: (row: UserRow) => number) =>
    momentsOf(rows.filter((row) => row.group === group).map(pick))

  it('gives every group its users and its mean per objective', () => {
    expect(Object.fromEntries(GROUPS.map((g) => [g, compared.groups[g]?.users]))).toEqual(users)
    expect(compared.groups.random?.objectives.conversion).toEqual(
      meanInterval(
        of('random', (r) => r.values.conversion!),
        0.95,
      ),
    )
    expect(compared.groups.holdout?.combined).toEqual(
      meanInterval(
        of('holdout', (r) => r.combined),
        0.95,
      ),
    )
  })

  it('gives Paloma against each other group, and business as usual against the holdout', () => {
    expect(Object.keys(compared.differences)).toEqual([
      'paloma-businessAsUsual',
      'paloma-random',
      'paloma-holdout',
      'businessAsUsual-holdout',
    ])
    expect(compared.differences['paloma-holdout']?.retention).toEqual(
      differenceInterval(
        of('paloma', (r) => r.values.retention!),
        of('holdout', (r) => r.values.retention!),
        0.95,
      ),
    )
    expect(Object.keys(compared.differences['paloma-random']!)).toEqual(['conversion', 'retention', 'combined'])
  })

  it('counts an absent objective as zero', () => {
    const quiet = compareGroups(
      [
        { group: 'a', values: {}, combined: 0 },
        { group: 'a', values: { conversion: 4 }, combined: 4 },
      ],
      { groups: ['a'], objectives: ['conversion'] },
    )
    expect(quiet.groups.a?.objectives.conversion).toMatchObject({ kind: 'estimate', mean: 2 })
  })

  it('answers for a group without two users with a reason', () => {
    const thin = compareGroups(
      rows.filter((row) => row.group !== 'holdout'),
      { groups: GROUPS, objectives: ['conversion'] },
    )
    expect(thin.groups.holdout).toMatchObject({ users: 0, combined: { kind: 'undefined', reason: 'too-few-units' } })
    expect(thin.differences['paloma-holdout']?.combined).toEqual({
      kind: 'undefined',
      reason: 'too-few-units',
      mean: null,
    })
  })

  it('leaves out pairs whose groups do not take part and refuses rows of unknown groups', () => {
    const one = compareGroups([], { groups: ['paloma', 'random'], objectives: [] })
    expect(Object.keys(one.differences)).toEqual(['paloma-random'])
    expect(() => compareGroups(rows, { groups: ['paloma'], objectives: [] })).toThrow(
      /must be one of paloma, got businessAsUsual/,
    )
  })

  it('finds nothing in identical groups at its rate, and a real effect nearly always', () => {
    const sizes = { paloma: 250, businessAsUsual: 120 }
    const options = { groups: Object.keys(sizes), objectives: ['conversion'] }
    const excludesZero = (key: string, effect: Readonly<Record<string, number>>) => {
      const found = compareGroups(rowsFrom(key, sizes, effect), options).differences['paloma-businessAsUsual']?.combined
      return found?.kind === 'estimate' && (found.low > 0 || found.high < 0)
    }
    const runs = 600
    const count = (effect: Readonly<Record<string, number>>) =>
      Array.from({ length: runs }, (_, i) => excludesZero(`null-${i}`, effect)).filter(Boolean).length / runs
    expect(Math.abs(count({}) - 0.05)).toBeLessThan(0.025)
    expect(count({ paloma: 0.3 })).toBeGreaterThan(0.9)
  })
})

describe('compareGroups of matched users', () => {
  const row = (group: string, match: string | undefined, combined: number): UserRow => {
    return { group, values: { conversion: combined }, combined, ...(match === undefined ? {} : { match }) }
  }
  const options = { groups: ['paloma', 'random'], objectives: ['conversion'] }

  it('takes differences within sets, each counting once', () => {
    const rows = [
      row('paloma', 'ada', 10),
      row('random', 'ada', 7),
      row('paloma', 'bob', 100),
      row('paloma', 'bob', 104),
      row('random', 'bob', 101),
      row('paloma', 'eve', 1000),
      row('random', undefined, 5000),
    ]
    const { groups, differences, matchedSets } = compareGroups(rows, { ...options, matched: true })
    const difference = meanInterval(momentsOf([10 - 7, 102 - 101]), 0.95)
    expect(differences).toEqual({ 'paloma-random': { conversion: difference, combined: difference } })
    expect(matchedSets).toEqual({ 'paloma-random': 2 })
    expect(groups).toEqual(compareGroups(rows, options).groups)
  })

  it('answers with a reason where fewer than two sets have users of both groups', () => {
    const { differences, matchedSets } = compareGroups([row('paloma', 'ada', 1), row('random', 'bob', 2)], {
      ...options,
      matched: true,
    })
    expect(matchedSets).toEqual({ 'paloma-random': 0 })
    expect(differences['paloma-random']?.combined).toEqual({ kind: 'undefined', reason: 'too-few-units', mean: null })
  })

  it('covers the true difference at its rate, with a much narrower interval than groups of different people', () => {
    const runs = 1000
    let [covered, narrower] = [0, 0]
    for (let run = 0; run < runs; run += 1) {
      const random = randomFrom(`matched-${run}`)
      const rows = Array.from({ length: 60 }, (_, i) => -30 * Math.log(1 - random()) + i).flatMap((person, i) => [
        row('paloma', `p${i}`, person + 2 + 4 * random()),
        row('random', `p${i}`, person + 4 * random()),
      ])
      const matched = compareGroups(rows, { ...options, matched: true }).differences['paloma-random']?.combined
      const apart = compareGroups(rows, options).differences['paloma-random']?.combined
      if (matched?.kind !== 'estimate' || apart?.kind !== 'estimate') throw new Error('expected estimates')
      if (matched.low <= 2 && 2 <= matched.high) covered += 1
      if (matched.stdError < apart.stdError / 5) narrower += 1
    }
    expect(Math.abs(covered / runs - 0.95)).toBeLessThan(0.02)
    expect(narrower).toBe(runs)
  })
})
