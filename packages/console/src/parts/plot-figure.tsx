import { type PlotOptions, plot } from '@observablehq/plot'
import { type ReactNode, useEffect, useRef, useState } from 'react'

const LEAST_WIDTH = 280

/** A plot as wide as its place, drawn again when that changes; `label` says to a screen reader what it shows. */
export function PlotFigure({ options, label }: { readonly options: PlotOptions; readonly label: string }): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (width === 0) return
    const svg = plot({ ...options, width: Math.max(LEAST_WIDTH, width), ariaLabel: label, style: { fontSize: '12px' } })
    svg.setAttribute('role', 'img')
    place.current?.replaceChildren(svg)
  }, [options, label, width])
  return <div ref={place} className="plot" />
}
