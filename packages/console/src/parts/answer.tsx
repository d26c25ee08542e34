import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiError } from '../api.ts'

/** What went wrong, in the server's words. */
export function ErrorNote({ error }: { readonly error: Error }): ReactNode {
  const code = error instanceof ApiError ? `${error.status} ${error.code}: ` : ''
  const hint =
    error instanceof ApiError && (error.status === 401 || error.status === 403)
      ? ' – the key is wrong or may not read; enter another one above.'
      : ''
  return (
    <p className="error" role="alert">
      {code}
      {error.message}
      {hint}
    </p>
  )
}

/** Something that is still on its way, failed, or is there; only then `children` draws it. */
export function Answer<T>(props: {
  readonly query: UseQueryResult<T>
  readonly children: (data: T) => ReactNode
}): ReactNode {
  const { query, children } = props
  if (query.isPending) return <output className="quiet">Loading…</output>
  if (query.isError) return <ErrorNote error={query.error} />
  return children(query.data)
}
