import { type ReactNode, useState } from 'react'
import type { TimelineEntry } from '../answers.ts'
import { decisionOf, entryWords, refusalSummary } from '../charts/timeline-words.ts'
import { formatTime } from '../format.ts'
import { hrefTo } from '../route.ts'

const KINDS = ['decision', 'send', 'outcome', 'opportunity'] as const
type Kind = (typeof KINDS)[number]

function Entry({ entry }: { readonly entry: TimelineEntry }): ReactNode {
  const decisionId = decisionOf(entry)
  const refused = entry.kind === 'decision' ? refusalSummary(entry.decision.refused) : []
  return (
    <li>
      <time dateTime={entry.at} title={entry.at}>
        {formatTime(entry.at)}
      </time>
      <span className={`kind ${entry.kind}`}>{entry.kind}</span>
      <div>
        {entryWords(entry)}
        {decisionId !== null && (
          <>
            {' '}
            <a href={hrefTo('decisions', decisionId)}>why?</a>
          </>
        )}
        {refused.length > 0 && (
          <details>
            <summary>{refused.length === 1 ? '1 reason' : `${refused.length} reasons`} against candidates</summary>
            <ul>
              {refused.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  )
}

/** Everything between us and a user, newest first, to be narrowed by kind. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }): ReactNode {
  const [hidden, setHidden] = useState<readonly Kind[]>([])
  const toggle = (kind: Kind) =>
    setHidden((now) => (now.includes(kind) ? now.filter((other) => other !== kind) : [...now, kind]))
  const shown = entries.map((entry, i) => ({ entry, key: i })).filter(({ entry }) => !hidden.includes(entry.kind))
  return (
    <>
      <fieldset className="kinds">
        <legend>Show</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input type="checkbox" checked={!hidden.includes(kind)} onChange={() => toggle(kind)} />{' '}
            {kind === 'opportunity' ? 'opportunities' : `${kind}s`}
          </label>
        ))}
      </fieldset>
      {shown.length === 0 && <p className="quiet">Nothing to show.</p>}
      <ol className="timeline">
        {shown.map(({ entry, key }) => (
          <Entry key={key} entry={entry} />
        ))}
      </ol>
    </>
  )
}
