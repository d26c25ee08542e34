/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/**
 * Reads the events of a stream as they come (WHATWG HTML §9.2); comments and `retry` are passed over. Throws when nothing came
 * for `silenceMs`, not even a comment: a connection that was cut without a word looks like one on which nothing happens.
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  silenceMs = 60_000,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let rest = ''
  try {
    for (;;) {
      const { value, done } = await readWithin(reader, silenceMs)
      if (done) return
      const blocks = (rest + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const event = eventOf(block)
        if (event !== undefined) yield event
      }
    }
  } finally {
    await reader.cancel()
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

async function readWithin(reader: Reader, silenceMs: number): ReturnType<Reader['read']> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${silenceMs} ms`)), silenceMs)
  })
  try {
    return await Promise.race([reader.read(), silence])
  } finally {
    clearTimeout(timer)
  }
}

function eventOf(block: string): ServerSentEvent | undefined {
  const fields = block.split('\n').map((line): readonly [string, string] => {
    const colon = line.indexOf(':')
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
  })
  const last = (name: string): string | undefined => fields.findLast(([field]) => field === name)?.[1]
  const data = fields.filter(([field]) => field === 'data').map(([, value]) => value)
  return data.length === 0 ? undefined : { id: last('id'), event: last('event') ?? 'message', data: data.join('\n') }
}
