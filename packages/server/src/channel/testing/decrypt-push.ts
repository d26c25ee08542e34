import { createDecipheriv, type ECDH, hkdfSync } from 'node:crypto'

/** What a browser keeps secret of a subscription. */
export interface PushSecrets {
  readonly keys: ECDH
  readonly auth: Buffer
}

const SALT_BYTES = 16
const HEAD_BYTES = SALT_BYTES + 4 + 1
const TAG_BYTES = 16
/** Ends the last record, before its padding (RFC 8188 §2). */
const LAST_RECORD = 2

/** What a browser reads of an encrypted push message (RFC 8291 §3.4 over RFC 8188), written after the RFCs. Throws what GCM throws. */
export function decryptPush(body: Buffer, { keys, auth }: PushSecrets): Buffer {
  const salt = body.subarray(0, SALT_BYTES)
  const senderKey = body.subarray(HEAD_BYTES, HEAD_BYTES + body.readUInt8(HEAD_BYTES - 1))
  const record = body.subarray(HEAD_BYTES + senderKey.length)
  if (record.length > body.readUInt32BE(SALT_BYTES)) throw new Error('more than the one record that RFC 8291 §4 allows')
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), senderKey])
  const keying = Buffer.from(hkdfSync('sha256', keys.computeSecret(senderKey), auth, info, 32))
  const derived = (name: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', keying, salt, `Content-Encoding: ${name}\0`, length))
  const decipher = createDecipheriv('aes-128-gcm', derived('aes128gcm', 16), derived('nonce', 12))
  decipher.setAuthTag(record.subarray(-TAG_BYTES))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -TAG_BYTES)), decipher.final()])
  const end = padded.lastIndexOf(LAST_RECORD)
  if (end === -1 || padded.subarray(end + 1).some((byte) => byte !== 0))
    throw new Error('the record is not the last one')
  return padded.subarray(0, end)
}
