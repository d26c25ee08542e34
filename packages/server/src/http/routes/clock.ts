import { z } from 'zod'
import type { HttpApp, RouteDeps } from '../http-app.ts'
import { ProblemError } from '../problem.ts'
import { isoSchema, timeSchema } from '../schemas/atoms.ts'
import { PROBLEMS } from '../schemas/problem.ts'
import { iso } from '../wire/to-wire.ts'

const tags = ['clock']

/** `/v1/clock`: reads the server's time, and moves it on where it is virtual. */
export function clockRoutes(app: HttpApp, { usecases: { clock } }: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/clock',
    config: { access: { kind: 'key', scope: 'read' } },
    schema: {
      operationId: 'getClock',
      summary: 'What time it is for the server',
      tags,
      response: { 200: z.object({ now: isoSchema, isVirtual: z.boolean() }), ...PROBLEMS },
    },
    handler: async () => ({ now: iso(clock.now()), isVirtual: clock.isVirtual }),
  })
  app.route({
    method: 'POST',
    url: '/v1/clock',
    config: { access: { kind: 'key', scope: 'admin' } },
    schema: {
      operationId: 'advanceClock',
      summary: 'Move a virtual clock on; everything that falls due on the way runs',
      tags,
      body: z.strictObject({ now: timeSchema }),
      response: {
        200: z.object({ now: isoSchema, redecided: z.int(), dispatched: z.int(), stateId: z.int() }),
        ...PROBLEMS,
      },
    },
    handler: async (request) => {
      const { now } = request.body
      if (!clock.isVirtual) throw refusal('CLOCK_NOT_VIRTUAL', 'the clock is real; start with --virtual-clock')
      if (now < clock.now()) throw refusal('CLOCK_BACKWARDS', `the clock stands at ${iso(clock.now())}, later than now`)
      const done = await clock.advance(now)
      return { now: iso(clock.now()), ...done }
    },
  })
}

function refusal(code: string, detail: string): ProblemError {
  return new ProblemError(code, detail, { status: 409, errors: [{ pointer: '/now', detail }] })
}
