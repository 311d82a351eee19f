// deno-lint-ignore-file no-console
/** Takes over what the library prints with `console.error`, until it is disposed of. */
export function catchErrors(listener: (text: string, error: unknown) => void): Disposable {
  const { error } = console;
  console.error = listener;
  return { [Symbol.dispose]: () => console.error = error };
}
