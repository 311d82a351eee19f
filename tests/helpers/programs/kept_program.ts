/** A program that runs commands of `corral` for all tests of this process, in turns. */

const MARK = "\x1enext\n";

/** Commands for one turn. */
export interface Turn {
  readonly commands: readonly (readonly string[])[];
  /** The folder of each that has one of its own. */
  readonly folders: readonly string[];
  /** The folder of the others. */
  readonly cwd: string;
}

/** What the program printed in a turn. */
export interface TurnOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The program. It must be started while a file is loaded: in a test, the sanitizers would say that a process was left behind. It ends with this
 * process, which then holds the other end of its pipe no longer.
 */
export class KeptProgram {
  readonly #requests: Deno.FsFile;
  readonly #stdout: TurnReader;
  readonly #stderr: TurnReader;
  /** In a turn, and after one that was not ended. */
  #isBusy = false;

  private constructor(requests: Deno.FsFile, stdout: Deno.FsFile, stderr: Deno.FsFile) {
    this.#requests = requests;
    this.#stdout = new TurnReader(stdout);
    this.#stderr = new TurnReader(stderr);
  }

  /** Starts it with these arguments, to which it adds that of a named pipe for requests; not on Windows, which has none. */
  static async start(args: readonly string[]): Promise<KeptProgram | undefined> {
    if (Deno.build.os === "windows") return;
    const folder = await Deno.makeTempDir({ prefix: "corral-turns-" });
    try {
      const [requests, stdout, stderr] = ["requests", "stdout", "stderr"].map((name) => `${folder}/${name}`);
      const made = await new Deno.Command("mkfifo", { args: [requests!, stdout!, stderr!] }).output();
      if (!made.success) throw new Error(`Cannot make named pipes: ${new TextDecoder().decode(made.stderr)}`);
      // Also to read: so it need not be waited for here that the program opens it.
      const pipe = await Deno.open(requests!, { read: true, write: true });
      // Streams of a child are read ahead, and so between tests, too. And its stdin is where commands are to find nothing.
      const script = `exec "$0" "$@" > '${stdout}' 2> '${stderr}'`;
      new Deno.Command("sh", {
        args: ["-c", script, Deno.execPath(), ...args, requests!],
        stdin: "null",
        stdout: "null",
      }).spawn();
      const program = new KeptProgram(pipe, await Deno.open(stdout!), await Deno.open(stderr!));
      // It says so when it has opened the pipe, which needs no name any longer.
      const { stderr: told } = await program.#read(1);
      if (told !== MARK) throw new Error(`Cannot keep a program: ${told}`);
      return program;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  /** Whether it can take a turn. */
  get isFree(): boolean {
    return !this.#isBusy;
  }

  /** Runs commands, and returns what they printed: with fewer marks than there are commands, should it end meanwhile. */
  async take(turn: Turn): Promise<TurnOutput> {
    this.#isBusy = true;
    await this.#requests.write(new TextEncoder().encode(`${JSON.stringify(turn)}\n`));
    const output = await this.#read(turn.commands.length);
    this.#isBusy = output.stderr.split(MARK).length <= turn.commands.length;
    return output;
  }

  async #read(marks: number): Promise<TurnOutput> {
    const [stdout, stderr] = await Promise.all([this.#stdout.read(marks), this.#stderr.read(marks)]);
    return { stdout, stderr };
  }
}

/** Reads what is printed in a turn. */
class TurnReader {
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(65536);

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Up to and with as many marks, or to the end. */
  async read(marks: number): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    while (!text.endsWith(MARK) || text.split(MARK).length <= marks) {
      const count = await this.#file.read(this.#buffer);
      if (count === null || count === 0) break;
      text += decoder.decode(this.#buffer.subarray(0, count), { stream: true });
    }
    return text;
  }
}
