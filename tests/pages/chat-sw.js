// @ts-check
// A service worker between the page and OpenRouter: it passes the page's calls on, and makes one itself when it is asked to.
const scope = /** @type {any} */ (globalThis);
scope.oninstall = () => { scope.skipWaiting(); };
scope.onactivate = (/** @type {any} */ event) => { event.waitUntil(scope.clients.claim()); };
scope.onfetch = (/** @type {any} */ event) => { if (new URL(event.request.url).hostname === 'openrouter.ai') event.respondWith(fetch(event.request)); };
scope.onmessage = async (/** @type {any} */ { data, source }) => { source.postMessage((await fetch(data.endpoint, data.init)).status); };
