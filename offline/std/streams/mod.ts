/**
 * Stand-in for the part of `jsr:@std/streams` that corral uses, over the web platform's own streams.
 *
 * @module
 */

/** Options of {@link TextLineStream}. */
export interface TextLineStreamOptions {
  /** Whether a lone `\r` ends a line too. @default {false} */
  allowCR?: boolean;
}

/** Splits a stream of text at `\n` and `\r\n` into lines, given on without their ends. */
export class TextLineStream extends TransformStream<string, string> {
  /** Builds the stream. */
  constructor(options: TextLineStreamOptions = { allowCR: false }) {
    const lineEnd = options.allowCR ? /\r\n|\n|\r/ : /\r?\n/;
    let rest = "";
    super({
      transform(chunk, controller) {
        const text = rest + chunk;
        // A final "\r" may be the first half of "\r\n": it stays until the next chunk.
        const held = text.endsWith("\r") ? 1 : 0;
        const lines = text.slice(0, text.length - held).split(lineEnd);
        rest = lines.pop() + (held ? "\r" : "");
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (rest === "") return;
        controller.enqueue(options.allowCR && rest.endsWith("\r") ? rest.slice(0, -1) : rest);
      },
    });
  }
}

/** Reads a stream of text or UTF-8 bytes to its end, as one string. */
export async function toText(stream: ReadableStream<string> | ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream as ReadableStream<string | Uint8Array>) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Passes on the chunks of several streams as they come. An error of one ends the merged stream. */
export function mergeReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  const readers = streams.map((stream) => stream.getReader());
  return new ReadableStream<T>({
    async start(controller) {
      const pump = async (reader: ReadableStreamDefaultReader<T>) => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) controller.enqueue(next.value);
      };
      try {
        await Promise.all(readers.map(pump));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
    async cancel(reason) {
      await Promise.all(readers.map((reader) => reader.cancel(reason)));
    },
  });
}
