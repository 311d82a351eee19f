// Unit.
import { assertEquals, assertStrictEquals } from "@std/assert";
import { EncodingError, PayloadTooLargeError } from "../../src/errors.ts";
import { see } from "../../src/troubles.ts";
import { decode, encode } from "../../src/wire/codec/codec.ts";
import {
  messageTooLarge,
  movedTo,
  notEncodable,
  notSendable,
  notSending,
  sayingWhat,
} from "../../src/wire/unsendable.ts";

const RESULT = "what the task returned";

Deno.test("errors for what cannot be sent are made again, with what it is and where it stands", () => {
  const cause = new Error("cause");
  const error = notEncodable("$[0].f", "a function", cause);
  assertEquals([error.message, error.path, error.cause], [
    `Cannot send $[0].f: a function${see("data")}`,
    "$[0].f",
    cause,
  ]);
  const moved = movedTo("$.list[0].f", error);
  assertEquals([moved.path, moved.cause], ["$.list[0].f", cause]);
  assertEquals(notSending(RESULT, moved).message, `Cannot send ${RESULT}: $.list[0].f: a function${see("data")}`);
  assertEquals(
    movedTo("$.list[0].f", notSending(RESULT, error)).message,
    `Cannot send ${RESULT}: $.list[0].f: a function${see("data")}`,
  );
  const closed = movedTo("$[7]", notSendable("a Queue", "it was closed here"));
  assertEquals([closed.path, notSending(RESULT, closed).message], [
    "$[7]",
    `Cannot send ${RESULT}: a Queue: it was closed here`,
  ]);
  const large = messageTooLarge("send", "it has 20 bytes", 20, 10);
  assertEquals(large.message, "Cannot send message: it has 20 bytes");
  const named = sayingWhat(large, RESULT) as PayloadTooLargeError;
  assertEquals([named.message, named.byteLength, named.limitBytes], [`Cannot send ${RESULT}: it has 20 bytes`, 20, 10]);
});

Deno.test("an error is moved also where its path is shortened in the text, or stands in it twice", () => {
  const path = `$.${"k".repeat(500)}`;
  const error = notEncodable(path, "$.x is what it says");
  assertEquals(error.message.length < 400, true);
  assertEquals(movedTo("$[1]", error).message, `Cannot send $[1]: $.x is what it says${see("data")}`);
});

Deno.test("what was named, or was made elsewhere, keeps its text, whatever that says", () => {
  const large = sayingWhat(messageTooLarge("send", "it has 20 bytes", 20, 10), RESULT);
  assertStrictEquals(sayingWhat(large, "what the task is given"), large);
  const received = messageTooLarge("receive", "it has 20 bytes", 20, 10);
  assertStrictEquals(sayingWhat(received, RESULT), received);
  const foreign = new PayloadTooLargeError("Cannot send message: it was a cluster's", 20, 10);
  assertStrictEquals(sayingWhat(foreign, RESULT), foreign);
  const { text, parts, tagged } = encode(notEncodable("$[0]", "a function"));
  const answered = decode(JSON.parse(text), tagged, parts) as EncodingError;
  assertEquals([answered instanceof EncodingError, answered.path], [true, "$[0]"]);
  assertStrictEquals(movedTo("$[5]", answered), answered);
  assertStrictEquals(notSending(RESULT, answered), answered);
});

Deno.test("the parts of an error are neither shown nor sent", () => {
  const error = notEncodable("$", "a function");
  assertEquals(Object.keys(error), Object.keys(new EncodingError("m", "$")));
  assertEquals(Deno.inspect(error).includes("parts"), false);
  assertEquals(encode(error).text.includes("object"), false);
});
