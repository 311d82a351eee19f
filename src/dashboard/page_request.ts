/**
 * Reads the one request of a connection. What two readers could understand in two ways is none: it is refused, whether it would do harm or not.
 */

/** Of a request: all that comes before its body. */
interface Head {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** Of the body, in bytes. */
  readonly length: number;
}

const LONGEST_REQUEST = 16 * 1024;
const HEAD_END = [13, 10, 13, 10];
/** The target must be a path: it is put behind the host, and would be a part of its name. */
const REQUEST_LINE = /^([A-Z]+) (\/[!-~]*) HTTP\/1\.[01]$/;
/** A line feed alone begins no other field. */
const FIELD = /^([^:]+):([^\r\n]*)$/;
/** No name of a user, and no path. */
const HOST = /^[\w.-]+(:\d+)?$/;
const LENGTH = /^\d+$/;

/** The request that a connection has; `undefined` when it is none, or too long. */
export async function readRequest(connection: Deno.TcpConn): Promise<Request | undefined> {
  const bytes = new Uint8Array(LONGEST_REQUEST);
  let [used, bodyAt] = [0, 0];
  let head: Head | undefined;
  while (head === undefined || used < bodyAt + head.length) {
    const count = await connection.read(bytes.subarray(used));
    if (count === null || count === 0) return undefined;
    const searchFrom = Math.max(0, used - HEAD_END.length);
    used += count;
    if (head !== undefined) continue;
    bodyAt = headEnd(bytes.subarray(0, used), searchFrom);
    if (bodyAt === 0) continue;
    head = parseHead(bytes.subarray(0, bodyAt - HEAD_END.length));
    if (head === undefined || bodyAt + head.length > LONGEST_REQUEST) return undefined;
  }
  const { url, method, headers, length } = head;
  try {
    return new Request(url, { method, headers, ...(length > 0 && { body: bytes.slice(bodyAt, bodyAt + length) }) });
  } catch {
    // A method that no page uses, or one that has no body.
    return undefined;
  }
}

/** Where the head ends; 0 when it does not yet. */
function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(HEAD_END[0]!, from); at >= 0; at = bytes.indexOf(HEAD_END[0]!, at + 1)) {
    if (HEAD_END.every((byte, index) => bytes[at + index] === byte)) return at + HEAD_END.length;
  }
  return 0;
}

function parseHead(bytes: Uint8Array): Head | undefined {
  const [line, ...fields] = new TextDecoder().decode(bytes).split("\r\n");
  const [, method, target] = REQUEST_LINE.exec(line!) ?? [];
  const headers = parseFields(fields);
  if (method === undefined || headers === undefined) return undefined;
  // A field that is there twice is a list here, and neither a host nor a length.
  const host = headers.get("host") ?? "";
  const length = headers.get("content-length") ?? "0";
  if (!HOST.test(host) || !LENGTH.test(length) || headers.has("transfer-encoding")) return undefined;
  return { url: `http://${host}${target}`, method, headers, length: Number(length) };
}

/** What else must not be in a name or a value, `Headers` refuses: a space in a name among it, so no field goes on in the next line. */
function parseFields(fields: readonly string[]): Headers | undefined {
  try {
    return new Headers(fields.map((field): [string, string] => {
      const [, name = "", value = ""] = FIELD.exec(field) ?? [];
      return [name, value];
    }));
  } catch {
    return undefined;
  }
}
