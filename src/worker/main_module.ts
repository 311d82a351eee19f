import type { ResolvedLaunchOptions } from "./launch_options.ts";

/** The main module of a worker: a `data:` URL that loads the child's entry and, through it, the user's module. */
export function mainModule(entryUrl: string, { moduleUrl, trust }: ResolvedLaunchOptions): string {
  const source = `import{serve}from${JSON.stringify(entryUrl)};${serveCall(moduleUrl, trust)}`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function serveCall(moduleUrl: string | undefined, trust: ResolvedLaunchOptions["trust"]): string {
  if (moduleUrl === undefined) return "serve();";
  const url = JSON.stringify(moduleUrl);
  // Deno adds the argument of import() to the static graph only where it is a literal.
  return trust === "untrusted" ? `const url=${url};serve(()=>import(url));` : `serve(()=>import(${url}));`;
}
