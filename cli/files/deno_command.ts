/** The Deno that runs this program, or the one on the PATH: whichever may be started. */
export function denoCommand(): string {
  const command = Deno.execPath();
  return Deno.permissions.querySync({ name: "run", command }).state === "granted" ? command : "deno";
}
