import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PalomaError, type PolicyArtifact, type SlowEffect } from '@paloma/core/domain'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import artifactCase from '../../../../spec/cases/policy-artifact.json' with { type: 'json' }
import sendsCase from '../../../../spec/cases/policy-artifact-sends.json' with { type: 'json' }
import { artifactSchema } from './artifact-schema.ts'
import { configSchema } from './config-schema.ts'
import { defaultConfig } from './default-config.ts'
import { defineConfig, parseConfig } from './define-config.ts'
import { loadConfig } from './load-config.ts'
import { runtimeFrom } from './runtime.ts'

const ARTIFACT = artifactCase as PolicyArtifact
const SENDS = sendsCase as PolicyArtifact
const EFFECT = ARTIFACT.objectives.conversion as SlowEffect

const NEXT_VISIT = {
  name: 'next',
  events: ['App Visited'],
  aggregate: 'any',
  windowHours: 24,
  unit: 'visits',
  weight: 1,
  model: 'visit',
}
const VOLUME = { name: 'v', measure: 'sendsPerUserWeek', atMost: 2 }

function failure(run: () => unknown): PalomaError {
  try {
    run()
  } catch (error) {
    if (error instanceof PalomaError) return error
    throw error
  }
  throw new Error('expected a PalomaError')
}

