/** Formats the arguments of a console call as the console itself does. */
export function formatLog(args: readonly unknown[]): string {
  const [first, ...others] = args;
  if (typeof first !== "string") return args.map(formatValue).join(" ");
  if (others.length === 0) return first;
  const rest = others;
  const text = first.replace(/%[sdifjoOc%]/g, (directive) => {
    if (directive === "%%") return "%";
    return rest.length === 0 ? directive : formatDirective(directive, rest.shift());
  });
  return [text, ...rest.map(formatValue)].join(" ");
}

function formatDirective(directive: string, value: unknown): string {
  switch (directive) {
    case "%s":
      return typeof value === "object" && value !== null ? formatValue(value) : String(value);
    case "%d":
      return typeof value === "bigint" ? `${value}n` : String(typeof value === "object" ? NaN : Number(value));
    case "%i":
      return typeof value === "bigint" ? `${value}n` : String(parseInt(String(value)));
    case "%f":
      return String(parseFloat(String(value)));
    case "%j":
      return JSON.stringify(value) ?? "undefined";
    case "%c":
      return "";
    default:
      return Deno.inspect(value);
  }
}

function formatValue(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
