/** Encodes long lists, a piece at a time: to encode a million items at once takes a second. */

import {
  type Encoded,
  encodePlain,
  encodeTagged,
  type HandleCodec,
  LINES_OF_PLAIN,
  LINES_OF_TREE,
  MAX_TEXT_UNITS,
  numbersIn,
  stringify,
  writingError,
} from "./codec.ts";
import { TaggedEncoder } from "./encode.ts";
import { LineWriter } from "./line_writer.ts";
import { LARGE_UNITS, NOT_PLAIN, PlainMeasure } from "./plain.ts";
import { isOrdinaryArray, placesAmongHoles } from "./realms.ts";

/** About how much is encoded at once. */
const PIECE_UNITS = 2 * LARGE_UNITS;
/** So many tags are built in about a millisecond. */
const TREE_ITEMS_PER_PIECE = 512;

/**
 * Encodes a list of values that have nothing to do with each other: of plain data, identity is kept within each only.
 *
 * The parts may lie in memory that is lent: see `giveBack()`.
 */
export function encodeItems(items: readonly unknown[], handles?: HandleCodec): Encoded {
  const encoder = new ItemsEncoder(items, handles);
  while (encoder.encoded === undefined) encoder.advance();
  return encoder.encoded;
}

/** Does what {@linkcode encodeItems} does, a piece at a time. */
export class ItemsEncoder {
  readonly #items: readonly unknown[];
  readonly #handles: HandleCodec | undefined;
  readonly #measure = new PlainMeasure();
  #writer: LineWriter | undefined;
  #written = 0;
  #tree: TreeItemsEncoder | undefined;
  #encoded: Encoded | undefined;

  /** Encodes nothing yet. */
  constructor(items: readonly unknown[], handles: HandleCodec | undefined) {
    this.#items = items;
    this.#handles = handles;
    const numbers = numbersIn(items);
    if (numbers !== undefined) this.#encoded = { text: numbers.text, tagged: true, parts: [numbers.bytes] };
  }

  /** The items, when all are encoded. */
  get encoded(): Encoded | undefined {
    return this.#encoded;
  }

  /** Encodes the next items, some ten thousands of characters. Throws what {@linkcode encode} throws. */
  advance(): void {
    if (this.#tree !== undefined) {
      this.#encoded = this.#tree.advance();
      return;
    }
    const items = this.#items;
    const start = this.#written;
    // The measure of an item is taken just before it is written: what the processor has at hand then need not be fetched again.
    const piece = pieceOf(items, start, this.#measure);
    if (piece === undefined) {
      this.#writer?.abandon();
      this.#beginTree();
    } else if (this.#writer === undefined && piece.end === items.length && piece.size < LARGE_UNITS) {
      this.#encoded = encodePlain(items, piece.size, this.#measure);
    } else this.#write(start, piece);
  }

  #beginTree(): void {
    const items = this.#items;
    if (items.length > TREE_ITEMS_PER_PIECE && isOrdinaryArray(items) && placesAmongHoles(items) === undefined) {
      this.#tree = new TreeItemsEncoder(items, this.#handles);
    } else this.#encoded = encodeTagged(items, this.#handles);
  }

  #write(start: number, { end, size }: Piece): void {
    try {
      // If the rest is like the beginning.
      const units = Math.ceil(size / end * this.#items.length);
      this.#writer ??= openList(new LineWriter(this.#measure.large, units));
      this.#writer.writeItems(this.#items, start, end);
      this.#written = end;
      if (end < this.#items.length) return;
      this.#writer.close();
      this.#encoded = { text: LINES_OF_PLAIN, tagged: true, parts: [this.#writer.finish()] };
    } catch (error) {
      throw writingError(error);
    }
  }
}

function openList(writer: LineWriter): LineWriter {
  writer.open();
  return writer;
}

/** Some of the items: up to before `end`, and about how long their text is. */
interface Piece {
  readonly end: number;
  readonly size: number;
}

/** The next items that make a large text together, or all that are left; `undefined` if one is not plain. */
function pieceOf(items: readonly unknown[], start: number, measure: PlainMeasure): Piece | undefined {
  let end = start;
  let size = 0;
  try {
    while (end < items.length && size < PIECE_UNITS) {
      const added = measure.measureItem(items[end++]);
      if (added === NOT_PLAIN) return undefined;
      size += added;
    }
  } catch {
    return undefined;
  }
  return { end, size };
}

/** The same for items that are not all plain data: one tree, whose nodes are written as they are made. */
class TreeItemsEncoder {
  readonly #items: readonly unknown[];
  readonly #encoder: TaggedEncoder;
  readonly #measure = new PlainMeasure();
  /** Nodes that were not written. */
  #nodes: unknown[] = [];
  #units = 0;
  #next = 0;
  #writer: LineWriter | undefined;

  constructor(items: readonly unknown[], handles: HandleCodec | undefined) {
    this.#items = items;
    this.#encoder = new TaggedEncoder(handles);
    this.#encoder.beginList(items);
  }

  /** Encodes the next items. Returns the list, when they were the last. */
  advance(): Encoded | undefined {
    try {
      this.#encodeSome();
      if (this.#next < this.#items.length && this.#units < LARGE_UNITS) return undefined;
      const text = this.#writer === undefined && this.#units < LARGE_UNITS ? stringify(this.#nodes) : undefined;
      if (text !== undefined && text.length <= MAX_TEXT_UNITS) {
        return { text, tagged: true, parts: this.#encoder.parts };
      }
      this.#writeNodes();
      return this.#next < this.#items.length ? undefined : this.#finish(this.#writer!);
    } catch (error) {
      this.#writer?.abandon();
      this.#encoder.abandon();
      throw error;
    }
  }

  #encodeSome(): void {
    const end = Math.min(this.#items.length, this.#next + TREE_ITEMS_PER_PIECE);
    while (this.#next < end && this.#units < PIECE_UNITS) {
      const node = this.#encoder.encodeItem(this.#next, this.#items[this.#next]);
      this.#nodes.push(node);
      const size = this.#measure.measureItem(node);
      // One that is nested too deep to be measured.
      this.#units += size === NOT_PLAIN ? LARGE_UNITS : size;
      this.#next++;
    }
  }

  #writeNodes(): void {
    try {
      this.#writer ??= openList(LineWriter.ofTree(this.#measure.large));
      this.#writer.writeItems(this.#nodes, 0, this.#nodes.length);
    } catch (error) {
      throw writingError(error);
    }
    this.#nodes = [];
    this.#units = 0;
  }

  #finish(writer: LineWriter): Encoded {
    writer.close();
    const lines = writer.finishTree(this.#encoder.costAtOnce, this.#encoder.hasPartsBehind);
    return { text: LINES_OF_TREE, tagged: true, parts: [lines, ...this.#encoder.parts] };
  }
}
