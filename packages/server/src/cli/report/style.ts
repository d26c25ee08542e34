/** The report's only style sheet: light and dark by the reader's setting, one column, plots in two sizes. */
export const STYLE: string = `:root { color-scheme: light dark; --ground: #ffffff; --panel: #f6f7f9; --ink: #1b1f24; --quiet: #57606a; --line: #d0d7de;
  --paloma: #0b6e8a; --usual: #b3541e; --random: #7a4fbf; --holdout: #5c6670;
  --push: #0b6e8a; --email: #c9821b; --in-app: #4d8f4a; --sms: #a5478c; --webhook: #6b5b4b; --hold: #d3d9df; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --panel: #1d232a; --ink: #e6eaee; --quiet: #a3adb8; --line: #39424c;
  --paloma: #4fc3e0; --usual: #f0935a; --random: #b699f0; --holdout: #a9b4bf;
  --push: #4fc3e0; --email: #e8b04f; --in-app: #83c77f; --sms: #dd8ac5; --webhook: #bda88f; --hold: #39424c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 788px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 1.25rem; margin: 40px 0 8px; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 6px 0; }
.quiet, figcaption p { color: var(--quiet); font-size: 0.875rem; }
.verdict { border-left: 4px solid var(--paloma); background: var(--panel); padding: 10px 14px; margin: 16px 0; }
figure { margin: 20px 0 32px; }
figcaption { margin-bottom: 6px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0; padding: 0; font-size: 0.8125rem; }
.legend li { display: flex; align-items: center; gap: 6px; }
.plot { display: block; max-width: 100%; height: auto; --plot-background: var(--ground); }
.plot text { white-space: pre; }
.narrow { display: none; }
@media (max-width: 700px) { .wide { display: none; } .narrow { display: block; } }
.scroll { overflow-x: auto; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--paloma); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 0.8125rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: 5px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--ground); }
thead th { color: var(--quiet); font-weight: 600; }
tbody th { font-weight: 500; white-space: normal; }
.groups td, .groups thead th { white-space: normal; vertical-align: top; }
.worded th:last-child, .worded td:last-child { text-align: left; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.875rem; }
details[open] .scroll { max-height: 420px; overflow-y: auto; }
pre { background: var(--panel); padding: 10px 12px; overflow-x: auto; font-size: 0.8125rem; margin: 4px 0 14px; }
@media (max-width: 700px) { main { padding: 16px 10px 48px; } th, td { padding: 5px; } .groups table { font-size: 0.75rem; } }`
