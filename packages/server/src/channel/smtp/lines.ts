import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { createTransport, type SendMailOptions, type SMTPTransportOptions, type Transporter } from 'nodemailer'
import type { SendResult } from '../contract.ts'
import { classifySmtpFailure, type SmtpFailure } from './classify.ts'
import type { SmtpChannelOptions } from './config.ts'
import { SIGNED_HEADERS } from './headers.ts'

const DEFAULT_TIMEOUT_MS = 60_000
export const DEFAULT_CONNECTIONS = 5

/** Greeting, EHLO, STARTTLS, EHLO, login, MAIL, RCPT, DATA and its end: so many silences may be long at once. */
const LONGEST_CONVERSATION = 5

type GotSocket = (error: Error | null, found?: { readonly connection: Socket }) => void

export type Mail = SendMailOptions & { readonly messageId: string }

/** Connections to one server, each of which carries one message at a time. */
export interface SmtpLines {
  send(mail: Mail): Promise<SendResult>
  /** Connects and logs in, without sending. Rejects with what is wrong. */
  verify(): Promise<void>
  close(): void
}

/**
 * As many connections as `options.connections`, kept open. A server may be silent for `timeoutMs` at each step, and a whole
 * conversation takes at most five times that, however busily the server talks: then its connection is cut.
 */
export function smtpLines(options: SmtpChannelOptions): SmtpLines {
  const bound = LONGEST_CONVERSATION * (options.timeoutMs ?? DEFAULT_TIMEOUT_MS)
  const free = Array.from({ length: options.connections ?? DEFAULT_CONNECTIONS }, () => openLine(options))
  const all = new Set(free)
  const waiting: ((line: Line) => void)[] = []
  const give = (line: Line): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(line)
    else next(line)
  }
  return {
    async send(mail) {
      const line = free.pop() ?? (await new Promise<Line>((resolve) => waiting.push(resolve)))
      const over = deadline(bound)
      const result = await Promise.race([deliver(line, mail), over.passed])
      over.clear()
      if (result !== 'passed') {
        give(line)
        return result
      }
      all.delete(line)
      const outcome = cutShort(line, mail, bound)
      const next = openLine(options)
      all.add(next)
      give(next)
      return outcome
    },
    async verify() {
      const line = openLine(options)
      const over = deadline(bound)
      try {
        const result = await Promise.race([line.transport.verify(), over.passed])
        if (result === 'passed') throw new Error(`the server did not finish its answers within ${bound} ms`)
      } finally {
        over.clear()
        line.cut()
      }
    },
    close() {
      for (const line of all) line.transport.close()
    },
  }
}

/** One connection, made when it is needed and again when it was lost. */
interface Line {
  readonly transport: Transporter
  /** By Message-ID, the bytes of messages on their way. */
  readonly streams: Map<string, Readable>
  /** Ends it at once, whatever is on its way. */
  cut(): void
}

function openLine(options: SmtpChannelOptions): Line {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const sockets = new Set<Socket>()
  const { dkim } = options
  const transport = createTransport({
    url: options.url,
    // The url may say otherwise.
    requireTLS: showsPassword(options.url),
    pool: true,
    maxConnections: 1,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (given: SMTPTransportOptions, done: GotSocket) => {
      const port = Number(given.port) || (given.secure === true ? 465 : 587)
      openSocket({ host: given.host ?? 'localhost', port, timeoutMs }, (error, socket) => {
        if (socket === undefined) return done(error)
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        done(null, { connection: socket })
      })
    },
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: dkim.privateKey,
            headerFieldNames: SIGNED_HEADERS,
          },
        }),
  })
  return {
    transport,
    streams: watchStreams(transport),
    cut() {
      transport.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Whether a password leaves this machine: whoever can take the offer of TLS out of what a server says could read it. */
function showsPassword(url: string): boolean {
  const { password, hostname } = new URL(url)
  return password !== '' && !/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i.test(hostname)
}

/** Looks a host up and connects, whatever family answers; both within `timeoutMs`. */
function openSocket(
  { host, port, timeoutMs }: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  done: (error: Error | null, socket?: Socket) => void,
): void {
  const socket = connect({ host, port })
  const fail = (error: Error): void => {
    clearTimeout(timer)
    socket.destroy()
    // What the library's own connections say; nothing was handed over.
    done(Object.assign(error, { code: 'ESOCKET', command: 'CONN' }))
  }
  const timer = setTimeout(() => fail(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`)), timeoutMs)
  socket.once('error', fail)
  socket.once('connect', () => {
    clearTimeout(timer)
    // The library hears of errors as long as it uses the socket; what comes after that nobody waits for.
    socket.off('error', fail).on('error', () => {})
    done(null, socket)
  })
}

/**
 * Keeps each message's byte stream by Message-ID. The library pipes it to the server only after the reply to DATA,
 * so an unread stream proves that nothing was handed over.
 */
function watchStreams(transport: Transporter): Map<string, Readable> {
  const streams = new Map<string, Readable>()
  transport.use('stream', (mail, done) => {
    const { message } = mail
    const id = message.messageId()
    const createReadStream = message.createReadStream.bind(message)
    message.createReadStream = (streamOptions) => {
      const stream = createReadStream(streamOptions)
      streams.set(id, stream)
      return stream
    }
    done()
  })
  return streams
}

async function deliver({ transport, streams }: Line, mail: Mail): Promise<SendResult> {
  try {
    await transport.sendMail(mail)
    return { kind: 'sent', providerMessageId: mail.messageId }
  } catch (error) {
    return classifySmtpFailure(error as SmtpFailure, isDataBegun(streams, mail))
  } finally {
    streams.delete(mail.messageId)
  }
}

function isDataBegun(streams: Line['streams'], { messageId }: Mail): boolean {
  return streams.get(messageId)?.readableDidRead === true
}

/** What is known of a message whose conversation is cut: not handed over at all, or perhaps taken. */
function cutShort(line: Line, mail: Mail, bound: number): SendResult {
  const isBegun = isDataBegun(line.streams, mail)
  line.cut()
  const message = `the server did not finish its answers within ${bound} ms`
  return classifySmtpFailure({ message, code: 'ETIMEDOUT' }, isBegun)
}

function deadline(ms: number): { readonly passed: Promise<'passed'>; clear(): void } {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<'passed'>((resolve) => {
    timer = setTimeout(() => resolve('passed'), ms)
  })
  return { passed, clear: () => clearTimeout(timer) }
}
