// @ts-check
// Calls to OpenRouter as the browser sees them (webRequest), where the person granted it: those of page workers and service workers, beacons,
// synchronous and event-source calls, of which no script in the page learns; and header fields that no page may read.
//
// A failed call is kept for a moment. If the page's own tap tells of it, it gets the hidden fields; if nobody does, nobody could. A good answer to a
// call that began soon after it is taken for its client's own next try: what that heals is not told, or no longer. What a call asks is not looked at.

const { api } = cooldownCompat;
const { BODY_MAX, HEADERS, withoutSecrets } = cooldownProtocol;

const UNTOLD_MS = 1_500; // the tap and the bridge need some ms; a busy page, more
const KEPT_MS = 15_000; // and clients try again by then; who asks later has another question
const KEPT_MAX = 200; // a page may fail without end

const URLS = ['chat/completions', 'completions', 'responses', 'messages', 'embeddings'].flatMap((way) => [`https://openrouter.ai/api/v1/${way}*`, `https://*.openrouter.ai/api/v1/${way}*`]);
const GENERATION = /\/api\/v1\/(?:(?:chat\/)?completions|responses|messages|embeddings)(?:[?#]|$)/;
/** The connection broke, which is not what happens to a call that the page gave up or the browser refused. */
const BROKEN = /^net::ERR_(?:CONNECTION|NAME|INTERNET|NETWORK|ADDRESS|TIMED_OUT|EMPTY_RESPONSE|HTTP2|SSL|PROXY|TUNNEL)|^NS_ERROR_(?:NET_|CONNECTION|UNKNOWN_HOST|PROXY|OFFLINE)/;

/**
 * A failed call.
 * @typedef {object} Wired
 * @property {number} tab      -1 for a service worker of the page's
 * @property {number} frame
 * @property {string} page     origin of who called, '' where the browser does not say
 * @property {Exchange} exchange
 * @property {boolean} told    the page told of it
 * @property {boolean} healed  its client has its answer
 */
/** @type {Wired[]} */
let recent = [];
/**
 * failed: just now, and the page may yet tell of it; unheld: it did not; healed: a later call to the same address was answered, whose `at_ms` is when
 * it began; good: the same, where of a failure before it nothing is known here (a worker that has slept has forgotten).
 * @typedef {(call: Wired, what: 'failed' | 'unheld' | 'healed' | 'good') => unknown} Hears
 */
/** @type {Hears} */
let tell = () => undefined;

/** When each call under way began, by the browser's own number for it. @type {Map<string, number>} */
const begun = new Map();

/** @param {chrome.webRequest.OnHeadersReceivedDetails | chrome.webRequest.OnErrorOccurredDetails} details @param {number} status @param {Record<string, string>} headers @param {number} at_ms @returns {Wired} */
const wired = (details, status, headers, at_ms) => {
  const { origin, pathname } = new URL(details.url), from = details.initiator ?? /** @type {{originUrl?: string}} Firefox's */ (details).originUrl ?? '';
  return {
    tab: details.tabId, frame: Math.max(details.frameId, 0), page: URL.canParse(from) ? new URL(from).origin : '', told: false, healed: false,
    exchange: { surface: 'http', url: origin + pathname, method: details.method, status, headers, body: '', at_ms: Math.round(at_ms) },
  };
};
/** @param {Wired} call */
const keep = (call) => {
  recent = recent.slice(1 - KEPT_MAX).filter(({ exchange }) => Date.now() - exchange.at_ms < KEPT_MS);
  recent.push(call);
  tell(call, 'failed');
  return call;
};
/** @param {Wired} call @param {Promise<void>} whole its body, where that can be read */
const wait = async (call, whole) => {
  await Promise.all([whole, new Promise((resolve) => { setTimeout(resolve, UNTOLD_MS); })]);
  if (!call.told && !call.healed) { call.told = true; tell(call, 'unheld'); }
};

/** Firefox lets an extension read along. What comes is passed on as it comes. @param {string} requestId @param {Wired} call @returns {Promise<void>} */
const readAlong = (requestId, call) => new Promise((resolve) => {
  /** @type {any} */
  const filter = /** @type {any} not in Chromium's types */ (api.webRequest).filterResponseData(requestId), decoder = new TextDecoder();
  let body = '';
  filter.ondata = (/** @type {{data: ArrayBuffer}} */ { data }) => {
    filter.write(data);
    if (body.length < BODY_MAX) body += decoder.decode(data, { stream: true });
  };
  filter.onstop = filter.onerror = () => {
    call.exchange.body = withoutSecrets(body.slice(0, BODY_MAX));
    try { filter.close(); } catch { /* it broke */ }
    resolve();
  };
});

/** @param {Wired} call a good one */
const heal = (call) => {
  const before = recent.filter(({ tab, page, exchange }) => tab === call.tab && page === call.page && exchange.url === call.exchange.url && exchange.at_ms < call.exchange.at_ms && call.exchange.at_ms - exchange.at_ms < KEPT_MS);
  for (const one of before) one.healed = true;
  tell(call, before.length > 0 ? 'healed' : 'good');
};

/** @param {{requestId: string, method: string, url: string, timeStamp: number}} details @returns {undefined} */
const onBegin = ({ requestId, method, url, timeStamp }) => {
  if (method !== 'OPTIONS' && GENERATION.test(url) && !begun.has(requestId)) begun.set(requestId, timeStamp); // else it was redirected
};
/** @param {chrome.webRequest.OnHeadersReceivedDetails} details @returns {undefined} */
const onHeaders = (details) => {
  const { statusCode, method, url, requestId, responseHeaders = [] } = details;
  if (method === 'OPTIONS' || !GENERATION.test(url) || (statusCode >= 300 && statusCode < 400)) return;
  const since = begun.get(requestId);
  begun.delete(requestId);
  if (statusCode < 400) {
    if (since !== undefined) heal(wired(details, statusCode, {}, since));
    return;
  }
  const named = responseHeaders.map(({ name, value }) => /** @type {const} */ ([name.toLowerCase(), value ?? '']));
  const call = keep(wired(details, statusCode, Object.fromEntries(named.filter(([name]) => HEADERS.includes(name))), details.timeStamp));
  wait(call, 'filterResponseData' in api.webRequest ? readAlong(requestId, call) : Promise.resolve());
};
/** @param {chrome.webRequest.OnErrorOccurredDetails} details @returns {undefined} */
const onError = (details) => {
  begun.delete(details.requestId);
  if (details.method !== 'OPTIONS' && GENERATION.test(details.url) && BROKEN.test(details.error)) wait(keep(wired(details, 0, {}, details.timeStamp)), Promise.resolve());
};

/** In the first turn where it is granted, and when it is. @param {Hears} hears */
export const listen = (hears) => {
  tell = hears;
  if (api.webRequest === undefined || api.webRequest.onHeadersReceived.hasListener(onHeaders)) return;
  api.webRequest.onBeforeRequest.addListener(onBegin, { urls: URLS });
  api.webRequest.onHeadersReceived.addListener(onHeaders, { urls: URLS }, ['responseHeaders', ...('filterResponseData' in api.webRequest ? /** @type {const} */ (['blocking']) : [])]);
  api.webRequest.onErrorOccurred.addListener(onError, { urls: URLS });
};

/**
 * The page tells of this failure: what was seen of it, what it could not read beside what it could.
 * @param {Exchange} exchange @param {number | undefined} tab @param {string | undefined} page its origin: of the calls of service workers, which
 *   have no tab, another site's are not its own
 * @returns {Exchange}
 */
export const tellOf = (exchange, tab, page) => {
  // An answer without CORS fields is a broken connection to the page.
  const call = recent.find((one) => !one.told && (one.tab === -1 ? one.page !== '' && one.page === page : one.tab === tab) && one.exchange.url === exchange.url && (exchange.status === 0 || one.exchange.status === exchange.status));
  if (call === undefined) return exchange;
  call.told = true;
  const { status, headers, body } = call.exchange;
  return { ...exchange, status, headers: { ...headers, ...exchange.headers }, body: exchange.status === 0 ? body : exchange.body };
};
