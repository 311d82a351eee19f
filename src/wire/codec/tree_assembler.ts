/** Makes the value of a tagged tree while its lines come. They are trusted in nothing. */

import {
  type Assembler,
  endsEarly,
  fieldOf,
  goesOn,
  itemsOf,
  type Opening,
  PlainAssembler,
  wrongBracket,
} from "./assembler.ts";
import { malformed, recordOf } from "./checks.ts";
import { TaggedDecoder } from "./decode.ts";
import { MAX_TREE_COST, putField, TAG_KEY } from "./tags.ts";

/** A container that is open. What is inside lies `depth` objects deep. */
interface Frame {
  readonly opening: Opening;
  readonly depth: number;
  /** What to open for a bracket, if that is for the frame to say. */
  open?(bracket: Opening): Frame;
  /** Takes what a line holds. */
  put(line: unknown): void;
  /** Takes a value that was opened inside, now that it is closed. */
  give(value: unknown): void;
  /** What it made. */
  end(): unknown;
}

/** A list, or the entries of a Map or Set. */
class ItemsFrame implements Frame {
  readonly opening = "[";
  readonly depth: number;
  readonly #decoder: TaggedDecoder;
  readonly #made: object;
  readonly #add: (item: unknown) => void;

  constructor(decoder: TaggedDecoder, depth: number, made: object, add: (item: unknown) => void) {
    this.depth = depth;
    this.#decoder = decoder;
    this.#made = made;
    this.#add = add;
  }

  put(line: unknown): void {
    if (typeof line === "string") return this.#add(line);
    const items = itemsOf(line);
    for (let i = 0; i < items.length; i++) this.#add(this.#decoder.decode(items[i], this.depth));
  }

  give(item: unknown): void {
    this.#add(item);
  }

  end(): unknown {
    return this.#made;
  }
}

function listFrame(decoder: TaggedDecoder, depth: number): Frame {
  const list = decoder.register([] as unknown[], depth - 1);
  return new ItemsFrame(decoder, depth, list, (item) => list.push(item));
}

function setFrame(decoder: TaggedDecoder, depth: number): Frame {
  const set = decoder.register(new Set(), depth - 1);
  return new ItemsFrame(decoder, depth, set, (item) => set.add(item));
}

/** Puts keys and values, which come in turn, into a Map. */
class Pairs {
  readonly #map: Map<unknown, unknown>;
  #key: unknown = undefined;
  #hasKey = false;

  constructor(map: Map<unknown, unknown>) {
    this.#map = map;
  }

  /** Whether a key waits for its value. */
  get isHalf(): boolean {
    return this.#hasKey;
  }

  take(item: unknown): void {
    if (this.#hasKey) this.#map.set(this.#key, item);
    else this.#key = item;
    this.#hasKey = !this.#hasKey;
  }
}

class MapFrame extends ItemsFrame {
  readonly #pairs: Pairs;

  constructor(decoder: TaggedDecoder, depth: number) {
    const map = decoder.register(new Map(), depth - 1);
    const pairs = new Pairs(map);
    super(decoder, depth, map, (item) => pairs.take(item));
    this.#pairs = pairs;
  }

  override end(): unknown {
    if (this.#pairs.isHalf) throw malformed("a list of pairs has an odd length");
    return super.end();
  }
}

/** An object whose fields come in several lines. */
class RecordFrame implements Frame {
  readonly opening = "{";
  readonly depth: number;
  readonly #decoder: TaggedDecoder;
  readonly #mayOwnTagKey: boolean;
  readonly #record: Record<string, unknown>;
  #key: string | undefined;

  constructor(decoder: TaggedDecoder, depth: number, mayOwnTagKey: boolean) {
    this.depth = depth;
    this.#decoder = decoder;
    this.#mayOwnTagKey = mayOwnTagKey;
    this.#record = decoder.register({}, depth - 1);
  }

