import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, StrictMode, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { type Api, ApiError, createApi } from './api.ts'
import { Decisions } from './pages/decisions.tsx'
import { Evaluations } from './pages/evaluations.tsx'
import { Experiments } from './pages/experiments.tsx'
import { Overview } from './pages/overview.tsx'
import { Users } from './pages/users.tsx'
import { KeyForm } from './parts/key-form.tsx'
import { Navigation } from './parts/navigation.tsx'
import { type Route, useRoute } from './route.ts'

const KEY = 'paloma-api-key'
const MOST_RETRIES = 2

function newClient(): QueryClient {
  // What the server refused will be refused again; only a lost connection or a busy server is worth another try.
  const retry = (failures: number, error: Error) =>
    failures < MOST_RETRIES && !(error instanceof ApiError && error.status < 500)
  return new QueryClient({ defaultOptions: { queries: { retry, refetchOnWindowFocus: false, staleTime: 10_000 } } })
}

function Shown({ api, route }: { readonly api: Api; readonly route: Route }): ReactNode {
  if (route.page === 'experiments') return <Experiments api={api} experimentKey={route.id} />
  if (route.page === 'users') return <Users api={api} userId={route.id} />
  if (route.page === 'decisions') return <Decisions api={api} decisionId={route.id} />
  if (route.page === 'evaluations') return <Evaluations api={api} id={route.id} />
  return <Overview api={api} />
}

function Opened(props: { readonly apiKey: string; readonly onForgetKey: () => void }): ReactNode {
  const route = useRoute()
  const api = useMemo(() => createApi(props.apiKey, window.fetch.bind(window)), [props.apiKey])
  const client = useMemo(newClient, [])
  return (
    <QueryClientProvider client={client}>
      <Navigation page={route.page} onForgetKey={props.onForgetKey} />
      <main>
        <Shown api={api} route={route} />
      </main>
    </QueryClientProvider>
  )
}

function Console(): ReactNode {
  const [key, setKey] = useState(() => sessionStorage.getItem(KEY))
  const keep = (next: string) => {
    sessionStorage.setItem(KEY, next)
    setKey(next)
  }
  const forget = () => {
    sessionStorage.removeItem(KEY)
    setKey(null)
  }
  return key === null ? <KeyForm onKey={keep} /> : <Opened key={key} apiKey={key} onForgetKey={forget} />
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with id "root"')
createRoot(root).render(
  <StrictMode>
    <Console />
  </StrictMode>,
)
