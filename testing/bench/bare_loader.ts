/**
 * Edge (net, files). The store's own limit: posts a file of ready-made line protocol to InfluxDB's
 * /write in requests of 5,000 lines, two in flight, and does nothing else. Usage:
 * `bun bare_loader.ts FILE WRITE_URL`; prints one JSON object with what the posting alone took.
 */
const linesPerRequest = 5000;
const inFlight = 2;
const newline = 10;

async function main(file: string, url: string): Promise<void> {
  const bodies = cut(await Bun.file(file).bytes());
  const cpu = process.cpuUsage();
  const started = performance.now();
  let next = 0;
  const post = async (): Promise<void> => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const response = await fetch(url, { method: "POST", body });
      const text = await response.text();
      if (response.status !== 204) throw new Error(`${response.status} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, post));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 }));
}

/** The file's bytes as bodies of whole lines. */
function cut(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  let start = 0;
  let lines = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, end + 1)) {
    if (++lines % linesPerRequest !== 0) continue;
    bodies.push(bytes.subarray(start, end + 1));
    start = end + 1;
  }
  if (start < bytes.length) bodies.push(bytes.subarray(start));
  return bodies;
}

const [file, url] = process.argv.slice(2);
if (file === undefined || url === undefined) throw new Error("Usage: bare_loader.ts FILE URL");
await main(file, url);
