// Keeps the page for when there is no network: every file of one version, fetched once. A new version replaces the old one as a whole.
const VERSION = "0";
const FILES = [];
const CACHE = `symdiff-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
    for (const file of FILES) {
      const url = new URL(file, self.registration.scope);
      if (!there.has(url.pathname)) await cache.add(new Request(url, { cache: "no-cache" }));
    }
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("symdiff-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  event.respondWith((async () => {
    const cache = await caches.open(CACHE);
    const asked = url.pathname.endsWith("/") ? new URL("index.html", url) : new URL(url.pathname, url);
    return (await cache.match(asked.href)) ?? fetch(event.request);
  })());
});
