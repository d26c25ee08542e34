import { describe, expect, it } from 'vitest'
import {
  type Candidate,
  DEFAULT_CONSENT,
  type ExperimentSetup,
  opportunityId,
  type Refusal,
  type VariantChange,
} from '../domain/index.ts'
import { BUCKETS } from './assignment.ts'
import { type ExposureScene, type Screened, withExperiments } from './exposure.ts'
import { runningOf, subjectOf } from './testing/scenes.ts'

interface Item {
  readonly candidate: Candidate
  readonly opportunity: { readonly message: string; readonly category: 'marketing' | 'transactional' }
}

const item = (message: string, variant = 'plain', category: 'marketing' | 'transactional' = 'marketing'): Item => ({
  candidate: { opportunityId: opportunityId(message), variant, channel: 'push', sendAt: 0 },
  opportunity: { message, category },
})

const screened = (over: Partial<Screened<Item>> = {}): Screened<Item> => ({
  eligible: [item('sale'), item('sale', 'bold'), item('news')],
  refused: [],
  mandatory: false,
  ...over,
})

const NOTHING: ExperimentSetup = { running: [], layers: [], withholding: null }

function scene(changes: readonly VariantChange[], over: Partial<ExposureScene> = {}): ExposureScene {
  const variants = ['control', 'greedy'].map((name, i) => ({ name, change: (i === 1 ? changes[0] : undefined) ?? {} }))
  const membership = { variant: 'greedy', phase: 0, moved: false, counts: true }
  const participation = { experiment: runningOf({ variants }), membership, change: changes[0] ?? {} }
  const participations = changes.length === 0 ? [] : [participation]
  return { setup: NOTHING, participations, ...subjectOf('u'), now: 0, ...over }
}

const refusedFor = (...reasons: readonly Refusal['reason'][]): Screened<Item>['refused'] => [
  { candidate: item('sale').candidate, refusals: reasons.map((reason) => ({ reason })) },
]

describe('withExperiments', () => {
  const POLICY: VariantChange = { policy: { kind: 'greedy', floor: 0 } }
  const CAPS: VariantChange = { rules: { caps: [] } }
  const NEWS: VariantChange = { messages: { news: { kind: 'withhold' } } }
  const onlySale = { eligible: [item('sale')] }
  const nothing = { eligible: [], refused: refusedFor('no-consent') }
  const capped = { eligible: [], refused: refusedFor('capped', 'minimum-gap') }
  it.each<readonly [string, VariantChange, Partial<Screened<Item>>, boolean]>([
    ['a policy where something may be sent', POLICY, {}, true],
    ['a policy where nothing may', POLICY, nothing, false],
    ['a policy beside caps', POLICY, capped, false],
    ['a policy where a transactional message must go', POLICY, { mandatory: true }, false],
    ['a policy where only a receipt may', POLICY, { eligible: [item('receipt', 'plain', 'transactional')] }, false],
    ['caps where only they forbid', CAPS, capped, true],
    ['caps where consent forbids too', CAPS, { eligible: [], refused: refusedFor('capped', 'no-consent') }, false],
    ['caps where something may be sent', CAPS, {}, true],
    ['a message that is there', NEWS, {}, true],
    ['a message that is not there', NEWS, onlySale, false],
  ])('says whether %s could matter', (_, change, over, exposed) => {
    expect(withExperiments(screened(over), scene([change])).assignments[0]).toMatchObject({ exposed })
  })

  it('asks the same of every variant: the control of a message experiment is exposed where it is there', () => {
    const inControl = scene([NEWS])
    const participations = inControl.participations.map((each) => ({ ...each, change: {} }))
    const { eligible, assignments } = withExperiments(screened(), { ...inControl, participations })
    expect(assignments[0]).toMatchObject({ exposed: true })
    expect(eligible).toHaveLength(3)
  })

  it('does not count the washout of a slot', () => {
    const { participations, ...rest } = scene([POLICY])
    const washout = participations.map((each) => ({
      ...each,
      membership: { ...each.membership, counts: false, slot: 4 },
    }))
    const [found] = withExperiments(screened(), { ...rest, participations: washout }).assignments
    expect(found).toEqual({
      experiment: 'greedy-or-not',
      variant: 'greedy',
      phase: 0,
      exposed: false,
      moved: false,
      slot: 4,
    })
  })

  it('keeps back a message, or other wordings of it, and says which experiment did', () => {
    const { eligible, refused } = withExperiments(screened(), scene([NEWS]))
    expect(eligible).toEqual([item('sale'), item('sale', 'bold')])
    const refusals = [{ reason: 'withheld', rule: 'greedy-or-not' }]
    expect(refused).toEqual([{ candidate: item('news').candidate, refusals }])
    const bold: VariantChange = { messages: { sale: { kind: 'wordings', names: ['bold'] } } }
    expect(withExperiments(screened(), scene([bold])).eligible).toEqual([item('sale', 'bold'), item('news')])
  })

  it('never keeps back a transactional message', () => {
    const receipt = item('news', 'plain', 'transactional')
    for (const mandatory of [true, false]) {
      const given = screened({ eligible: [receipt], mandatory })
      expect(withExperiments(given, scene([NEWS])).eligible).toEqual([receipt])
    }
  })

  describe('withholding', () => {
    const withholding = {
      ...{ salt: 's', share: BUCKETS, messages: { news: 0 }, periodDays: 28 },
      groups: ['paloma' as const],
    }
    const setup = { ...NOTHING, withholding }

    it('keeps a message from its share of users, once for all its candidates', () => {
      const { eligible, refused, assignments } = withExperiments(screened(), scene([], { setup }))
      expect(eligible).toEqual([item('news')])
      expect(refused.map(({ refusals }) => refusals[0])).toEqual([
        { reason: 'withheld', rule: 'withhold:sale:0' },
        { reason: 'withheld', rule: 'withhold:sale:0' },
      ])
      expect(assignments).toEqual([{ experiment: 'withhold:sale:0', variant: 'withheld', exposed: true }])
    })

    it('leaves nothing that another experiment could matter to', () => {
      const only = screened({ eligible: [item('sale')] })
      const [policy] = withExperiments(only, scene([POLICY], { setup })).assignments
      expect(policy).toMatchObject({ experiment: 'greedy-or-not', exposed: false })
    })

    it.each([
      ['other groups', { group: 'random' as const }],
      [
        'people who are not to be explored on',
        { profile: subjectOf('u', { consent: { ...DEFAULT_CONSENT, exploration: false } }).profile },
      ],
    ])('leaves %s alone', (_, over) => {
      const { eligible, assignments } = withExperiments(screened(), scene([], { setup, ...over }))
      expect([eligible.length, assignments]).toEqual([3, []])
    })
  })

  it('names the holdout of a layer', () => {
    const layers = [{ name: 'wording', salt: 'w', holdoutShare: BUCKETS }]
    const { assignments } = withExperiments(screened(), scene([], { setup: { ...NOTHING, layers } }))
    expect(assignments).toEqual([{ experiment: 'layer:wording', variant: 'holdout', exposed: true }])
  })
})
