/** HTML from templates, in which every value is escaped. */

import { escapeUTF8 } from "entities";

/** Markup that needs no escaping. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** Builds markup; what is put in is text, unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(parts.map((part, at) => at === 0 ? part : toMarkup(values[at - 1]) + part).join(""));
}

function toMarkup(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(toMarkup).join("");
  return escapeUTF8(`${value}`);
}
