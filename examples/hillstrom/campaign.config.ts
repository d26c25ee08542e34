import type { CampaignMapping } from '@paloma/server'

/**
 * The MineThatData e-mail challenge of 2008 (Kevin Hillstrom): 64,000 customers, a third each got an e-mail about men's
 * merchandise, one about women's, or none; visits, conversions and spend of the two weeks after. It has no user column.
 */
const mapping: CampaignMapping = {
  user: { rowNumber: true },
  action: {
    column: 'segment',
    values: {
      'No E-Mail': 'hold',
      'Mens E-Mail': { name: 'mens-email', channel: 'email' },
      'Womens E-Mail': { name: 'womens-email', channel: 'email' },
    },
  },
  propensity: { uniform: true },
  outcomes: {
    visit: { column: 'visit', weight: 1, unit: 'visits' },
    conversion: { column: 'conversion', weight: 0, unit: 'purchases' },
    spend: { column: 'spend', weight: 0, unit: 'USD' },
  },
  features: {
    recency: { kind: 'number' },
    history: { kind: 'number', log1p: true },
    mens: { kind: 'boolean' },
    womens: { kind: 'boolean' },
    zip_code: { kind: 'category' },
    newbie: { kind: 'boolean' },
    channel: { kind: 'category' },
  },
}

export default mapping
