/** Typed arrays, DataViews and ArrayBuffers as bytes, and back, without a copy. */

type ArrayConstructor = {
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
  new (buffer: ArrayBuffer): ArrayBufferView;
};

const arrayConstructors: ArrayConstructor[] = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
];

const constructorsByName: ReadonlyMap<string, ArrayConstructor> = new Map(
  arrayConstructors.map((constructor) => [constructor.name, constructor]),
);

const readTypedArrayKind = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get!;

/** The kind of a view as it travels: a Node Buffer is a "Uint8Array". */
export function kindOfView(view: ArrayBufferView): string {
  return readTypedArrayKind.call(view) ?? "DataView";
}

/** The bytes a view shows, as they are, or `undefined` when they cannot be read any more. */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array | undefined {
  const buffer = ArrayBuffer.isView(value) ? value.buffer as ArrayBuffer : value;
  if (buffer.detached) return undefined;
  return ArrayBuffer.isView(value)
    ? new Uint8Array(buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(buffer);
}

/** Rebuilds a view over the bytes; `undefined` when the kind is unknown or the bytes are not whole elements. */
export function viewOf(kind: string, bytes: Uint8Array): ArrayBuffer | ArrayBufferView | undefined {
  const buffer = exactBufferOf(bytes);
  if (kind === "ArrayBuffer") return buffer;
  if (kind === "DataView") return new DataView(buffer);
  const constructor = constructorsByName.get(kind);
  if (constructor === undefined || bytes.byteLength % constructor.BYTES_PER_ELEMENT !== 0) return undefined;
  return new constructor(buffer);
}

function exactBufferOf(bytes: Uint8Array): ArrayBuffer {
  const buffer = bytes.buffer;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}
