import { escapeHtml } from './html.ts'
import { STYLE } from './style.ts'

/** A part of a page under its own heading. */
export function section(title: string, parts: readonly string[]): string {
  return `<section>\n<h2>${escapeHtml(title)}</h2>\n${parts.join('\n')}\n</section>`
}

/** A paragraph of plain text. */
export function paragraph(text: string, className: string = ''): string {
  return `<p${className === '' ? '' : ` class="${className}"`}>${escapeHtml(text)}</p>`
}

/** An HTML page that needs nothing else: no script, no request. `main` is HTML, the title is text. */
export function page(title: string, main: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<main>
${main.join('\n')}
</main>
</body>
</html>
`
}
