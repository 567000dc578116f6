// A guest at the table who brought their own program: an unmodified automerge-repo client.
// It is told what to do by one JSON object a line on standard input and answers with one JSON object a line.
//   {"do":"find","document":"<id>"}                     -> {"ok":true,"document":{…plain data…}} | {"ok":false,"why":"unavailable"}
//   {"do":"read"}                                       -> {"ok":true,"document":{…}}
//   {"do":"add","id":"…","note":{…}}                    -> adds notes[id]
//   {"do":"set","path":["notes","…","place"],"value":…} -> sets a register
//   {"do":"remove","path":["notes","…"]}                -> removes an entry (outside the schema)
//   {"do":"until","path":[…],"equals":…}                -> answers when the document reads so
//   {"do":"ephemeral","message":{…}} / {"do":"heard"}   -> sends / lists ephemeral messages
//   {"do":"create"}                                     -> makes a document of its own: {"ok":true,"id":"…"}
//   {"do":"away"} / {"do":"back"}                       -> closes and reopens the connection
//   {"do":"heads"}                                      -> the document's heads
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import path from "node:path";

const modules = process.env.YORIAI_INTEROP;
if (!modules) throw new Error("YORIAI_INTEROP must name the folder that holds node_modules");
const require = createRequire(path.join(modules, "package.json"));
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const { Repo } = await load("@automerge/automerge-repo");
const { WebSocketClientAdapter } = await load("@automerge/automerge-repo-network-websocket");

const RETRY_MS = 200;
const PATIENCE_MS = 30_000;
const url = process.argv[2];
let adapter = new WebSocketClientAdapter(url, RETRY_MS);
const repo = new Repo({ network: [adapter], sharePolicy: async () => true });
let handle;
const heard = [];

const at = (document, steps) => steps.reduce((value, step) => (value == null ? undefined : value[step]), document);
const plain = (value) => JSON.parse(JSON.stringify(value, (_, inner) => (inner && inner.val !== undefined && inner.constructor?.name?.includes("String") ? inner.val : inner)));
const put = (document, steps, value) => {
  at(document, steps.slice(0, -1))[steps.at(-1)] = value;
};

const acts = {
  async find({ document }) {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      handle = await repo.find(`automerge:${document}`, { signal });
      await handle.whenReady();
    } catch (reason) {
      return { ok: false, why: String(reason.message ?? reason) };
    }
    handle.on("ephemeral-message", ({ message }) => heard.push(message));
    return { ok: true, document: plain(handle.doc()) };
  },
  async read() {
    return { ok: true, document: plain(handle.doc()) };
  },
  async add({ id, note }) {
    handle.change((document) => {
      document.notes[id] = note;
    });
    return { ok: true };
  },
  async set({ path: steps, value }) {
    handle.change((document) => put(document, steps, value));
    return { ok: true };
  },
  async remove({ path: steps }) {
    handle.change((document) => {
      delete at(document, steps.slice(0, -1))[steps.at(-1)];
    });
    return { ok: true };
  },
  async until({ path: steps, equals }) {
    const holds = () => JSON.stringify(plain({ value: at(handle.doc(), steps) }).value) === JSON.stringify(equals);
    const deadline = Date.now() + PATIENCE_MS;
    while (!holds()) {
      if (Date.now() > deadline) return { ok: false, why: `still ${JSON.stringify(at(handle.doc(), steps))}` };
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 100);
        handle.once("change", () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return { ok: true };
  },
  async ephemeral({ message }) {
    handle.broadcast(message);
    return { ok: true };
  },
  async heard() {
    return { ok: true, heard };
  },
  async create() {
    return { ok: true, id: repo.create({ notes: {} }).documentId };
  },
  async heads() {
    return { ok: true, heads: handle.heads() };
  },
  async away() {
    repo.networkSubsystem.adapters.forEach((each) => each.disconnect());
    return { ok: true };
  },
  async back() {
    adapter = new WebSocketClientAdapter(url, RETRY_MS);
    repo.networkSubsystem.addNetworkAdapter(adapter);
    return { ok: true };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { do: what, ...rest } = JSON.parse(line);
    answer = await acts[what](rest);
  } catch (reason) {
    answer = { ok: false, why: String(reason.stack ?? reason) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
