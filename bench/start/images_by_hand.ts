// deno-lint-ignore-file no-console
/** The same images, and the same work, by two Denos that read one after the other into memory of its own and answer a byte each. */
import { makeImages, work } from "./image_work.ts";

const images = makeImages();
const size = images[0]!.length;
const source = `${work};for(;;){const image=new Uint8Array(${size});` +
  "for(let at=0;at<image.length;){const count=Deno.stdin.readSync(image.subarray(at));if(count===null)Deno.exit();at+=count}" +
  "work(image);Deno.stdout.writeSync(new Uint8Array(1))}";
const startedAt = performance.now();
const children = [1, 2].map(() =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", `data:text/javascript,${encodeURIComponent(source)}`],
    stdin: "piped",
    stdout: "piped",
  }).spawn()
);
await Promise.all(children.map(async ({ stdin, stdout }) => {
  const [writer, reader] = [stdin.getWriter(), stdout.getReader()];
  for (let image; (image = images.pop()) !== undefined;) {
    await writer.write(image);
    await reader.read();
  }
  reader.releaseLock();
  await writer.close();
}));
console.log(JSON.stringify({ times: [performance.now() - startedAt] }));
await Promise.all(children.map(({ stdout }) => stdout.cancel()));
