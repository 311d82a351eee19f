/** Certificates for a server that is reached by TLS. */
export interface RedisTls {
  /** The authority that signed the server's certificate, in PEM, when the system does not know it. */
  ca?: string;
  /** This program's own certificate, in PEM, when the server asks for one. */
  cert?: string;
  /** The key of `cert`, in PEM. */
  key?: string;
}

/** Where a server is. */
export interface EngineAddress {
  readonly url: string;
  readonly tls: RedisTls | undefined;
}

/** The address for messages: without the password. */
export function shownAddress({ url }: EngineAddress): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** What was given as an address and is none, for messages: without the password that may be in it. */
export function shownText(given: unknown): string {
  return JSON.stringify(typeof given === "string" ? given.replace(/^([a-z]+:)?(\/\/)?.*@/is, "$1$2…@") : given);
}
