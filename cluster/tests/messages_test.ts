// Unit: letters, parcels, code names and presence.
import { assertEquals, assertMatch, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { inFolder } from "../../tests/helpers/programs/corral.ts";
import { codeNameOf, codeNameOfModule, codeNameOfVersion } from "../src/message/code_name.ts";
import { CLUSTER_PROTOCOL, Sealer } from "../src/message/letter.ts";
import { requestOf } from "../src/agent/order_request.ts";
import { packRequest } from "../src/client/request_packing.ts";
import type { TaskRequest } from "../src/corral.ts";
import { openOrder, type Order, orderClaims, sealOrder } from "../src/message/order.ts";
import { claimsOf, isPiece, largestPieceBytes, pack, unpack } from "../src/message/parcel.ts";
import { presenceText, readPresence } from "../src/message/presence.ts";

const sealer = new Sealer("a secret of at least sixteen bytes");

Deno.test("Sealer.open() opens what it sealed, for the same purpose and under the same secret only", () => {
  const letter = sealer.seal("order", "text");
  assertEquals(sealer.open("order", letter), "text");
  assertEquals(sealer.open("outcome", letter), undefined);
  assertEquals(new Sealer("another secret, just as long").open("order", letter), undefined);
  for (
    const broken of [undefined, null, 1, "x", {}, { l: "text" }, { ...letter, l: "texT" }, { ...letter, m: "" }, {
      l: 1,
      m: 2,
    }]
  ) {
    assertEquals(sealer.open("order", broken), undefined);
  }
});

Deno.test("Sealer takes one secret from a file, whether it was read as text or as bytes, and bytes that are not text", () => {
  const text = `${"5a".repeat(16)}\n`;
  const letter = new Sealer(text).seal("order", "x");
  assertEquals(new Sealer(new TextEncoder().encode(text)).open("order", letter), "x");
  const binary = [0xff, 0x0a].map((last) => new Sealer(new Uint8Array(16).fill(0xff).with(15, last)));
  assertEquals(binary[0]!.open("order", binary[1]!.seal("order", "x")), undefined);
});

Deno.test("a letter bears the HMAC-SHA256 of its text, under a key for its purpose", () => {
  const secret = "a secret of at least sixteen bytes";
  const mac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
    const wanted = mac(mac(secret, `corral ${CLUSTER_PROTOCOL} outcome`), text);
    assertEquals(sealer.seal("outcome", text), { l: text, m: wanted.toString("base64") });
  }));
});

Deno.test("openOrder() refuses another protocol, another job and a malformed value", () => {
  const order: Order = {
    id: "a-1",
    client: "c",
    fn: { kind: "export", name: "f" },
    retries: 0,
    expires: 1,
    shelf: "s",
    value: { t: 0, x: "[]" },
  };
  assertEquals(openOrder(sealer, "a-1", sealOrder(sealer, order)), order);
  const refusal = (id: string, text: string) =>
    (openOrder(sealer, id, sealer.seal("order", text)) as { refusal: string }).refusal;
  assertEquals(refusal("a-1", JSON.stringify({ v: 2, ...order })), "protocol");
  assertEquals(refusal("a-2", JSON.stringify({ v: 1, ...order })), "replayed");
  assertEquals(refusal("a-1", JSON.stringify({ v: 1, ...order, value: { t: 0, x: ["zz", 1] } })), "malformed");
});

Deno.test("pack() and unpack() keep every value, inside or in the store", () => {
  const part = fc.uint8Array({ maxLength: 3000 });
  fc.assert(
    fc.property(
      fc.string({ maxLength: 3000 }),
      fc.array(part, { maxLength: 4 }),
      fc.boolean(),
      (text, parts, tagged) => {
        const { parcel, pieces } = pack({ text, tagged, parts }, 2000);
        const fetched = new Map(pieces.map(({ hash, bytes }) => [hash, bytes]));
        const claims = claimsOf(JSON.parse(JSON.stringify(parcel)));
        assertEquals(claims.every((claim) => isPiece(claim, fetched.get(claim[0])!)), true);
        const back = unpack(parcel, fetched);
        assertEquals([back.text, back.tagged], [text, tagged]);
        assertEquals(back.parts.map((bytes) => [...bytes]), parts.map((bytes) => [...bytes]));
      },
    ),
  );
});

