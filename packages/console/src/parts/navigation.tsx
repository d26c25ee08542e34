import type { ReactNode } from 'react'
import { hrefTo, PAGES, type Page } from '../route.ts'

const TITLES: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  experiments: 'Experiments',
  users: 'Users',
  decisions: 'Decision',
  evaluations: 'Try a configuration',
}

/** The head of every page. */
export function Navigation(props: { readonly page: Page; readonly onForgetKey: () => void }): ReactNode {
  return (
    <header>
      <span className="brand">Paloma</span>
      <nav aria-label="Pages">
        {PAGES.map((page) => (
          <a key={page} href={hrefTo(page)} aria-current={page === props.page ? 'page' : undefined}>
            {TITLES[page]}
          </a>
        ))}
      </nav>
      <button type="button" className="plain" onClick={props.onForgetKey}>
        Change key
      </button>
    </header>
  )
}
