// Writes spec/openapi.json from the routes: `npm run openapi`. With `--check` it fails when the file is not what they say.
import { readFileSync, writeFileSync } from 'node:fs'
import { defaultConfig } from '../packages/server/src/config/default-config.ts'
import { createHttp } from '../packages/server/src/http/create-http.ts'
import { fakeUsecases } from '../packages/server/src/http/testing/fake-usecases.ts'
import { finish } from './report.ts'

const file = new URL('../spec/openapi.json', import.meta.url)
const app = createHttp({ usecases: fakeUsecases().usecases, config: defaultConfig })
const { body, statusCode } = await app.inject('/openapi.json')
if (statusCode !== 200) throw new Error(`/openapi.json answers ${statusCode}: ${body}`)
const text = `${JSON.stringify(JSON.parse(body), null, 2)}\n`
await app.close()
if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(file, 'utf8') === text
  finish('spec/openapi.json is what the routes say', isCurrent ? [] : ['spec/openapi.json is old: npm run openapi'])
} else writeFileSync(file, text)