Deno.test("pack() puts many small parts into one piece, and those that are large beside it", () => {
  const sizes = [20_000, ...Array.from({ length: 5000 }, (_, index) => index % 33), 17_000];
  const parts = sizes.map((size, index) => new Uint8Array(size).fill(index));
  const { parcel, pieces } = pack({ text: "[]", tagged: true, parts }, 16 * 1024);
  assertEquals([pieces.length, claimsOf(parcel).length, JSON.stringify(parcel).length < 1000], [3, 3, true]);
  const fetched = new Map(pieces.map(({ hash, bytes }) => [hash, bytes]));
  assertEquals(unpack(parcel, fetched).parts, parts);
  const [bundle] = parcel.s!;
  for (const wrong of [new Uint8Array(), new Uint8Array(4).fill(255), fetched.get(bundle)!.slice(1)]) {
    assertThrows(() => unpack(parcel, new Map([...fetched, [bundle, wrong]])), TypeError, "a bundle of parts");
  }
});

Deno.test("packRequest() sends long text of a function beside the order, the same for all that have it", () => {
  const source = `() => "${"\u6f22".repeat(20_000)}"`;
  const fn = { kind: "source", name: "f", source } as const;
  const packed = ["[1]", "[2]"].map((text) =>
    packRequest({ function: fn, payload: { text, tagged: false, parts: [] } } as unknown as TaskRequest)
  );
  assertEquals([JSON.stringify(packed[0]!.part).length < 1000, packed[0]!.pieces], [true, packed[1]!.pieces]);
  const order = { id: "a-1", client: "c", retries: 0, expires: 1, shelf: "s", ...packed[0]!.part };
  const read = openOrder(sealer, "a-1", sealOrder(sealer, order)) as Order;
  const pieces = new Map(packed[0]!.pieces.map(({ hash, bytes }) => [hash, bytes]));
  assertEquals(orderClaims(read).map(([hash]) => hash), [...pieces.keys()]);
  assertEquals(requestOf(read, 1, pieces).function, fn);
  const wrong = sealer.seal("order", JSON.stringify({ v: 1, ...order, source: ["zz", 1] }));
  assertEquals((openOrder(sealer, "a-1", wrong) as { refusal: string }).refusal, "malformed");
});

Deno.test("largestPieceBytes() counts bytes, also those of text", () => {
  const text = "\u6f22\u5b57";
  const sizes = (lengths: number[]): number =>
    largestPieceBytes({ text, tagged: true, parts: lengths.map((length) => new Uint8Array(length)) });
  assertEquals([sizes([]), sizes([3, 5]), sizes([3, 7, 2])], [6, 6, 7]);
});

Deno.test("pack() gives an equal part the same name, whatever is beside it", () => {
  const large = new Uint8Array(5000).fill(1);
  const names = ["[1]", "[2]"].map((text) => pack({ text, tagged: true, parts: [large] }, 2000).pieces[0]!.hash);
  assertEquals(names[0], names[1]);
});

Deno.test("codeNameOfModule() goes by the package.json near the module, wherever it was started", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/job.ts`, 'import { twice } from "twice";\nexport default twice;\n');
    const name = (): Promise<string> => codeNameOfModule(`file://${folder}/job.ts`, Deno.execPath());
    const unnamed = await name();
    const twice = `${folder}/node_modules/twice`;
    await Deno.mkdir(twice, { recursive: true });
    await Deno.writeTextFile(`${folder}/package.json`, '{ "dependencies": { "twice": "1" } }');
    await Deno.writeTextFile(`${twice}/package.json`, '{ "name": "twice", "version": "1.0.0", "main": "main.js" }');
    await Deno.writeTextFile(`${twice}/main.js`, "exports.twice = (n) => n * 2;\n");
    assertNotEquals(await name(), unnamed);
  });
});

