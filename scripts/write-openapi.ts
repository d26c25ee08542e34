// Writes spec/openapi.json from the routes: `npx tsx -C paloma-source scripts/write-openapi.ts`.
import { writeFile } from 'node:fs/promises'
import { defaultConfig } from '../packages/server/src/config/default-config.ts'
import { createHttp } from '../packages/server/src/http/create-http.ts'
import { fakeUsecases } from '../packages/server/src/http/testing/fake-usecases.ts'

const app = createHttp({ usecases: fakeUsecases().usecases, config: defaultConfig })
const { body } = await app.inject('/openapi.json')
await writeFile(new URL('../spec/openapi.json', import.meta.url), `${JSON.stringify(JSON.parse(body), null, 2)}\n`)
await app.close()
