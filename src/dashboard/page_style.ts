/** How the live page looks, by day and by night, from 400 pixels to wide. */

/** The style sheet. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f8fa; --card: #ffffff; --text: #1f2328; --soft: #59636e; --line: #d1d9e0;
  --ok: #0969da; --bad: #cf222e; --third: #8250df; --good: #1a7f37; --warn: #9a6700;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9da7b3; --line: #30363d;
    --ok: #58a6ff; --bad: #ff7b72; --third: #bc8cff; --good: #56d364; --warn: #e3a13a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 20px 16px 48px; }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 10px; }
p { margin: 6px 0; }
header p { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin-top: 14px; min-width: 0; }
button, input { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: 3px 12px; }
button { cursor: pointer; }
button[aria-pressed="true"] { border-color: var(--ok); color: var(--ok); font-weight: 600; }
input { width: 5.5em; }
:focus-visible { outline: 2px solid var(--ok); outline-offset: 2px; }
.up { color: var(--good); font-weight: 600; } .down { color: var(--bad); font-weight: 600; } .held { color: var(--warn); font-weight: 600; }
.soft { color: var(--soft); font-size: 13px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 12px; margin: 0; }
.tiles div { display: flex; flex-direction: column-reverse; }
.tiles dt { color: var(--soft); }
.tiles dd { margin: 0; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.ranges { display: flex; flex-wrap: wrap; gap: 8px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 18px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 13px; color: var(--soft); display: flex; flex-wrap: wrap; gap: 2px 14px; min-height: 42px; align-content: end; }
figcaption b { color: var(--text); }
.key { display: inline-block; width: 18px; height: 0; border-top: 3px solid; vertical-align: middle; margin-right: 5px; }
svg { width: 100%; height: 150px; display: block; overflow: visible; }
svg path { fill: none; stroke-width: 1.8; vector-effect: non-scaling-stroke; }
svg line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.axis { display: flex; justify-content: space-between; font-size: 12px; color: var(--soft); font-variant-numeric: tabular-nums; }
.s0 { stroke: var(--ok); border-color: var(--ok); } .s1 { stroke: var(--bad); border-color: var(--bad); stroke-dasharray: 5 3; border-top-style: dashed; }
.s2 { stroke: var(--third); border-color: var(--third); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap; }
th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.text { overflow-wrap: anywhere; min-width: 12em; }
/* Marks upon marks stay in their place. */
td.text, summary { overflow: clip; }
td button { padding: 0 8px; font-size: 13px; }
.state { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
.state::before { content: ""; width: 9px; height: 9px; border-radius: 50%; border: 2px solid var(--soft); }
.state.busy::before { background: var(--ok); border-color: var(--ok); }
.state.starting::before { border-color: var(--warn); border-style: dashed; } .state.stopping::before { border-color: var(--bad); border-radius: 2px; }
pre { margin: 6px 0; padding: 8px 10px; background: var(--page); border-radius: 6px; font: 12px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 16em; overflow-y: auto; }
ul { margin: 0; padding-left: 20px; overflow-wrap: anywhere; }
`;
