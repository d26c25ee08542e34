import type { TableSize } from '../contract.ts'
import type { Sql } from './client.ts'

/** What the tables of this schema take up, with their indexes and what lies beside them, largest first. */
export function tableSizes(sql: Sql): Promise<readonly TableSize[]> {
  return sql.query<TableSize>(
    `select c.relname as "table", greatest(c.reltuples, 0)::bigint as rows, pg_total_relation_size(c.oid) as bytes
     from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
       and c.relname not like 'kysely%'
     order by bytes desc, c.relname`,
  )
}
