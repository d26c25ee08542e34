import { useSyncExternalStore } from 'react'

export const PAGES = ['overview', 'experiments', 'users', 'decisions', 'evaluations'] as const
export type Page = (typeof PAGES)[number]

/** Where the console stands: a page, and the id it shows. */
export interface Route {
  readonly page: Page
  readonly id: string | null
}

/** A part of an address; one that nobody encoded is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return part
    throw error
  }
}

/** Reads `#/users/u%201`; anything unknown is the overview. */
export function routeFrom(hash: string): Route {
  const [name = '', id = ''] = hash.replace(/^#\/?/, '').split('/')
  const page = PAGES.find((known) => known === name) ?? 'overview'
  return { page, id: id === '' ? null : decoded(id) }
}

/** The address of a page. `hrefTo('users', 'u 1')` is `#/users/u%201`. */
export function hrefTo(page: Page, id?: string): string {
  return id === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(id)}`
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** The current route, kept up to date. */
export function useRoute(): Route {
  return routeFrom(useSyncExternalStore(subscribe, () => window.location.hash))
}
