/**
 * Takes from user code what Deno lets every program write to its own folder without a permission. See
 * `docs/decisions/storage.md`.
 */
export function withholdStorage(): void {
  const scope = globalThis as Record<string, unknown>;
  delete scope.localStorage;
  delete scope.caches;
  const { openKv } = Deno as { openKv?: (path?: string) => Promise<unknown> };
  if (openKv === undefined) return;
  Object.defineProperty(Deno, "openKv", {
    configurable: true,
    writable: true,
    value: (path?: string) =>
      path === undefined
        ? Promise.reject(
          new Deno.errors.NotCapable(
            "Cannot open a KV database without a path: workers keep nothing on disk, give it a path, or set `storage: true`",
          ),
        )
        : openKv(path),
  });
}
