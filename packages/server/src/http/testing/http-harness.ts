import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach } from 'vitest'
import type { Config } from '../../config/contract.ts'
import { defineConfig } from '../../config/define-config.ts'
import { createHttp } from '../create-http.ts'
import { type FakeControls, fakeUsecases } from './fake-usecases.ts'

/** Small limits, so that tests reach them. */
export const testConfig: Config = defineConfig({ limits: { batchItems: 5, bodyBytes: 8_192, eventBytes: 1_024 } })

/** The server of the running test and its use cases. */
export interface HttpHarness {
  readonly app: FastifyInstance
  readonly fake: FakeControls
  /** A request with an admin key, unless `headers` has another. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<LightMyRequestResponse>
}

/** A fresh server over fresh fakes for every test of the file that calls this. */
export function httpHarness(): HttpHarness {
  let fake: FakeControls
  let app: FastifyInstance
  beforeEach(() => {
    fake = fakeUsecases()
    app = createHttp({ usecases: fake.usecases, config: testConfig })
  })
  afterEach(() => app.close())
  return {
    get app() {
      return app
    },
    get fake() {
      return fake
    },
    call(method, url, payload, headers = {}) {
      const options: InjectOptions = { method, url, headers: { authorization: 'Bearer pk_admin', ...headers } }
      return app.inject(payload === undefined ? options : { ...options, payload: payload as object })
    },
  }
}

/** An opportunity as a producer posts it. */
export const opportunity = {
  id: 'o1',
  producer: 'shop',
  userId: 'ann',
  message: 'price-drop',
  channels: ['email', 'in-app'],
  content: { email: { subject: 'Hi', html: '<p>Hi</p>' } },
  window: { expires: '2026-02-01T00:00:00Z' },
}

/** Saves the user `ann` and one opportunity for her. */
export async function saveAnn({ call }: HttpHarness): Promise<void> {
  await call('POST', '/v1/users', { userId: 'ann', addresses: { email: 'ann@example.org' } })
  await call('POST', '/v1/opportunities', opportunity)
}
