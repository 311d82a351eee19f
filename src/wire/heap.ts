/** How large this process's heap may grow. */

/** What of Node's modules is used. */
interface NodeProcess {
  getBuiltinModule(name: "node:v8"): { getHeapStatistics(): { heap_size_limit: number } } | undefined;
}

/** The limit of V8's heap in bytes; `Infinity` where it cannot be told. Loads a module when it is called first. */
export function heapBytes(): number {
  try {
    const { process } = globalThis as unknown as { process: NodeProcess };
    return process.getBuiltinModule("node:v8")?.getHeapStatistics().heap_size_limit ?? Infinity;
  } catch {
    // The program took it away.
    return Infinity;
  }
}
