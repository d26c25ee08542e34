import { createClient } from '@paloma/sdk'

const { PALOMA_URL = 'http://127.0.0.1:7777', PALOMA_KEY = '' } = process.env
const paloma = createClient({ url: PALOMA_URL, key: PALOMA_KEY })

await paloma.users.save({ userId: 'ann', timeZone: 'Europe/Berlin' })
await paloma.opportunities.propose({
  id: `price-drop-${Date.now()}`,
  producer: 'shop',
  userId: 'ann',
  message: 'price-drop',
  channels: ['in-app'],
  content: { 'in-app': { title: 'Cheaper now' } },
  window: { expires: new Date(Date.now() + 86_400_000).toISOString() },
})
const { action, propensity, reason, decisionId } = await paloma.decide({ userId: 'ann' })
console.log(decisionId, action, propensity, reason)
