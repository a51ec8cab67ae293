/* Keeps the till's own files, so that it starts with the box away. A version is fetched whole into a cache of its own, each
file checked against the box's list, or not at all. It is served only when the page says so, and the page says so only with
an empty queue and no open basket: this worker never changes a running till by itself. Entries are not its business. */

const MARKS = "till-marks"; // One small cache: which version is served.
const SERVED = new Request("served");
const cacheOf = (version) => `till-${version}`;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => event.waitUntil(answer(event)));
self.addEventListener("fetch", (event) => {
  const path = inside(event.request);
  if (path !== null) event.respondWith(serve(path, event.request));
});

async function install() {
  if ((await served()) !== null) return; // A newer worker serves what the page approved before.
  const { version } = await prepare();
  await mark(version);
}

/** Fetches a whole version into its cache; rejects, and leaves nothing behind, if a single file is not as listed. */
async function prepare() {
  const list = await fresh("version.json").then((reply) => reply.json());
  if (!list.files.some(({ path }) => path === "index.html")) throw new Error("a version without its page is none");
  const name = cacheOf(list.version);
  if ((await served()) === list.version || (await isWhole(name, list))) return list;
  await caches.delete(name);
  try {
    const bodies = await Promise.all(list.files.map((file) => fetched(file)));
    const cache = await caches.open(name);
    for (const [path, reply] of bodies) await cache.put(path, reply);
    return list;
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
}

const fresh = async (path) => {
  const reply = await fetch(path, { cache: "no-store", credentials: "same-origin", redirect: "error" });
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply;
};

async function fetched({ path, sha256 }) {
  const reply = await fresh(path);
  const bytes = await reply.arrayBuffer();
  const sum = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (sum !== sha256) throw new Error(`${path} is not the listed one`);
  return [path, new Response(bytes, { status: 200, headers: reply.headers })];
}

async function isWhole(name, list) {
  if (!(await caches.has(name))) return false;
  const cache = await caches.open(name);
  const kept = await cache.keys();
  return kept.length === list.files.length;
}

async function served() {
  const found = await (await caches.open(MARKS)).match(SERVED);
  const version = found ? await found.text() : null;
  return version && (await caches.has(cacheOf(version))) ? version : null;
}

async function mark(version) {
  await (await caches.open(MARKS)).put(SERVED, new Response(version));
}

/** The path inside /till/ that a request is for, or null for whatever is none of ours. */
function inside(request) {
  const url = new URL(request.url);
  const root = new URL("./", self.location).pathname;
  if (request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith(root)) return null;
  const path = url.pathname.slice(root.length) || "index.html";
  return ["sw.js", "version.json"].includes(path) ? null : path;
}

async function serve(path, request) {
  const version = await served();
  const found = version && (await (await caches.open(cacheOf(version))).match(path));
  return found || fetch(request);
}

/** The page asks: {do: "prepare"} a version, {do: "approve", version}, or which one is served. */
async function answer(event) {
  const { do: what, version } = event.data ?? {};
  const reply = (told) => event.ports[0]?.postMessage(told);
  try {
    if (what === "prepare") await prepare().then((list) => reply({ version: list.version }));
    else if (what === "approve") await approve(version).then(reply);
    else if (what === "served") reply({ version: await served() });
    else if (what === "take-over") await self.skipWaiting();
  } catch (error) {
    reply({ error: String(error) });
  }
}

async function approve(version) {
  if (!(await caches.has(cacheOf(version)))) return { error: "that version is not here" };
  await mark(version);
  for (const name of await caches.keys()) {
    if (name !== MARKS && name !== cacheOf(version)) await caches.delete(name);
  }
  return { version };
}
