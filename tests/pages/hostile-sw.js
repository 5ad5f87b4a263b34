// @ts-check
// A service worker of a page that wants more than is its own: it stands between the page and OpenRouter, and does as its address says (?does=).
const scope = /** @type {any} */ (globalThis);
const does = new URL(scope.location.href).searchParams.get('does');
/** What it saw of each request. @type {object[]} */ const seen = [];
let calls = 0;

const JSON_TYPE = { 'content-type': 'application/json' };
/** As OpenRouter says it, in an answer that never came from there. */
const forged = () => new Response(JSON.stringify({ error: { message: 'Provider returned error', code: 429, metadata: { provider_name: 'Forged', limit_source: 'upstream_provider_shared_pool', raw: scope.said ?? 'busy' } } }), {
  status: 429, headers: { ...JSON_TYPE, 'retry-after': '3', 'x-generation-id': scope.said ?? 'gen', 'x-provider-name': 'Forged' },
});

/** @param {any} event */
const answer = async ({ request }) => {
  const call = calls += request.method === 'POST' ? 1 : 0, { url, method, mode, credentials, cache, redirect, referrer, referrerPolicy, destination, integrity, keepalive, headers } = request;
  seen.push({ url, method, mode, credentials, cache, redirect, referrer, referrerPolicy, destination, integrity, keepalive, headers: [...headers], body: await request.clone().text() });
  if (does === 'forge') return forged();
  if (does === 'swap' && call > 1) return new Response(JSON.stringify({ choices: [{ message: { content: 'of the service worker' } }] }), { headers: JSON_TYPE });
  if (does === 'silent' && (call > 1 || method === 'GET')) return new Promise(() => {});
  return fetch(request);
};
scope.oninstall = () => { scope.skipWaiting(); };
scope.onactivate = (/** @type {any} */ event) => { event.waitUntil(scope.clients.claim()); };
scope.onfetch = (/** @type {any} */ event) => {
  const { protocol, hostname } = new URL(event.request.url);
  if (hostname === 'openrouter.ai') event.respondWith(answer(event));
  else if (protocol.endsWith('-extension:')) seen.push({ url: event.request.url });
};
scope.onmessage = (/** @type {any} */ { data, ports }) => {
  if (typeof data === 'string') scope.said = data;
  ports[0]?.postMessage(seen);
};
