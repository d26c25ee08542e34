import pg from 'pg'

/** A database of our own on a PostgreSQL server, or undefined, with a word on standard error, where none answers. */
export async function makeDatabase(serverUrl, suffix = '') {
  const admin = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 2_000 })
  try {
    await admin.connect()
  } catch (error) {
    process.stderr.write(`PostgreSQL is left out: ${error.message} (--database-url names another)\n`)
    return undefined
  }
  const name = `paloma_bench_${process.pid}${suffix}`
  await admin.query(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    async bytes() {
      const { rows } = await admin.query('select pg_database_size($1)::float8 as bytes', [name])
      return rows[0].bytes
    },
    async drop() {
      await admin.query(`drop database ${name} with (force)`)
      await admin.end()
    },
  }
}
