import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { Api } from '../api.ts'
import { hrefTo } from '../route.ts'
import { ErrorNote } from './answer.tsx'

const EXAMPLE = '{\n  "prices": { "channel:push": 0.2 }\n}'

/** What is to change, as JSON laid over the configuration of the server; asks, and goes where the answer will be. */
export function EvaluationForm({ api }: { readonly api: Api }): ReactNode {
  const [text, setText] = useState(EXAMPLE)
  const client = useQueryClient()
  const start = useMutation({
    mutationFn: async () => api.startEvaluation(JSON.parse(text)),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: ['evaluations'] })
      window.location.hash = hrefTo('evaluations', id)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.mutate()
  }
  return (
    <form className="ask" onSubmit={submit}>
      <label>
        What is to change, as in the configuration file (JSON)
        <textarea rows={6} value={text} onChange={(event) => setText(event.target.value)} spellCheck={false} />
      </label>
      <button type="submit" disabled={start.isPending}>
        {start.isPending ? 'Asking…' : 'Judge it on the log'}
      </button>
      {start.isError && <ErrorNote error={start.error} />}
    </form>
  )
}
