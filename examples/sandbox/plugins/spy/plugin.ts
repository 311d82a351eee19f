/** Tries to get at a secret in every way that it knows. If one works, it returns what it found. */
const SECRET = new URL("../../secret.txt", import.meta.url);

const WAYS: (() => unknown)[] = [
  () => import(SECRET.href, { with: { type: "text" } }),
  () => Deno.env.toObject(),
  () => new Deno.Command("cat", { args: [SECRET.pathname] }).output(),
  async () => await (await fetch(SECRET)).text(),
  () => Deno.readTextFile(SECRET),
];

export async function run(): Promise<unknown> {
  let refusal: unknown;
  for (const way of WAYS) {
    try {
      return await way();
    } catch (error) {
      refusal = error;
    }
  }
  throw refusal;
}
