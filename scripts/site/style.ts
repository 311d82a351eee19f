/** How the guide's pages look, by day and by night, from a telephone to a wide screen. */

/** The style sheet. */
export const STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --text: #1f2328; --soft: #59636e; --line: #d1d9e0; --code: #f3f5f7; --link: #0757ba; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0d1117; --text: #e6edf3; --soft: #9da7b3; --line: #30363d; --code: #161b22; --link: #6cb0ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.6 system-ui, sans-serif; display: grid; grid-template-columns: 13em minmax(0, 50em); gap: 0 3em; justify-content: center; padding: 0 20px; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 28px 0; display: flex; flex-direction: column; gap: 2px; }
nav a { color: var(--text); text-decoration: none; padding: 3px 10px; border-radius: 6px; }
nav a:hover, nav a[aria-current] { background: var(--code); }
nav a[aria-current] { font-weight: 600; }
main { padding: 20px 0 80px; min-width: 0; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; } .skip:focus { left: 8px; top: 8px; background: var(--page); padding: 4px 10px; z-index: 1; }
h1 { font-size: 32px; line-height: 1.2; margin: 16px 0; overflow-wrap: anywhere; } h2 { font-size: 23px; margin: 44px 0 12px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
h3 { font-size: 18px; margin: 30px 0 8px; overflow-wrap: anywhere; }
code { font: 0.87em/1.5 ui-monospace, monospace; background: var(--code); padding: 1px 5px; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--code); padding: 12px 16px; border-radius: 8px; overflow-x: auto; } pre code { background: none; padding: 0; overflow-wrap: normal; font-size: 13.5px; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 15px; } th { text-align: left; } td code { overflow-wrap: normal; }
th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
blockquote { margin: 10px 0; padding: 2px 0 2px 14px; border-left: 3px solid var(--line); color: var(--soft); overflow-wrap: anywhere; } blockquote p { margin: 4px 0; }
img { max-width: 100%; height: auto; }
@media (max-width: 900px) {
  body { display: block; padding: 0 16px; }
  nav { position: static; max-height: none; flex-flow: row wrap; padding: 14px 0; border-bottom: 1px solid var(--line); }
}
`;
