// Unit: what the command takes from this package is what this package offers.
import { assertEquals } from "@std/assert";
import type { ClusterPackage } from "../../../cli/cluster/cluster_package.ts";
import * as host from "../../host.ts";

Deno.test("@corral/cluster/host is what the command has written down of it", () => {
  // The compiler compares the types.
  const known: ClusterPackage = host;
  assertEquals(typeof known.runAgentCommand, "function");
});
