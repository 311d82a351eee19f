/** Finds links of a site that lead nowhere. */

/** A file of the site, by its path from the root. */
export type Site = ReadonlyMap<string, string>;

/** The dead links, one line each. What leads to other hosts is not looked up. */
export function deadLinks(site: Site): string[] {
  const anchors = new Map(
    [...site].map(([path, text]) => [path, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!))]),
  );
  const dead: string[] = [];
  for (const [path, text] of site) {
    for (const [, attribute] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const url = new URL(attribute!.replaceAll("&amp;", "&"), `site:/${path}`);
      if (url.protocol !== "site:") continue;
      const target = decodeURIComponent(url.pathname.replace(/\/$/, "/index.html").slice(1));
      const ids = anchors.get(target);
      if (ids === undefined) dead.push(`${path}: ${attribute}: there is no ${target}`);
      else if (url.hash !== "" && !ids.has(decodeURIComponent(url.hash.slice(1)))) {
        dead.push(`${path}: ${attribute}: no such place`);
      }
    }
  }
  return [...new Set(dead)];
}
