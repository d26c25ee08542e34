import { type FormEvent, type ReactNode, useState } from 'react'

/** A labelled field and a button; answers the trimmed text when there is one. */
export function SearchForm(props: {
  readonly label: string
  readonly initial: string
  readonly onSearch: (text: string) => void
}): ReactNode {
  const { label, initial, onSearch } = props
  const [text, setText] = useState(initial)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') onSearch(text.trim())
  }
  return (
    <form className="search" onSubmit={submit}>
      <label>
        {label}
        <input value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" spellCheck={false} />
      </label>
      <button type="submit">Show</button>
    </form>
  )
}