describe('defineConfig', () => {
  it('accepts the defaults and gives them back for an empty input', () => {
    expect(configSchema.parse(defaultConfig)).toEqual(defaultConfig)
    expect(defineConfig({})).toEqual(defaultConfig)
  })

  it('lays members of a section over the defaults and is idempotent', () => {
    const config = defineConfig({ limits: { batchItems: 10 }, rules: { timeZone: 'Europe/Berlin' } })
    expect(config.limits).toEqual({ ...defaultConfig.limits, batchItems: 10 })
    expect(config.rules).toEqual({ ...defaultConfig.rules, timeZone: 'Europe/Berlin' })
    expect(defineConfig(config)).toEqual(config)
  })

  const bad: readonly { readonly input: unknown; readonly pointer: string; readonly says: RegExp }[] = [
    { input: { colour: 1 }, pointer: '/colour', says: /not a known field/ },
    { input: { rules: { timeZone: 'Mars/Phobos' } }, pointer: '/rules/timeZone', says: /IANA.*"Mars\/Phobos"/ },
    { input: { limits: { batchItems: -1 } }, pointer: '/limits/batchItems', says: /got -1/ },
    { input: { groups: { holdout: { share: 5, policy: { kind: 'holdout' } } } }, pointer: '/groups', says: /1000005/ },
    {
      input: { groups: { paloma: { share: 1_000_000, policy: { kind: 'thompson', floor: 2, sharpness: 1 } } } },
      pointer: '/groups/paloma/policy/floor',
      says: /got 2/,
    },
    {
      input: {
        groups: {
          paloma: {
            share: 1_000_000,
            policy: {
              kind: 'bounded',
              policy: { kind: 'greedy', floor: 0.1 },
              newMessages: { share: 0.1, untilSends: 9 },
            },
          },
        },
      },
      pointer: '/groups/paloma/policy/newMessages',
      says: /expected `messages` to be set too/,
    },
    {
      input: {
        groups: { paloma: { share: 1_000_000, policy: { kind: 'squareCb', gamma: { scale: 0 }, floor: 0.01 } } },
      },
      pointer: '/groups/paloma/policy/gamma/scale',
      says: /got 0/,
    },
    {
      input: { features: { hoursBy: 'work' } },
      pointer: '/features/hoursBy',
      says: /expected the name of a declared category of users: none is declared/,
    },
    {
      input: { priceTargets: [{ name: 'v', measure: 'sendsPerUserWeek', channel: 'push', atMost: 0 }] },
      pointer: '/priceTargets/0/atMost',
      says: /got 0/,
    },
    {
      input: { rules: { channels: {} }, priceTargets: [{ ...VOLUME, channel: 'push' }] },
      pointer: '/priceTargets/0/channel',
      says: /expected a channel of rules\.channels, got "push"/,
    },
    {
      input: { priceTargets: [VOLUME, VOLUME] },
      pointer: '/priceTargets/1/name',
      says: /expected a name used only once/,
    },
    {
      input: { priceTargets: [{ ...VOLUME, measure: 'lossesPerThousandSends' }] },
      pointer: '/priceTargets/0/measure',
      says: /expected an objective with model `hazard`/,
    },
    {
      input: {
        rules: { channels: { push: { consent: 'opt-out', pricePerSend: 0 } } },
        priceTargets: [{ ...VOLUME, measure: 'spendPerDay' }],
      },
      pointer: '/priceTargets/0/measure',
      says: /expected a `pricePerSend` above 0/,
    },
    {
      input: { objectives: [{ ...NEXT_VISIT, aggregate: 'sum' }] },
      pointer: '/objectives/0/model',
      says: /`response`, `visit` or `effect` for `any`/,
    },
    {
      input: { objectives: [{ ...NEXT_VISIT, windowHours: 24.5 }] },
      pointer: '/objectives/0/windowHours',
      says: /expected whole hours, at most 168, for the model `visit`.*got 24.5/,
    },
    {
      input: { objectives: [{ ...NEXT_VISIT, windowHours: 169 }] },
      pointer: '/objectives/0/windowHours',
      says: /at most 168/,
    },
    {
      input: { objectives: [{ ...NEXT_VISIT, valueProperty: 'revenue' }] },
      pointer: '/objectives/0/valueProperty',
      says: /expected none for the model `visit`/,
    },
    {
      input: { objectives: [{ ...NEXT_VISIT, earlyHours: 6 }] },
      pointer: '/objectives/0/earlyHours',
      says: /objective with model `response`/,
    },
    {
      input: { messages: { beliefs: ['reachability', 'joy'] } },
      pointer: '/messages/beliefs/1',
      says: /expected an objective .* got "joy"/,
    },
    {
      input: { messages: { variants: { digest: { audience: 0, floor: 0.02 } } } },
      pointer: '/messages/variants/digest/audience',
      says: /got 0/,
    },
    {
      input: { groups: { paloma: { share: 1_000_000, policy: { kind: 'bounded', policy: { kind: 'holdout' } } } } },
      pointer: '/groups/paloma/policy/policy/kind',
      says: /holdout/,
    },
    {
      input: {
        groups: {
          paloma: { share: 1_000_000, policy: { kind: 'thompsonDraws', draws: 100, floor: 0.02, sharpness: 1 } },
        },
      },
      pointer: '/groups/paloma/policy/draws',
      says: /got 100/,
    },
    { input: { adapters: { sms: { kind: 'inbox' } } }, pointer: '/adapters/sms/kind', says: /"webhook" for the/ },
    {
      input: { objectives: [defaultConfig.objectives[0], defaultConfig.objectives[0]] },
      pointer: '/objectives/1/name',
      says: /only once/,
    },
    {
      input: { events: { returns: { 'Email Unsubscribed': 'email' } } },
      pointer: '/events/returns/Email Unsubscribed',
      says: /an event that is no loss of reach/,
    },
    { input: [], pointer: '', says: /must be an object/ },
  ]
  it.each(bad)('refuses $input and names $pointer', ({ input, pointer, says }) => {
    const error = failure(() => parseConfig(input))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.pointer).toBe(pointer)
    expect(error.message).toMatch(says)
  })

  it('answers any JSON with a configuration or CONFIG_INVALID', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('rules', 'groups', 'events', 'limits'), (value, key) => {
        try {
          parseConfig({ [key]: value })
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
        }
      }),
      { seed: 1, numRuns: 100 },
    )
  })
})

