// The page on the device: every file of one build, kept here, so that any of the page's addresses opens without a network
// and paints before the server has answered. What is written lies in IndexedDB and is none of this file's business.
//
// `cargo xtask page` fills in the build's name and its files. A new build is another text of this file, which is how
// browsers notice it: it fetches its files beside the old ones, takes over when all are there, and is shown from the next
// visit on. A page that is open goes on with what it has loaded; nothing is reloaded under anybody's hands.
const VERSION = "%VERSION%";
const FILES = new Set(%FILES%);
const INDEX = "/index.html";
const PREFIX = "yoriai-page-";
const CACHE = PREFIX + VERSION;

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (isPage(url.pathname)) event.respondWith(index(request));
  } else if (FILES.has(url.pathname) || url.pathname.startsWith("/assets/")) {
    event.respondWith(file(url.pathname, request));
  }
});

async function install() {
  try {
    const cache = await caches.open(CACHE);
    await Promise.all(Array.from(FILES, (path) => keep(cache, path)));
  } catch (error) {
    // Half a page helps nobody; the browser tries again at the next visit.
    await caches.delete(CACHE);
    throw error;
  }
  await skipWaiting();
}

async function keep(cache, path) {
  // What is named by its content may come from the browser's own cache: it was just loaded.
  const response = await fetch(path, { cache: path.startsWith("/assets/") ? "default" : "no-cache" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // The server may have been replaced in between: an index of another build would name files that are not kept.
  if (path === INDEX && !(await response.clone().text()).includes(VERSION)) throw new Error("another build");
  await cache.put(path, response);
}

async function activate() {
  // In the order in which they were made. The build before this one stays for pages that are still open.
  const older = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.slice(0, -1).map((name) => caches.delete(name)));
  await clients.claim();
}

// The server's own rule: what begins with /api/ is its interface, a name with a dot is a file, all else shows the page.
function isPage(path) {
  const last = path.slice(path.lastIndexOf("/") + 1);
  const server = path === "/api" || path.startsWith("/api/") || path.startsWith("/sync/");
  return !server && !last.includes(".") && path !== "/healthz" && path !== "/metrics";
}

async function index(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(INDEX)) ?? fetch(request);
}

async function file(path, request) {
  return (await caches.match(path, { ignoreVary: true })) ?? fetch(request);
}
