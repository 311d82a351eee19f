import { type AttributeValue, isAttributeValue } from "../../wire/span_report.ts";

const MOST_ATTRIBUTES = 128;
const LONGEST_TEXT = 4096;

/** What the texts and values of one report may cost. With a name and a message besides, it is no more than a parent takes as the text of one message. */
const MOST_COST = 120 * 1024;
/** What a comma, a colon or a bracket costs beside its byte: the parent bounds these too, see `requireFewMarks()`. */
const MARK_COST = 4;

/** Attributes of a span or of an event. */
export type OpenAttributes = Record<string, AttributeValue>;

/** No name in it means anything to JavaScript. */
export function noAttributes(): OpenAttributes {
  return Object.create(null);
}

/** The room for what one span reports: what does not fit is left out, since a parent ends a worker whose message is too large. */
export class ReportRoom {
  #left = MOST_COST;

  /** Takes room for a part of the report. Returns whether there was as much. */
  take(part: unknown): boolean {
    return this.#pay(costOf(part));
  }

  /** Sets those attributes that OpenTelemetry allows, with long texts cut, as far as there is room. */
  assign(target: OpenAttributes, attributes: unknown): void {
    let count = Object.keys(target).length;
    for (const [name, value] of Object.entries(Object(attributes))) {
      if (!isAttributeValue(value)) continue;
      const before = target[name];
      if (before === undefined && count >= MOST_ATTRIBUTES) continue;
      const kept = typeof value === "string" ? cut(value) : Array.isArray(value) ? value.slice() : value;
      if (!this.#pay(costOf([name, kept]) - (before === undefined ? 0 : costOf([name, before])))) continue;
      target[name] = kept;
      if (before === undefined) count++;
    }
  }

  #pay(cost: number): boolean {
    if (cost > this.#left) return false;
    this.#left -= cost;
    return true;
  }
}

/** What anything is as a text. Some objects have none, and throw when they are asked: what user code gets must not be that error. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** A text as long as a report may have it. */
export function cut(text: unknown): string {
  return textOf(text).slice(0, LONGEST_TEXT);
}

function costOf(part: unknown): number {
  const text = JSON.stringify(part);
  let cost = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (unit > "\x7f") cost += 3;
    else cost += unit === "," || unit === ":" || unit === "[" || unit === "{" ? 1 + MARK_COST : 1;
  }
  return cost;
}
