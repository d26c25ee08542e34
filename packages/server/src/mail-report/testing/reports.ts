/** A delivery status notification as Postfix writes it, with what the test changes. */
export function deliveryStatus(
  over: {
    readonly fields?: Readonly<Record<string, string>>
    readonly messageId?: string | null
    readonly to?: string
    readonly reportId?: string
    readonly original?: 'message/rfc822' | 'text/rfc822-headers'
  } = {},
): Buffer {
  const { messageId = 'send-d1@acme.example', to = 'news@acme.example', original = 'message/rfc822' } = over
  const fields = {
    'Final-Recipient': 'rfc822; ada@example.com',
    Action: 'failed',
    Status: '5.1.1',
    'Diagnostic-Code': 'smtp; 550 5.1.1 <ada@example.com>:\n    Recipient address rejected: User unknown',
    ...over.fields,
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  return report(
    { type: 'delivery-status', to, reportId: over.reportId ?? '20260301.1@mx.example.com' },
    ['message/delivery-status', `Reporting-MTA: dns; mx.example.com\n\n${lines.join('\n')}\n`],
    [original, originalMessage(messageId)],
  )
}

/** A feedback report as mailbox providers send them. */
export function feedback(
  over: { readonly fields?: Readonly<Record<string, string>>; readonly messageId?: string | null } = {},
): Buffer {
  const fields = { 'Feedback-Type': 'abuse', 'User-Agent': 'SomeGenerator/1.0', Version: '1', ...over.fields }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  const { messageId = 'send-d1@acme.example' } = over
  return report(
    { type: 'feedback-report', to: 'abuse@acme.example', reportId: 'fbl.7@mailbox.example' },
    ['message/feedback-report', `${lines.join('\n')}\n`],
    ['message/rfc822', originalMessage(messageId)],
  )
}

function originalMessage(messageId: string | null): string {
  const id = messageId === null ? '' : `Message-ID: <${messageId}>\n`
  return `From: Acme <news@acme.example>\nTo: ada@example.com\nSubject: Now\n${id}\nHello\n`
}

function report(
  { type, to, reportId }: { readonly type: string; readonly to: string; readonly reportId: string },
  ...parts: readonly (readonly [type: string, body: string])[]
): Buffer {
  const text = [['text/plain', 'This is the mail system at host mx.example.com.\n'] as const, ...parts]
  const body = text.map(([partType, content]) => `--=_b\nContent-Type: ${partType}\n\n${content}\n`).join('')
  const head = [
    'From: MAILER-DAEMON@mx.example.com (Mail Delivery System)',
    `To: ${to}`,
    `Message-ID: <${reportId}>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=${type};\n\tboundary="=_b"`,
  ]
  return Buffer.from(`${head.join('\n')}\n\n${body}--=_b--\n`.replaceAll('\n', '\r\n'))
}