  put(line: unknown): void {
    if (this.#key !== undefined) return this.give(this.#decoder.decode(fieldOf(line), this.depth));
    if (typeof line === "string") return this.#begin(line);
    const fields = recordOf(line) as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      this.#begin(key);
      this.give(this.#decoder.decode(fields[key], this.depth));
    }
  }

  give(value: unknown): void {
    if (this.#key === undefined) throw malformed("a value has no key");
    putField(this.#record, this.#key, value);
    this.#key = undefined;
  }

  end(): unknown {
    if (this.#key !== undefined) throw wrongBracket();
    return this.#record;
  }

  /** The tag of an object comes first. */
  #begin(key: string): void {
    if (key === TAG_KEY && !this.#mayOwnTagKey) throw malformed("it has a tag behind a field");
    this.#key = key;
  }
}

/** The frames of what is inside the tags that may hold much. */
const INSIDE_OF_TAG: { readonly [tag: string]: (decoder: TaggedDecoder, depth: number) => Frame } = {
  map: (decoder, depth) => new MapFrame(decoder, depth),
  set: setFrame,
  object: (decoder, depth) => new RecordFrame(decoder, depth, true),
};

/** The tag of a Map or Set, or of an object that has such a field as tags have: what it holds comes in lines of its own. */
class TagFrame implements Frame {
  readonly opening = "{";
  readonly depth: number;
  readonly #decoder: TaggedDecoder;
  readonly #tag: string;
  #state: "key" | "value" | "ended" = "key";
  #value: unknown = undefined;

  constructor(decoder: TaggedDecoder, depth: number, tag: string) {
    this.depth = depth;
    this.#decoder = decoder;
    this.#tag = tag;
  }

  open(bracket: Opening): Frame {
    const frame = this.#state === "value" ? INSIDE_OF_TAG[this.#tag]!(this.#decoder, this.depth) : undefined;
    if (frame?.opening !== bracket) throw malformed("a tag holds something else");
    return frame;
  }

  put(line: unknown): void {
    if (this.#state !== "key" || line !== "v") throw malformed("a tag holds something else");
    this.#state = "value";
  }

  give(value: unknown): void {
    this.#state = "ended";
    this.#value = value;
  }

  end(): unknown {
    if (this.#state !== "ended") throw wrongBracket();
    return this.#value;
  }
}

/**
 * Decodes what each line holds before the next one is there, so no step takes long, however large the tree is. Only what must be
 * there as a whole, such as an error, is decoded when it is closed.
 *
 * The tree has no binary parts and no shared objects: these are not there yet.
 */
export class TreeAssembler implements Assembler {
  readonly #decoder: TaggedDecoder;
  readonly #frames: Frame[] = [];
  /** An object was opened of which no line has said whether it is a tag. */
  #isUndecided = false;
  /** What must be there as a whole. */
  #whole: PlainAssembler | undefined;
  #root: unknown = undefined;
  #hasRoot = false;

  /** Starts a tree. That of a sender which is trusted may cost any sum. */
  constructor(isTrusted: boolean) {
    this.#decoder = new TaggedDecoder([], undefined, isTrusted ? Infinity : MAX_TREE_COST);
  }

  get depth(): number {
    return this.#frames.length + (this.#isUndecided ? 1 : 0) + (this.#whole?.depth ?? 0);
  }

  open(bracket: Opening): void {
    if (this.#whole !== undefined) return this.#whole.open(bracket);
    if (this.#isUndecided) throw malformed("a value has no key");
    const parent = this.#frames.at(-1);
    if (parent?.open !== undefined) this.#frames.push(parent.open(bracket));
    else if (bracket === "[") this.#frames.push(listFrame(this.#decoder, this.#depthInside + 1));
    else this.#isUndecided = true;
  }

  close(opening: Opening): void {
    if (this.#whole !== undefined) {
      this.#whole.close(opening);
      return this.#whole.depth === 0 ? this.#decodeWhole() : undefined;
    }
    if (this.#isUndecided) this.#decide({});
    const frame = this.#frames.pop();
    if (frame?.opening !== opening) throw wrongBracket();
    this.#give(frame.end());
  }

  put(line: unknown): void {
    if (this.#whole !== undefined) return this.#whole.put(line);
    this.#decoder.renewCost();
    if (this.#isUndecided && this.#decide(line)) return;
    const frame = this.#frames.at(-1);
    if (frame === undefined) this.#give(this.#decoder.decode(line, 0));
    else frame.put(line);
  }

  end(): unknown {
    if (!this.#hasRoot || this.depth > 0) throw endsEarly();
    return this.#root;
  }

  /** How deep what comes next lies. */
  get #depthInside(): number {
    return this.#frames.at(-1)?.depth ?? 0;
  }

  /** Opens what the first line of an object says it is. Returns whether that is all that the line says. */
  #decide(line: unknown): boolean {
    this.#isUndecided = false;
    const depth = this.#depthInside;
    if (typeof line === "string" || !Object.hasOwn(recordOf(line), TAG_KEY)) {
      this.#frames.push(new RecordFrame(this.#decoder, depth + 1, false));
      return false;
    }
    const tag = (line as Record<string, unknown>)[TAG_KEY];
    if (typeof tag === "string" && Object.hasOwn(INSIDE_OF_TAG, tag) && Object.keys(line as object).length === 1) {
      this.#frames.push(new TagFrame(this.#decoder, depth + 1, tag));
    } else {
      this.#whole = new PlainAssembler();
      this.#whole.open("{");
      this.#whole.put(line);
    }
    return true;
  }

  #decodeWhole(): void {
    const node = this.#whole!.end();
    this.#whole = undefined;
    this.#decoder.renewCost();
    this.#give(this.#decoder.decode(node, this.#depthInside));
  }

  #give(value: unknown): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) return frame.give(value);
    if (this.#hasRoot) throw goesOn();
    this.#hasRoot = true;
    this.#root = value;
  }
}
