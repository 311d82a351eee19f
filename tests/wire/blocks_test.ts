// Unit: marked blocks, with properties.
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProtocolError } from "../../src/errors.ts";
import { BlockWriter } from "../../src/child/streams/block_writer.ts";
import { END_BYTES, HEAD_BYTES, makeBlockSecret } from "../../src/wire/block_marks.ts";
import { BlockReader } from "../../src/wire/block_reader.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Everything that a pipe holds. */
class Pipe {
  readonly secret = makeBlockSecret();
  readonly writes: Uint8Array[] = [];
  readonly writer: BlockWriter;

  /** @param mostPerWrite What one write takes. */
  constructor(mostPerWrite = Infinity) {
    this.writer = new BlockWriter((bytes) => {
      const taken = bytes.slice(0, mostPerWrite);
      this.writes.push(taken);
      return taken.length;
    });
    this.writer.mark(this.secret);
  }

  /** What the reader makes of the bytes, read in chunks of the given sizes, over and over. */
  read(sizes: readonly number[] = [65536], bytes = concat(this.writes)): { messages: Uint8Array; output: Uint8Array } {
    const messages: Uint8Array[] = [];
    const output: Uint8Array[] = [];
    const reader = new BlockReader({ secret: this.secret, onOutput: (bytes) => output.push(bytes.slice()) });
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const end = at + sizes[turn % sizes.length]!;
      reader.push(bytes.slice(at, end), (block) => messages.push(block.slice()));
      at = end;
    }
    reader.end();
    return { messages: concat(messages), output: concat(output) };
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

const anyBytes = fc.uint8Array({ maxLength: 5000 });
/** Output that resembles a mark as far as it can be guessed. */
const anyOutput = fc.oneof(anyBytes, fc.constant(new Uint8Array([0xff, 0xff, 0x80])), fc.constant(bytesOf("line\n")));

Deno.test("BlockReader tells messages from output, however both are cut", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(anyBytes, anyOutput, fc.constantFrom(undefined, "threads" as const, "processes" as const)), {
      minLength: 1,
      maxLength: 8,
    }),
    fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 5 }),
    (entries, sizes) => {
      const pipe = new Pipe();
      pipe.writer.write(bytesOf("hello"));
      for (const [message, output, share] of entries) {
        if (share !== undefined) pipe.writer.share(share);
        pipe.writer.write(message);
        pipe.writes.push(output);
      }
      const { messages, output } = pipe.read(sizes);
      assertEquals(messages, concat([bytesOf("hello"), ...entries.map(([message]) => message)]));
      assertEquals(output, concat(entries.map(([, output]) => output)));
    },
  ));
});

Deno.test("BlockReader passes large blocks on while they come, but for the end", () => {
  const pipe = new Pipe(100_000);
  const large = new Uint8Array(1_000_000).map((_, index) => index * 7);
  pipe.writer.write(large);
  const bytes = concat(pipe.writes);
  for (const size of [1000, 65_536, bytes.length]) assertEquals(pipe.read([size]).messages, large);
  const cut = bytes.slice(0, -1);
  assertEquals(pipe.read([65_536], cut).messages, large.subarray(0, -1));
});

Deno.test("BlockReader throws when something wrote into a block, and passes no end of it on", () => {
  for (const length of [10, 40_000, 600_000]) {
    const pipe = new Pipe();
    const message = new Uint8Array(length).fill(1);
    pipe.writer.write(message);
    const bytes = concat(pipe.writes);
    for (const at of [HEAD_BYTES, HEAD_BYTES + 5, bytes.length - END_BYTES, bytes.length - 1]) {
      const spoilt = new Uint8Array([...bytes.subarray(0, at), 66, ...bytes.subarray(at)]);
      const passed: Uint8Array[] = [];
      const reader = new BlockReader({ secret: pipe.secret, onOutput: () => {} });
      const error = assertThrows(() => {
        for (let from = 0; from < spoilt.length; from += 4096) {
          reader.push(spoilt.slice(from, from + 4096), (block) => passed.push(block.slice()));
        }
      }, ProtocolError);
      assertEquals(error.message, "something else wrote into the middle of a message");
      assertEquals(concat(passed).length < length, true);
    }
  }
});

Deno.test("BlockReader throws when the first bytes are not a block", () => {
  const reader = new BlockReader({ secret: makeBlockSecret(), onOutput: () => {} });
  assertThrows(() => reader.push(bytesOf("text"), () => {}), ProtocolError, "what it wrote first is not a message");
});

Deno.test("BlockReader says whether it is in the middle of a block", () => {
  const pipe = new Pipe();
  pipe.writer.write(bytesOf("message"));
  const [block] = pipe.writes;
  const reader = new BlockReader({ secret: pipe.secret, onOutput: () => {} });
  const states = [...block!].map((byte) => {
    reader.push(new Uint8Array([byte]), () => {});
    return reader.inBlock;
  });
  assertEquals(states, [...Array(block!.length - 1).fill(true), false]);
});

Deno.test("BlockReader passes no mark on as output, wherever the writer dies", () => {
  const pipe = new Pipe();
  pipe.writer.write(bytesOf("hello"));
  pipe.writes.push(bytesOf("line\n"));
  const begin = concat(pipe.writes).length;
  pipe.writer.write(bytesOf("message"));
  const bytes = concat(pipe.writes);
  for (let end = begin; end < bytes.length; end++) {
    const reader = new BlockReader({ secret: pipe.secret, onOutput: (bytes) => printed.push(bytes.slice()) });
    const printed: Uint8Array[] = [];
    reader.push(bytes.slice(0, end), () => {});
    reader.end();
    // So few bytes may be output that ends like a mark begins.
    const isSure = end - begin > 3;
    assertEquals(concat(printed), isSure ? bytesOf("line\n") : bytes.slice(begin - 5, end));
    assertEquals(reader.inBlock, isSure);
  }
});

Deno.test("BlockWriter writes blocks that nothing can cut once others write as well", () => {
  const pipe = new Pipe();
  pipe.writer.share("processes");
  pipe.writer.write(new Uint8Array(100_000).fill(10));
  for (const write of pipe.writes) {
    assertEquals([write.length <= 4096, write.at(-1)], [true, 10]);
  }
  assertEquals(pipe.read().messages.length, 100_000);
});

Deno.test("BlockWriter waits while the pipe is full and does not block", () => {
  let failures = 3;
  const written: number[] = [];
  const writer = new BlockWriter((bytes) => {
    if (failures-- > 0) throw new Deno.errors.WouldBlock();
    written.push(bytes.length);
    return bytes.length;
  });
  assertThrows(() => writer.write(bytesOf("too early")), Error, "the parent has not said how to mark it");
  writer.mark(makeBlockSecret());
  writer.write(bytesOf("message"));
  assertEquals(written, [HEAD_BYTES + 7 + END_BYTES]);
});
