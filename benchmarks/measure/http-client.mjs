import { Pool } from 'undici'

/** Speaks JSON with a server under a key; rejects with what it said where that is no success. */
export function httpClient(origin, { key, connections }) {
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const ask = async (method, path, body) => {
    const sent = body === undefined ? undefined : JSON.stringify(body)
    const answer = await pool.request({ method, path, headers, body: sent })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`)
    return text
  }
  return {
    get: (path) => ask('GET', path),
    post: async (path, body) => JSON.parse(await ask('POST', path, body)),
    delete: (path) => ask('DELETE', path),
    close: () => pool.close(),
  }
}
