import { createHash } from "node:crypto";

/** SHA-256 in hex. `crypto.subtle` would answer later, which costs more than the hash of a small record. */
export function hashOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
