/**
 * The main module of a worker: a `data:` URL with a few lines that read the rest of the program from the worker's input.
 *
 * Such a module may import from `file:`, `http:` and `https:` alike, so the user's module can lie anywhere. The rest comes by
 * that way because a command line is too short for it: 32 KiB in all on Windows, 128 KiB for one argument on Linux. It is evaluated as
 * scripts, since Deno would parse a module before V8 does, and so that nothing of this library need be in the cache of the
 * machine. See `docs/decisions/child_source.md`.
 */
import type { ChildProgram } from "./child_program.ts";
import type { InputDescriptor } from "./input_descriptor.ts";
import type { ResolvedLaunchOptions } from "../launch_options.ts";

/** What the main module loads in the end, and how. */
interface Loading extends Pick<ResolvedLaunchOptions, "moduleUrl" | "trust"> {
  /**
   * Whether an `import()` of it alone would take a read permission: since its `deno.json` keeps what that names out of the static graph, with
   * `"unstable": ["lazy-dynamic-imports"]`, or since the module's file is a symbolic link.
   */
  readonly needsDeferred: boolean;
}

/** The URL of the main module. What it reads first are the scripts of the program. */
export function mainModule(
  { bytes, lengths }: ChildProgram,
  loading: Loading,
  descriptor: InputDescriptor | undefined,
): string {
  const source = `const input=${openInput(descriptor)},text=((bytes)=>{` +
    `for(let at=0;at<bytes.length;){const count=input.readSync(bytes.subarray(at));if(count===null)Deno.exit();at+=count}` +
    `return new TextDecoder().decode(bytes)})(new Uint8Array(${bytes.length}));let end=0;` +
    // Taken at once: user code may replace what is global before the rest is wanted.
    `const evaluate=eval,[core,...rest]=[${lengths}].map((length)=>text.slice(end,end+=length));` +
    `evaluate(core)((index)=>evaluate(rest[index]))(${loadFunction(loading)},input);`;
  return moduleOf(`${deferredImport(loading, source)}`);
}

function moduleOf(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

function openInput(descriptor: InputDescriptor | undefined): string {
  if (descriptor === undefined) return "Deno.stdin";
  const path = JSON.stringify(descriptor.path);
  const revoke = descriptor.revoke ? `Deno.permissions.revokeSync({name:"read",path:${path}});` : "";
  return `(()=>{const file=Deno.openSync(${path});${revoke}return file})()`;
}

/**
 * Puts the module into the static graph, which takes no permission, and runs nothing of it yet; except for modules with a top-level `await`, which
 * JavaScript runs at once. So it is there only where it has to be, and behind the rest, which takes the streams first.
 */
function deferredImport({ moduleUrl, trust, needsDeferred }: Loading, source: string): string {
  if (!needsDeferred || moduleUrl === undefined || trust === "untrusted") return source;
  return `import ${JSON.stringify(moduleOf(source))};import defer * as deferred from ${JSON.stringify(moduleUrl)};`;
}

function loadFunction({ moduleUrl, trust }: Loading): string {
  if (moduleUrl === undefined) return "undefined";
  const url = JSON.stringify(moduleUrl);
  // Deno adds the argument of import() to the static graph only where it is a literal.
  return trust === "untrusted" ? `((url)=>()=>import(url))(${url})` : `()=>import(${url})`;
}