describe('loadConfig', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'paloma-config-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('gives the defaults where there is no file', async () => {
    expect(await loadConfig(undefined, directory)).toEqual(defaultConfig)
  })

  it('refuses a named file that is not there', async () => {
    await expect(loadConfig('nowhere.json', directory)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' })
  })

  const write = async (name: string, value: unknown) => {
    await writeFile(join(directory, name), JSON.stringify(value))
    return name
  }
  const TOLD: SlowEffect = { ...EFFECT, windowHours: 72, direct: [0.2, -0.1], out: [] }
  const PATTERN = { level: -2, levelSd: 0.3, direct: [0, 0], out: [], scaleSd: 0.3, residualSd: 0.1 }
  const FITTING: PolicyArtifact = {
    ...ARTIFACT,
    inputs: { baseline: ARTIFACT.inputs.baseline, action: ARTIFACT.inputs.action.slice(0, 2) },
    layers: [],
    objectives: {
      conversion: TOLD,
    },
    checks: [{ baseline: [1, 0], action: [1, 1], effects: { conversion: 0.1 } }],
  }

  it('reads the artifact that a configuration names, relative to its own folder', async () => {
    await write('effects.json', FITTING)
    const config = await loadConfig(await write('named.json', { artifact: 'effects.json' }), directory)
    expect(config.artifact).toEqual(FITTING)
    const inline = await loadConfig(await write('inline.json', { artifact: FITTING }), directory)
    expect(inline).toEqual(config)
  })

  it.each([
    [
      'a weight too few',
      { ...FITTING, objectives: { conversion: { ...TOLD, direct: [1] } } },
      'CONFIG_INVALID',
      /\/artifact\/objectives\/conversion\/direct: expected 2 numbers, got "1"/,
    ],
    [
      'a number that is none',
      { ...FITTING, objectives: { conversion: { ...TOLD, direct: [1, null] } } },
      'CONFIG_INVALID',
      /direct\/1: expected number, got null/,
    ],
    [
      'no room to learn',
      { ...FITTING, objectives: { conversion: { ...TOLD, residualSd: 0 } } },
      'CONFIG_INVALID',
      /residualSd: expected more than 0/,
    ],
    [
      'a response objective a weight too few',
      {
        ...FITTING,
        objectives: { conversion: { ...SENDS.objectives.conversion, outcomes: { ...PATTERN, direct: [1] } } },
      },
      'CONFIG_INVALID',
      /\/artifact\/objectives\/conversion\/outcomes\/direct: expected 2 numbers, got "1"/,
    ],
    [
      'losses without the inputs they are told on',
      { ...FITTING, objectives: { reachability: SENDS.objectives.reachability } },
      'CONFIG_INVALID',
      /losses\/push\/push-disabled\/pressure: expected 0 numbers, got "5"/,
    ],
    [
      'a level of which nothing could be learned',
      { ...FITTING, answers: { ...PATTERN, windowHours: 72, levelSd: 0 } },
      'CONFIG_INVALID',
      /\/artifact\/answers\/levelSd: expected more than 0/,
    ],
    ['nothing told', { ...FITTING, objectives: {} }, 'CONFIG_INVALID', /objectives: expected at least one objective/],
    [
      'answers that nothing builds on',
      {
        ...FITTING,
        answers: { ...PATTERN, windowHours: 72 },
        checks: [{ ...FITTING.checks[0]!, logOdds: { answers: -2 } }],
      },
      'ARTIFACT_MISMATCH',
      /it speaks of answers, and no objective is estimated by the model `response` here/,
    ],
    ['no checks', { ...FITTING, checks: [] }, 'CONFIG_INVALID', /\/artifact\/checks/],
    [
      'a check that fails',
      { ...FITTING, checks: [{ ...FITTING.checks[0]!, effects: { conversion: 0.3 } }] },
      'ARTIFACT_CHECK_FAILED',
      /check 0 of the artifact case: the effect on conversion is 0\.1.*, expected 0\.3/,
    ],
    [
      'another window',
      { ...FITTING, objectives: { conversion: { ...TOLD, windowHours: 24 } } },
      'ARTIFACT_MISMATCH',
      /"windowHours":24.* there and .*"windowHours":72.* on the server/,
    ],
    [
      'columns that are not declared',
      { ...ARTIFACT },
      'ARTIFACT_MISMATCH',
      /it needs the column "user\.orders", which the server does not have/,
    ],
  ])('refuses an artifact with %s', async (_what, artifact, code, says) => {
    const name = await write('bad.json', { artifact })
    await expect(loadConfig(name, directory)).rejects.toMatchObject({ code, message: expect.stringMatching(says) })
  })

  it.each([ARTIFACT, SENDS])('reads the artifact $name of spec/cases as it is', (artifact) => {
    expect(artifactSchema.parse(artifact)).toEqual(artifact)
  })

  it('says which artifact is not there', async () => {
    const name = await write('absent.json', { artifact: 'nowhere.json' })
    await expect(loadConfig(name, directory)).rejects.toMatchObject({
      code: 'ARTIFACT_UNREADABLE',
      message: expect.stringMatching(/nowhere\.json could not be read: ENOENT/),
    })
  })

  it.each([
    ['a.json', '{"groupSalt":"s"}'],
    ['a.mjs', 'export default { groupSalt: "s" }'],
    ['a.ts', 'interface A { groupSalt: string }\nconst a: A = { groupSalt: "s" }\nexport default a'],
  ])('reads %s', async (name, text) => {
    await writeFile(join(directory, name), text)
    expect(await loadConfig(name, directory)).toEqual({ ...defaultConfig, groupSalt: 's' })
  })

  it('names the file that does not parse', async () => {
    await writeFile(join(directory, 'b.json'), '{')
    await expect(loadConfig('b.json', directory)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('b.json'),
    })
  })

  it('finds paloma.config.json by itself', async () => {
    await writeFile(join(directory, 'paloma.config.json'), '{"prices":{"channel:email":0.5}}')
    expect((await loadConfig(undefined, directory)).prices).toEqual({ 'channel:email': 0.5 })
  })
})

