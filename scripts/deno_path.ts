/** The command that starts Deno: this very one where all may be run, else the one of that name, which `--allow-run=deno` allows. */
export async function denoPath(): Promise<string> {
  const command = Deno.execPath();
  const { state } = await Deno.permissions.query({ name: "run", command });
  return state === "granted" ? command : "deno";
}
