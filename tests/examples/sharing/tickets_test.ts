// End-to-end: the ticket office with both stores, run as a user runs it.
import { assertEquals } from "@std/assert";
import { linesOf } from "../../helpers/programs/run_example.ts";

Deno.test("examples/tickets sells three tickets to ten buyers, from a file and from a database", async () => {
  const lines = await linesOf("tickets");
  assertEquals(lines.length, 42);
  checkOffice("tickets.json", lines.slice(0, 21));
  checkOffice("tickets.sqlite", lines.slice(21));
});

function checkOffice(file: string, lines: readonly string[]): void {
  assertEquals(lines.at(-1), `${file}: 3 of 3 tickets sold, 0 left`);
  assertEquals(numbers(lines.slice(0, 10), /^buyer (\d+) sees 3 tickets$/), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

  const sales = lines.slice(10, 20);
  assertEquals(
    sales.filter((line) => line.includes("gets")).map((line) => line.replace(/^buyer \d+ /, "")).toSorted(),
    [
      "gets a ticket, 0 left",
      "gets a ticket, 1 left",
      "gets a ticket, 2 left",
    ],
  );
  assertEquals(numbers(sales, /^buyer (\d+) (?:gets a ticket, \d left|comes too late)$/), [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
  ]);
}

function numbers(lines: readonly string[], pattern: RegExp): number[] {
  return lines.map((line) => Number(pattern.exec(line)?.[1])).toSorted((a, b) => a - b);
}
