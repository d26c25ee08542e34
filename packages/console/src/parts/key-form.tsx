import { type FormEvent, type ReactNode, useState } from 'react'

/** Asks for an API key; it is kept until the tab closes. */
export function KeyForm({ onKey }: { readonly onKey: (key: string) => void }): ReactNode {
  const [key, setKey] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (key.trim() !== '') onKey(key.trim())
  }
  return (
    <form className="key" onSubmit={submit}>
      <h1>Paloma console</h1>
      <p>Enter an API key with the scope “read”. It stays in this tab and is forgotten when the tab closes.</p>
      <label>
        API key
        <input type="password" value={key} onChange={(event) => setKey(event.target.value)} autoComplete="off" />
      </label>
      <button type="submit">Open</button>
    </form>
  )
}
