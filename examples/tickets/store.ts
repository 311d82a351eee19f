/** Where the number of tickets left is kept. Neither store guards against two buyers at once: that is the lock's part. */
import { DatabaseSync } from "node:sqlite";

/** Keeps one number. */
export interface Store extends Disposable {
  read(): number;
  write(left: number): void;
}

/** What can be opened, by the ending of the file. */
export function openStore(path: string): Store {
  return path.endsWith(".json") ? new JsonStore(path) : new SqliteStore(path);
}

class JsonStore implements Store {
  constructor(readonly path: string) {}

  read(): number {
    return JSON.parse(Deno.readTextFileSync(this.path)).left;
  }

  write(left: number): void {
    Deno.writeTextFileSync(this.path, JSON.stringify({ left }));
  }

  [Symbol.dispose](): void {}
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("CREATE TABLE IF NOT EXISTS stock (id INTEGER PRIMARY KEY CHECK (id = 1), remaining INTEGER)");
  }

  read(): number {
    return Number(this.#database.prepare("SELECT remaining FROM stock").get()!.remaining);
  }

  write(left: number): void {
    this.#database.prepare("INSERT OR REPLACE INTO stock VALUES (1, ?)").run(left);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