Deno.test("codeNameOfModule() names code with a module that may be missing, and not without one that may not", async () => {
  await inFolder(async (folder) => {
    const write = (file: string, text: string): Promise<void> => Deno.writeTextFile(`${folder}/${file}`, text);
    const name = (): Promise<string> => codeNameOfModule(`file://${folder}/job.ts`, Deno.execPath());
    await write(
      "job.ts",
      'import "./used.ts";\nimport type { T } from "./types.ts";\nexport const f = (): T => import("./extra.ts");\n',
    );
    await assertRejects(name, Error, "used.ts");
    await write("used.ts", "export {};\n");
    const without = await name();
    await write("extra.ts", 'import "./behind.ts";\n');
    const withExtra = await name();
    assertNotEquals(withExtra, without);
    await write("behind.ts", "export {};\n");
    assertNotEquals(await name(), withExtra);
  });
});

Deno.test("codeNameOf() names code whose files have no folder in common, as on two drives of Windows", async () => {
  const read = (url: string) => Promise.resolve(new TextEncoder().encode(url));
  for (const main of ["file:///C:/main.ts", "file://server/share/main.ts"]) {
    const modules = [main, "file:///D:/lib/b.ts"].map((specifier) => ({ specifier }));
    assertEquals((await codeNameOf({ roots: [main], modules }, read)).length, 16);
  }
});

Deno.test("codeNameOfVersion() has the module's file in the name, but neither its folder nor its extension", () => {
  const name = (url: string, version = "v1"): string => codeNameOfVersion(version, url);
  assertEquals(name("file:///srv/app/tasks.ts"), "tasks@v1");
  assertEquals(name("file:///home/me/tasks.js"), "tasks@v1");
  assertEquals(name("https://example.com/a/tasks.v2.ts?x=1"), "tasks.v2@v1");
  assertEquals(name("file:///srv/app/main.ts", "tasks@v1"), "tasks@v1");
  // What a name cannot have, or has no room for, is hashed.
  for (const file of ["a%20b.ts", "a:b.ts", "a@b.ts", `${"a".repeat(41)}.ts`, ""]) {
    assertMatch(name(`file:///srv/${file}`), /^[0-9a-f]{16}@v1$/, file);
  }
  assertNotEquals(name("file:///a%20b.ts"), name("file:///a%20c.ts"));
});

Deno.test("codeNameOf() is the same in another folder, and another with one byte", async () => {
  const graph = (folder: string, remote = "npm:x@1.0.0") => ({
    roots: [`file:///${folder}/main.ts`],
    modules: [`file:///${folder}/main.ts`, `file:///${folder}/lib/a.ts`, remote].map((specifier) => ({ specifier })),
  });
  const read = (change = "") => (url: string) =>
    Promise.resolve(new TextEncoder().encode(url.split("/").at(-1) + change));
  const name = await codeNameOf(graph("home/one"), read());
  assertEquals(name.length, 16);
  assertEquals(await codeNameOf(graph("srv"), read()), name);
  assertNotEquals(await codeNameOf(graph("srv"), read("x")), name);
  assertNotEquals(await codeNameOf(graph("srv", "npm:x@1.0.1"), read()), name);
});

Deno.test("presenceText() fits what Relay takes, and says the same when it is read", () => {
  const presence = { name: "host-1", lanes: 8, code: "49dc7b61d44776c1", corral: "0.1.0" };
  assertEquals(readPresence(presenceText(presence)), presence);
  for (const lanes of [0, -1, 1.5, 65_537, 2 ** 31, 3e9]) {
    assertEquals(readPresence(presenceText({ ...presence, lanes })), undefined);
  }
  const long = presenceText({ ...presence, name: "x".repeat(500) });
  assertEquals([long.length <= 256, readPresence(long)!.lanes], [true, 8]);
  const hostile = { name: "\x1b[2J\u202eh\n", lanes: 1, code: "\u2028", corral: "\0" };
  assertEquals(readPresence(presenceText(hostile)), { name: "�[2J�h�", lanes: 1, code: "�", corral: "�" });
  for (const other of [undefined, "", "corral-client", "corral-agent {", "corral-agent [1]"]) {
    assertEquals(readPresence(other), undefined);
  }
});

Deno.test("Sealer refuses a secret that is too short", () => {
  assertThrows(() => new Sealer("short"), TypeError, "at least 16");
});
