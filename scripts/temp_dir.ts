// deno-lint-ignore-file no-console
/** Prints the folder for temporary files, the only one that the tests may write to. */
import { tmpdir } from "node:os";

console.log(tmpdir());
