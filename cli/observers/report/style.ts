/** How a report looks, by day and by night. */

/** The style sheet. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f8fa; --card: #ffffff; --text: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --ok: #2f6feb; --dropped: #8c959f; --error: #cf222e; --timeout: #bc6c00; --crash: #8250df; --invalid: #6e5b00;
  --process: #b6c3d1; --good: #1a7f37;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9da7b3; --line: #30363d;
    --ok: #58a6ff; --dropped: #7d8590; --error: #ff7b72; --timeout: #e3a13a; --crash: #bc8cff; --invalid: #d4b72c;
    --process: #4b5663; --good: #56d364;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 24px; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 10px; }
h3 { font-size: 15px; margin: 20px 0 8px; }
p { margin: 6px 0; overflow-wrap: anywhere; }
header p { color: var(--soft); margin-bottom: 20px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px 18px; margin-top: 16px; }
figure { margin: 0; overflow-x: auto; }
figure svg { width: 100%; min-width: 640px; height: auto; }
.tiles { display: grid; grid-template-columns: repeat(7, 1fr); gap: 14px; }
.tile { display: flex; flex-direction: column; min-width: 0; }
.tile span, .tile small { color: var(--soft); }
.tile b { font-size: 22px; font-variant-numeric: tabular-nums; line-height: 1.3; }
.good { color: var(--good); }
.bad { color: var(--error); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; color: var(--soft); font-size: 13px; }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 6px; vertical-align: -1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.text { overflow-wrap: anywhere; overflow: clip; }
.place { min-width: 7em; }
.kinds .text { width: 90%; }
.slowest .text { width: 60%; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; }
small { color: var(--soft); }
@media (max-width: 1000px) {
  .tiles { grid-template-columns: repeat(4, 1fr); }
}
@media (max-width: 640px) {
  main { padding: 16px 10px 32px; }
  section { padding: 12px 12px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .tile:last-child { grid-column: 1 / -1; }
  dl { grid-template-columns: 1fr; }
  /* A table of six columns has no room: each record becomes a paragraph, with its error below. */
  .records thead { position: absolute; clip-path: inset(50%); }
  .records tr { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 8px 0; border-bottom: 1px solid var(--line); }
  .records td { border: 0; padding: 0; text-align: left; min-width: 0; }
  .records td:last-child { width: 100%; }
}
pre { margin: 6px 0; padding: 8px 10px; background: var(--page); border-radius: 6px; font: 12px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; }
.tag { font-weight: 600; white-space: nowrap; }
.tag.error { color: var(--error); } .tag.timeout { color: var(--timeout); }
.tag.crash { color: var(--crash); } .tag.invalid { color: var(--invalid); }
`;
