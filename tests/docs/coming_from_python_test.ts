// Unit: the page that leads people from Python to the examples.
import { assertEquals } from "@std/assert";

const PAGE = new URL("../../docs/coming_from_python.md", import.meta.url);
const EXAMPLES = new URL("../../examples/", import.meta.url);

Deno.test("docs/coming_from_python.md leads to every example, and each of its links to something", async () => {
  const page = await Deno.readTextFile(PAGE);
  const targets = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => new URL(target!, PAGE).href);
  const isThere = await Promise.all(targets.map(exists));
  assertEquals(targets.filter((_, index) => !isThere[index]), []);

  const examples = await Array.fromAsync(Deno.readDir(EXAMPLES), ({ name }) => name);
  // The demonstration is introduced by the README.
  const unlinked = examples.filter((name) => name !== "flights" && !targets.includes(`${EXAMPLES.href}${name}/`));
  assertEquals(unlinked, []);
});

/** What Python 3.14 documents in `multiprocessing`, its submodules and `concurrent.futures`. */
const PYTHON_NAMES = `
  Process run start join name is_alive daemon pid exitcode authkey sentinel terminate kill close interrupt group target args kwargs
  ProcessError BufferTooShort AuthenticationError TimeoutError MaybeEncodingError
  Pipe duplex Queue qsize empty full put put_nowait get get_nowait join_thread cancel_join_thread SimpleQueue JoinableQueue task_done
  active_children cpu_count current_process parent_process freeze_support get_all_start_methods get_context get_start_method
  set_executable set_forkserver_preload set_start_method process_cpu_count sched_getaffinity
  send recv fileno poll send_bytes recv_bytes recv_bytes_into closed readable writable
  Barrier BoundedSemaphore Condition Event Lock RLock Semaphore acquire release locked get_value wait wait_for notify notify_all
  set clear is_set reset abort parties n_waiting broken action BrokenBarrierError
  Value Array RawValue RawArray sharedctypes get_lock
  Manager BaseManager SyncManager get_server connect shutdown register address Namespace dict list BaseProxy _callmethod _getvalue
  Pool processes initializer initargs maxtasksperchild context apply apply_async map map_async imap imap_unordered starmap
  starmap_async chunksize callback error_callback AsyncResult ready successful
  Listener Client deliver_challenge answer_challenge get_logger log_to_stderr dummy ThreadPool
  shared_memory SharedMemory ShareableList SharedMemoryManager Empty Full EOFError
  Executor ThreadPoolExecutor InterpreterPoolExecutor ProcessPoolExecutor max_workers mp_context max_tasks_per_child submit timeout
  buffersize cancel_futures terminate_workers kill_workers Future cancel cancelled running done result exception add_done_callback
  set_running_or_notify_cancel set_result set_exception as_completed return_when FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED
  CancelledError BrokenExecutor BrokenProcessPool InvalidStateError
`.trim().split(/\s+/);

Deno.test("docs/coming_from_python.md says of every name of Python's modules what takes its place", async () => {
  const page = await Deno.readTextFile(PAGE);
  const rows = page.split("\n").filter((line) => line.startsWith("| "));
  const named = new Set(
    rows.flatMap((row) => [...row.split(" | ")[0]!.matchAll(/`([^`]+)`/g)]).flatMap(([, code]) => code!.match(/\w+/g)),
  );
  assertEquals(PYTHON_NAMES.filter((name) => !named.has(name)), []);
});

async function exists(url: string): Promise<boolean> {
  return await Deno.stat(new URL(url)).then(() => true, () => false);
}