describe('runtimeFrom', () => {
  it('has defaults', () => {
    expect(runtimeFrom({})).toMatchObject({
      databaseUrl: null,
      host: '127.0.0.1',
      port: 7777,
      publicUrl: 'http://127.0.0.1:7777',
      virtualClock: null,
      logLevel: 'warn',
    })
  })

  it('lets flags win over the environment', () => {
    const runtime = runtimeFrom({ PALOMA_PORT: '80', PALOMA_PUBLIC_URL: 'https://p.example/' }, { port: '90' })
    expect(runtime).toMatchObject({ port: 90, publicUrl: 'https://p.example' })
  })

  it('starts a virtual clock at a moment', () => {
    expect(runtimeFrom({}, { virtualClock: '2026-01-01T00:00:00Z' }).virtualClock).toEqual({
      startAt: Date.UTC(2026, 0, 1),
    })
  })

  it.each([
    [{ PALOMA_PORT: '70000' }, /PALOMA_PORT must be an integer from 0 to 65535, got "70000"/],
    [{ DATABASE_URL: 'mysql://u:p@h/d' }, /DATABASE_URL must be .*postgres.*got "mysql:\/\/…@h\/d"/],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL must be one of/],
    [{ PALOMA_PUBLIC_URL: 'here' }, /PALOMA_PUBLIC_URL/],
    [{ PALOMA_VIRTUAL_CLOCK: 'soon' }, /PALOMA_VIRTUAL_CLOCK/],
    [{ PALOMA_HOST: 'a b' }, /PALOMA_HOST/],
  ])('refuses %j with a clear message', (env, message) => {
    const error = failure(() => runtimeFrom(env))
    expect(error.code).toBe('RUNTIME_INVALID')
    expect(error.message).toMatch(message)
  })
})
