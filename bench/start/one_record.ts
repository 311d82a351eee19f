/** The least that a command does which has a function in another process: it starts a Deno, passes it the record, and prints what comes back. */
const source = "const bytes=new Uint8Array(65536),size=await Deno.stdin.read(bytes),text=new TextDecoder();" +
  "const value=((x)=>x)(JSON.parse(text.decode(bytes.subarray(0,size))));" +
  'Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value)+"\\n"))';
const child = new Deno.Command(Deno.execPath(), {
  args: ["run", "--quiet", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const record = await Deno.readFile(Deno.args[0]!);
const writer = child.stdin.getWriter();
await writer.write(record);
await writer.close();
const { stdout } = await child.output();
await Deno.stdout.write(stdout);
