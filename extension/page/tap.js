// @ts-check
// The tap: the only code of ours in the page's own world. It watches the page's calls to OpenRouter (fetch and XMLHttpRequest), tells
// the bridge of a failed one, keeps the answer from the app while the person decides, and sends the very same request again when told
// to. On a site that the person switched on it does so for the page's POSTs to its own server too, where the request or the failure
// names OpenRouter. Everything else goes through untouched, and so does everything once the bridge is missing, slow or gone.
//
// The page may replace any global and any method after us. So natives are taken first and called by `apply` or `free`; later
// there is no iteration (for…of, spread, array patterns), no look-up of a global, and no getter of the page is run. Promises
// are awaited, for `await` alone asks neither `then` nor the species.

(() => {
  'use strict';
  const NAME = 'cooldown-port';
  const VERDICT_MS = 1_000;   // from the failed answer to a decision, the reading of its body included
  const READ_MS = 500;        // of these, for a body that is slow to come
  const GLANCE_MS = 100;      // for one of the site's own server, of which nothing says yet that it is OpenRouter's
  const HOLD_MS = 50_000;     // a hold without a stated end
  const HOLD_MAX_MS = 85_000; // no hold is longer, whoever asks
  const STORY_MS = 60_000;    // the same body to the same address within this time of a failure is the same story
  const STORIES = 50;         // that are remembered: each keeps a body
  const NEXT_MS = 3_000;      // after the app had its failure: what it asks of another model by then is its own next try; a person takes longer to choose one
  const TOGETHER_MS = 1_000;  // after a failure: what is sent by then was on its way before anybody could know of it
  const HELD_MAX = 200;       // calls that are kept at once: a page that fails without end has its answers
  const BEAT_MS = 30;         // heartbeat while an answer is kept; two unanswered, and then silence, and the extension is gone
  const SILENT_MS = 400;      // longer than a busy browser keeps a message, and short of the second in which the page has its answer
  const LOOK_MS = 500;        // the same while there is only a card
  const BORN = 100;           // objects of a page that has not called OpenRouter by XMLHttpRequest which are listened to from their birth: 4 µs each
  const REST_MS = 2_000;      // a good answer that the page has not begun to read by then is taken for answered
  const BODY_MAX = 65_536, FACTS_MAX = 4_194_304, URL_MAX = 2_048; // characters
  const LOOK_MAX = 16_384;    // bytes of a good answer that are looked at for an error: such events, and such bodies, are small
  const GENERATION = /^https:\/\/(?:[\w-]+\.)*openrouter\.ai(?::\d+)?\/api\/v1\/(?:(?:chat\/)?completions|responses|messages|embeddings)(?:[?#]|$)/;
  /** Fields of an error body that name the person or repeat the prompt, quoted at any depth of JSON within JSON. */
  const PRIVATE = /((\\{0,7})(["'])(?:user_id|flagged_input)\2\3\s*:\s*\2\3)[^]*?((?<!\\)\2\3|$)/g;
  /** A key, or a person's or organisation's id, wherever it stands. */
  const IDENTITY = /\b(?:sk-[\w-]{8,}|(?:user|org)_\w{8,})/g;
  const BEARER = /^bearer +/i;
  /** What only OpenRouter says of a failure, or who says it. */
  const OURS = /openrouter|provider returned error|rate-limited upstream|free-models-per-|key limit exceeded \(|can only afford|no endpoints found/i;
  /**
   * What a refusal says where a changed request may fare better: any; one that names its providers; one that goes to another provider than the
   * one that refused. The core judges: these few words spare most pages that their last events are made (tests/plan.rs holds the two together).
   */
  const MENDS = /context_length|context length|is too long|model length|token limit|input length|max length|content exists risk|unsupported countr|location is not supported|unsupported_country|requires moderation|content management policy|agentic harness|use this slug|fallback_models/i;
  const FREES = /allowed providers|allowed_providers|requested_providers|region_restricted|"geo"|flagged/i, FOREIGN = /provider returned error/i;
  const PINNED = /"(?:only|order|allow_fallbacks)"\s*:/;
  /** A request's members that name OpenRouter, or its address: in JSON as it is written, where no text of the person's can look alike, but for the members that hold it. */
  const NAMED = /[{,]\s*"(?!(?:content|text|prompt|input|message|query|question|title|name|value)")\w+"\s*:\s*"(?:https?:\/\/(?:[\w-]+\.)*openrouter\.ai|openrouter(?:\.ai)?)["/:]/i;
  /** And its address: `/webapi/chat/openrouter`, or whose it is in a header field, written out or not. */
  const NAMED_PATH = /\/openrouter(?:[/?]|$)/i, NAMED_FIELD = /(?:^|\n)(?:https?(?::|%3a)(?:\/|%2f){2}(?:[\w-]+\.)*openrouter\.ai|openrouter(?:\n|$))/i;
  const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i, STREAM_TYPE = /^text\/event-stream\b/i;
  /** What a failure that is no document comes as. */
  const GLANCED = /^$|^(?:application\/(?:[\w.-]+\+)?json|text\/(?:plain|event-stream))\b/i;
  const NAMED_ERROR = /^event: ?error$/;
  /** The beginning of a line of an event; what cannot become one is a comment, or nothing. */
  const FIELD = /^(?:d(?:a(?:t(?:a(?::.*)?)?)?)?|e(?:v(?:e(?:n(?:t(?::.*)?)?)?)?)?|id?(?::.*)?|r(?:e(?:t(?:r(?:y(?::.*)?)?)?)?)?)$/s;
  /** As in protocol.js: only these header fields travel. */
  const HEADERS = ['content-type', 'retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-generation-id',
    'x-provider-name', 'request-id', 'cf-ray', 'cf-mitigated', 'server', 'date'];

  /** Members of a request that a remedy may change: the bridge learns which of them there are. */
  const MEMBERS = ['model', 'models', 'fallbacks', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'plugins', 'transforms', 'provider'];
  /** Who answered, in the first event or in the body; within a text of the model it is written \"provider\". */
  const PROVIDER = /"provider":\s*"([^"\\]{1,60})"/;
  /** What may be told of a key: numbers, flags, a period, a date. Each of its kind only. */
  const LIMITS = ['limit', 'limit_remaining', 'is_free_tier', 'total_credits', 'total_usage'], FREE = ['used', 'limit', 'remaining'];
  const PERIOD = /^(?:daily|weekly|monthly)$/;

  const slot = Reflect.getOwnPropertyDescriptor(globalThis, 'fetch');
  // Locked by the page, or somebody's accessor: nothing can be done here, and the bridge learns it by getting no port.
  if (slot === undefined || typeof slot.value !== 'function' || !(slot.configurable || slot.writable)) return;
  /** @type {typeof fetch} the browser's own, or that of whoever was here before us */
  const native = slot.value;

  // ---- natives

  const { apply, construct, ownKeys, defineProperty, getPrototypeOf, getOwnPropertyDescriptor } = Reflect, { create, hasOwn } = Object;
  const { isArray } = Array, { prototype: ANY } = Object, { isView } = ArrayBuffer, { parse, stringify } = JSON, { now } = Date, page = globalThis;
  const { Promise, Proxy, URL, Request, TypeError, Uint8Array, TextDecoder, TextEncoder, ReadableStream, Event, MessageEvent, ProgressEvent } = globalThis;
  const { document, origin, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  /** Without a prototype: what the page gives to every object is no part of it. @param {object} o @param {PropertyKey} key @returns {PropertyDescriptor | undefined} */
  const slotOf = (o, key) => { const d = getOwnPropertyDescriptor(o, key); return d && /** @type {PropertyDescriptor} */ ({ __proto__: null, ...d }); };
  /** Setters of the page's do not hear of it. @template T @param {T[]} list @param {T | undefined} one */
  const push = (list, one) => defineProperty(list, list.length, /** @type {PropertyDescriptor} */ ({ __proto__: null, value: one, configurable: true, enumerable: true, writable: true }));
  /**
   * A native method as a function of its receiver.
   * @type {<F extends (...args: never[]) => unknown>(method: F) => (self: unknown, ...args: Parameters<F>) => ReturnType<F>}
   */
  const free = (method) => (self, ...args) => apply(method, self, args);
  /**
   * A native getter as a function of its receiver. It throws for a foreign one without asking it anything: the only test for
   * "is this a Request" that runs no code of the page.
   * @type {<T extends object, K extends keyof T>(proto: T, name: K) => (self: unknown) => T[K]}
   */
  const getter = (proto, name) => /** @type {any} */ (free(slotOf(proto, name)?.get ?? (() => undefined))); // or lacking here
  const { prototype: S } = String, { prototype: Q } = Request, { prototype: R } = Response, { prototype: U } = URL, { prototype: X } = XMLHttpRequest;
  const { prototype: E } = EventTarget, { prototype: A } = AbortSignal, { prototype: H } = Headers, { prototype: B } = Blob, { prototype: V } = Event;
  const { prototype: D } = ReadableStreamDefaultReader, { prototype: T } = /** @type {{prototype: any}} with members that its type lacks */ (ReadableStream), C = ReadableStreamDefaultController.prototype;
  const M = WeakMap.prototype, L = /** @type {Uint8Array} */ (getPrototypeOf(Uint8Array.prototype));
  const indexOf = free(S.indexOf), lastIndexOf = free(S.lastIndexOf), slice = free(S.slice), lower = free(S.toLowerCase), upper = free(S.toUpperCase);
  const startsWith = free(S.startsWith), codeAt = free(S.charCodeAt), trim = free(S.trim), exec = free(RegExp.prototype.exec);
  const baseOf = getter(Node.prototype, 'baseURI'), hrefOf = getter(U, 'href'), originOf = getter(U, 'origin'), pathOf = getter(U, 'pathname');
  const addressOf = getter(Q, 'url'), methodOf = getter(Q, 'method'), keepaliveOf = getter(Q, 'keepalive'), signalOf = getter(Q, 'signal');
  const sentFields = getter(Q, 'headers'), referrerOf = getter(Q, 'referrer'), policyOf = getter(Q, 'referrerPolicy'), cloneRequest = free(Q.clone), textOf = free(Q.text), bytesOf = free(Q.arrayBuffer);
  const statusOf = getter(R, 'status'), fieldsOf = getter(R, 'headers'), bodyOf = getter(R, 'body'), cloneResponse = free(R.clone);
  const field = free(H.get), eachField = free(H.forEach), eachEntry = free(FormData.prototype.forEach), sizeOf = getter(B, 'size'), textOfBlob = free(B.text), bytesOfBlob = free(B.arrayBuffer), partOf = free(B.slice);
  const lengthOf = getter(ArrayBuffer.prototype, 'byteLength'), writtenOf = free(URLSearchParams.prototype.toString);
  const bufferOf = getter(L, 'buffer'), offsetOf = getter(L, 'byteOffset'), viewLengthOf = getter(L, 'byteLength');
  /** Each throws for any other kind of body. @type {((body: unknown) => unknown)[]} */
  const brands = [sizeOf, lengthOf, writtenOf, (body) => eachEntry(body, () => {})];
  const readerOf = free(T.getReader), isLocked = getter(T, 'locked'), valuesOf = free(T.values ?? (() => undefined)), readFrom = free(D.read), cancel = free(D.cancel), unlock = free(D.releaseLock);
  const enqueue = free(C.enqueue), close = free(C.close);
  const decode = free(TextDecoder.prototype.decode), encode = free(TextEncoder.prototype.encode), MORE = create(null, { stream: { value: true } });
  const isAborted = getter(A, 'aborted'), reasonOf = getter(A, 'reason'), listen = free(E.addEventListener), unlisten = free(E.removeEventListener);
  const typeOf = getter(V, 'type'), stopEvent = free(V.stopImmediatePropagation), isTaken = getter(V, 'defaultPrevented'), targetOf = getter(V, 'currentTarget');
  const P = ProgressEvent.prototype, loadedOf = getter(P, 'loaded'), totalOf = getter(P, 'total'), isKnown = getter(P, 'lengthComputable');
  const post = free(MessagePort.prototype.postMessage), dataOf = getter(MessageEvent.prototype, 'data');
  const dispatch = free(E.dispatchEvent);
  const xsend = free(X.send), xabort = free(X.abort), xset = free(X.setRequestHeader);
  const xfields = free(X.getAllResponseHeaders), setXtimeout = free(/** @type {(ms: number) => void} */ (slotOf(X, 'timeout')?.set));
  const xstate = getter(X, 'readyState'), xstatus = getter(X, 'status'), xtype = getter(X, 'responseType'), xtext = getter(X, 'responseText'), xbody = getter(X, 'response');
  const xtimeout = getter(X, 'timeout');
  const get = free(M.get), put = free(M.set), forget = free(M.delete);

  // ---- the wire

  const { port1: port, port2: theirs } = new MessageChannel();
  let alive = false;      // a bridge has our port, and answers
  let everything = false; // a test watches every address and method
  let home = '';          // the page's own origin, where the person switched the site on
  let routes = /** @type {unknown} */ (null); // other addresses to which a known app sends what its server relays

  /** @param {Observed | Settled | Resent | Limits | Failed | Ping} message */
  const tell = (message) => { if (alive) post(port, message); };
  /** A member of something parsed or cloned. @param {unknown} o @param {string} key @returns {unknown} */
  const own = (o, key) => (typeof o === 'object' && o !== null && hasOwn(o, key) ? /** @type {Record<string, unknown>} */ (o)[key] : undefined);

  /**
   * The failed calls whose promise the page still has open, by id. Each does as it is told, and says whether it keeps an answer.
   * @type {Record<string, (action?: unknown, ms?: unknown, patch?: unknown) => boolean>}
   */
  const waiting = create(null);
  let beating = 0, looking = 0, missed = 0, askedAt = 0;

  const beat = () => {
    let kept = false;
    for (const id in waiting) kept = waiting[id]?.() === true || kept;
    if (missed === 0) askedAt = now();
    if (kept && (missed < 2 || now() - askedAt < SILENT_MS)) { missed += 1; tell({ v: 1, type: 'ping' }); return; }
    clearInterval(beating);
    beating = 0;
    if (kept) letGo();
  };
  const look = () => {
    if (beating !== 0) return;
    if (missed < 2) { missed += 1; tell({ v: 1, type: 'ping' }); } else letGo();
  };

  /** The extension is gone, or a newer tap has taken over: the page gets everything, and nothing is watched any more. */
  const letGo = () => {
    for (const id in waiting) waiting[id]?.('gone');
    alive = false;
    clearInterval(looking);
    // In Firefox nobody else is left to do it. By methods that may be the page's: it may know by now.
    try { const cards = document.querySelectorAll('div[data-cooldown]:empty'); for (let i = 0; i < cards.length; i++) cards[i]?.remove(); } catch { /* it stays */ }
  };

  port.onmessage = (event) => {
    const m = dataOf(event), type = own(m, 'type');
    if (own(m, 'v') !== 1) return;
    missed = 0;
    if (type === 'configure') {
      everything = own(m, 'watch') === 'all';
      home = own(m, 'watch') === 'own' ? `${origin}/` : '';
      routes = own(m, 'routes');
    }
    if (type === 'card') {
      clearInterval(looking);
      if (own(m, 'open') === true) looking = setInterval(look, LOOK_MS);
    }
    if (type === 'decide') waiting[/** @type {string} another key finds nothing */ (own(m, 'id'))]?.(own(m, 'action'), own(m, 'deadline_ms'), own(m, 'patch'));
    if (type === 'ask_limits') askLimits(/** @type {number} */ (own(m, 'story')));
  };

  // ---- stories

  /**
   * The same body to the same address, as long as it fails. `held`: how to give up each of its calls that waits. `free`: since when the app has
   * the failure, and has not tried again; `sent`: we have; `rest`: what it asks, of whomever.
   * @typedef {{id: number, url: string, text: string, failures: number, held: Record<string, () => void>, at: number, free: number, sent: boolean, rest: string | null}} Story
   */
  /** @type {Record<string, Story>} the recent ones */
  const stories = create(null);
  let lastId = 0, lastStory = 0;

  /** Whom a request asks. @type {Edit[]} */
  const WHOM = [{ path: ['model'], json: null }, { path: ['models'], json: null }, { path: ['provider'], json: null }];
  /**
   * Is it what an app that has its failure tries next, the same of another model? One that is under way beside the first is a comparison's, and so is a
   * second one: each failure frees one. And once we have sent a story again, the person waits for that very answer.
   * @param {Story} story @param {() => string} rest what it asks, of whomever; throws where that is no JSON object @param {number} at when it was sent
   */
  const isNext = (story, rest, at) => {
    const { free, sent, held, text } = story;
    if (sent || at < free || at - free > NEXT_MS || ownKeys(held).length > 0) return false;
    try { return (story.rest ??= patched(text, WHOM)) === rest(); } catch { return false; }
  };
  /** @param {string} url @param {string} text @param {number} at @returns {Story | null} */
  const recall = (url, text, at) => {
    let next = null, mine = '';
    // Read once, and only where no text is the same: fifty at once are fifty long ones.
    const rest = () => (mine ||= patched(text, WHOM));
    for (const id in stories) {
      const story = stories[id];
      if (story === undefined || now() - story.at > STORY_MS) delete stories[id];
      else if (text !== '' && story.url === url && story.text === text) return story;
    }
    for (const id in stories) {
      const story = /** @type {Story} */ (stories[id]);
      if (text !== '' && story.url === url && isNext(story, rest, at)) next = story;
    }
    return next;
  };

  // ---- the request, as it was at the call

  /**
   * @typedef {object} Call
   * @property {string} url                   absolute
   * @property {string} method
   * @property {AbortSignal | null} signal    the page's own
   * @property {string | null} key            the Authorization field; we send it nowhere
   * @property {string | null} retries        X-Stainless-Retry-Count
   * @property {boolean} relay                to the site's own server, which may be about anything
   * @property {() => string} values          of its header fields, one a line
   * @property {() => string | Promise<string>} text  the body
   * @property {() => boolean} can            where no answer came, the page's own wishes are not why; throws where it cannot be sent at all
   * @property {((body: string | null) => Promise<Answer>) | null} send  the same once more, or with another body; null where it might not be the same, or is no longer of use
   * @property {string | null} changed        the body of the last try, where it was not the page's own
   * @property {boolean} whole                the page takes its answer whole: a later try asks for no stream
   * @property {string | null} by             the provider that answered a later try, where it is told
   * @property {number} at                    when the page sent it
   * @property {Story | null} story           the failed one that the app itself is trying again
   * @property {number} id                    of the promise that is kept, 0 while none is
   * @property {Story | null} kept            its story
   * @property {number} tries
   * @property {boolean} reading              the page has begun to read the good answer
   * @property {number} copies                Responses that show this answer: the page may clone it
   * @property {number} round                 which good answer this is, counted over all holds
   * @property {Record<number, Promise<Answer | null>>} found  what came of an error inside an answer, by its round
   * @property {(() => void) | null} quit     the page itself ends the hold
   * @property {(() => void) | null} arrived  the good answer has shown itself to be one
   * @property {(() => void) | null} leave    a later failure of the same call takes over
   */
  /**
   * What came for a call, however it was made.
   * @typedef {object} Answer
   * @property {Exchange['surface']} surface
   * @property {number} status                              0: none came
   * @property {(name: string) => string | null} field      a header field
   * @property {() => string | Promise<string>} text        of an error
   * @property {Response | null} response                   for `fetch`
   */
  const HIDDEN = Symbol('behind code of the page');

  /** @param {object} o @returns {boolean} nothing is above it but the Object.prototype of some window */
  const isPlain = (o) => { const up = getPrototypeOf(o); return up === null || getPrototypeOf(up) === null; };
  /** Without running a getter. @param {unknown} o @param {PropertyKey} key @returns {unknown} */
  const valueAt = (o, key) => {
    const d = slotOf(/** @type {object} anything else throws, as it should */ (o), key);
    return d !== undefined && 'value' in d ? d.value : HIDDEN;
  };

  /** All that native may look for, own and inherited. @param {object} init */
  const membersOf = (init) => {
    /** @type {Record<PropertyKey, unknown>} */
    const members = create(null);
    for (let o = init; ; o = /** @type {object} not plain: there is one */ (getPrototypeOf(o))) {
      const keys = ownKeys(o);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] ?? '';
        if (!(key in members)) members[key] = valueAt(o, key);
      }
      if (isPlain(o)) return members;
    }
  };

  /** A record of plain strings. Throws where a copy takes code of the page, or takes what can be read only once. @param {unknown} headers */
  const copyHeaders = (headers) => {
    /** @type {Record<string, string>} */
    const out = create(null);
    /** @param {unknown} value @param {unknown} name */
    const add = (value, name) => {
      if (typeof name !== 'string' || typeof value === 'function' || (typeof value === 'object' && value !== null)) throw HIDDEN;
      out[name] = name in out ? `${out[name]}, ${value}` : `${value}`; // a symbol throws by itself
    };
    try { eachField(headers, add); return out; } catch { /* not a Headers */ }
    const record = /** @type {object} anything else throws */ (headers), keys = ownKeys(record), pairs = isArray(headers);
    if (!pairs && !isPlain(record)) throw HIDDEN;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? '', d = slotOf(record, key);
      if (pairs && key !== 'length') add(valueAt(d?.value, 1), valueAt(d?.value, 0));
      if (!pairs && d?.enumerable) add('value' in d ? d.value : HIDDEN, key); // an iterator's name is a symbol: it throws
    }
    return out;
  };

  /** May native take the bytes now and again, without a look at the object's own code? @param {unknown} body */
  const isBytes = (body) => {
    if (typeof body === 'string' || isView(body)) return true;
    for (let i = 0; i < brands.length; i++) try { brands[i]?.(body); return true; } catch { /* another kind */ }
    return false;
  };

  /** A text as it is, and what a form's fields say; nothing where a file is among them, or of any other body. @param {unknown} body @returns {string} */
  const textIn = (body) => {
    if (typeof body === 'string') return body;
    try { return writtenOf(body); } catch { /* no fields of an address */ }
    try {
      let all = '';
      eachEntry(body, (/** @type {unknown} */ value, /** @type {string} */ name) => {
        if (typeof value !== 'string') throw HIDDEN;
        all += `${name}=${value}\n`;
      });
      return all;
    } catch { return ''; }
  };

  /** @param {unknown} input @param {unknown} init @returns {Call | null} null: not ours, or nothing to be done. Never throws. */
  const watch = (input, init) => {
    try {
      let url, request = null;
      if (typeof input === 'string') {
        if (init === undefined && !everything) return null; // a GET
        url = input;
      } else if (typeof input !== 'object' || input === null) return null;
      else try { url = addressOf(input); request = /** @type {Request} */ (input); } catch { url = hrefOf(input); } // others throw: no toString is run
      url = watched(url);
      return url === null ? null : snapshot(url, request, /** @type {object} */ (init ?? {}));
    } catch { return null; }
  };

  /** @param {string} url @returns {string | null} the whole address, where it is watched */
  const watched = (url) => {
    if (!everything && (url.length > URL_MAX || (home === '' && indexOf(url, '/v1/') === -1))) return null;
    const whole = hrefOf(new URL(url, baseOf(document)));
    return everything || isGeneration(whole) || isRelay(whole) ? whole : null;
  };
  /** @param {string} whole */
  const isGeneration = (whole) => exec(GENERATION, whole) !== null;
  /** @param {string} whole */
  const isRelay = (whole) => {
    if (home === '') return false;
    if (isArray(routes)) for (let i = 0; i < routes.length; i++) if (typeof routes[i] === 'string' && startsWith(whole, routes[i])) return true;
    return startsWith(whole, home);
  };

  /**
   * Does the app itself try a failed one again? And one that is held it has given up on where it asks the very same anew: its own patience is
   * over, or the person has asked once more. Whoever pressed Retry for that would pay for an answer that nobody waits for.
   * @param {string} url @param {string} text
   */
  const resent = (url, text) => {
    const story = recall(url, text, now());
    if (story === null) return null;
    if (ownKeys(story.held).length > 0) { // the app cannot know that it failed
      if (now() - story.at > TOGETHER_MS) for (const id in story.held) story.held[id]?.();
      return null;
    }
    story.free = 0;
    tell({ v: 1, type: 'resent', story: story.id, answered: false });
    return story;
  };

  /** @param {string} url @param {Request | null} request @param {object} init @returns {Call | null} */
  const snapshot = (url, request, init) => {
    const members = membersOf(init), { body, headers } = members;
    const method = members.method ?? (request === null ? 'GET' : methodOf(request));
    if (typeof method !== 'string' || (!everything && upper(method) !== 'POST')) return null;
    const signal = members.signal === undefined && request !== null ? signalOf(request) : members.signal ?? null;
    if (signal !== null && isAborted(signal)) return null; // native rejects at once
    let fields = null, same = !(members.keepalive ?? (request !== null && keepaliveOf(request))); // of a page that may be gone
    for (const key in members) same &&= members[key] !== HIDDEN;
    try { if (headers !== undefined) members.headers = fields = copyHeaders(headers); } catch { same = false; }
    same &&= body === undefined || body === null || isBytes(body);
    /** @param {string} name @returns {string | null} */
    const header = (name) => {
      for (const key in fields) if (lower(key) === name) return fields[key] ?? null;
      return fields === null && request !== null ? field(sentFields(request), name) : null;
    };
    // A string stays what it is. Of anything else native itself takes the bytes, now.
    const isText = request === null && (typeof body !== 'object' || body === null);
    const text = textIn(body);
    if (!everything && !isText && text === '' && !isGeneration(url) && exec(JSON_TYPE, header('content-type') ?? '') === null) return null; // a file on its way to the site
    const taken = same && !isText ? new Request(request === null ? url : cloneRequest(request), members) : null;
    const values = () => {
      let all = '';
      if (fields === null && request !== null) eachField(sentFields(request), (value) => { all += `${value}\n`; });
      for (const key in fields) all += `${fields[key]}\n`;
      return all;
    };
    return {
      ...newCall(url, method, text, header, values), story: resent(url, text), signal: /** @type {AbortSignal | null} isAborted throws for others */ (signal),
      text: () => (taken === null || text !== '' ? text : textOf(cloneRequest(taken))),
      can: () => members.redirect !== 'error' && members.mode !== 'same-origin' && !members.integrity && (taken !== null || new Request(url, members) !== null),
      send: same ? async (body) => answerOf(await apply(native, page, taken === null
        ? [url, body === null ? members : { __proto__: null, ...members, body }]
        // Bytes, which bring no content type of their own.
        : [body === null ? cloneRequest(taken) : new Request(cloneRequest(taken), /** @type {RequestInit} */ ({ __proto__: null, body: encode(new TextEncoder(), body), referrer: referrerOf(taken), referrerPolicy: policyOf(taken) }))])) : null,
    };
  };

  /** @param {string} url @param {string} method @param {string} text @param {(name: string) => string | null} header @param {() => string} values @returns {Call} */
  const newCall = (url, method, text, header, values) => ({
    url, method: upper(method), relay: !everything && !isGeneration(url), values, signal: null, key: header('authorization'), retries: header('x-stainless-retry-count'), text: () => text, can: () => true, send: null, changed: null, whole: false, by: null, at: now(), story: null,
    id: 0, kept: null, tries: 1, reading: false, copies: 1, round: 0, found: create(null), quit: null, arrived: null, leave: null,
  });

  /** @param {Response} response @returns {Answer} */
  const answerOf = (response) => ({
    surface: 'http', status: statusOf(response), response, field: (name) => field(fieldsOf(response), name), text: () => read(response),
  });

  // ---- what the bridge is told

  /** @param {Response} response @param {number} [ms] @returns {Promise<string>} as much of it as comes in time and may travel */
  const read = async (response, ms) => {
    const stream = bodyOf(response), decoder = new TextDecoder();
    if (stream === null) return '';
    const reader = /** @type {ReadableStreamDefaultReader<Uint8Array>} */ (readerOf(stream));
    let text = '';
    const all = async () => {
      for (let part; text.length < BODY_MAX && !(part = await readFrom(reader)).done;) text += decode(decoder, part.value, MORE);
    };
    await within(all(), ms);
    within(cancel(reader));
    return slice(text, 0, BODY_MAX);
  };

  /** What a server may repeat of the person, the prompt and the key stays here. @param {string} text @param {Call} call */
  const withhold = (text, call) => {
    let named = '', out = '', from = 0;
    PRIVATE.lastIndex = IDENTITY.lastIndex = 0;
    for (let m; (m = exec(PRIVATE, text)) !== null; from = PRIVATE.lastIndex) named += slice(text, from, m.index) + m[1] + m[4];
    named += slice(text, from);
    from = 0;
    for (let m; (m = exec(IDENTITY, named)) !== null; from = IDENTITY.lastIndex) out += `${slice(named, from, m.index)}…`;
    out += slice(named, from);
    const scheme = exec(BEARER, call.key ?? ''), key = scheme === null ? '' : slice(call.key, scheme[0].length);
    if (key.length >= 8) for (let at; (at = indexOf(out, key)) !== -1;) out = `${slice(out, 0, at)}…${slice(out, at + key.length)}`;
    return out;
  };

  /** @param {string} text @param {Call} call @returns {RequestFacts} */
  const factsOf = (text, call) => {
    let body;
    try { body = text.length > FACTS_MAX ? null : parse(text); } catch { /* not JSON */ }
    const provider = own(body, 'provider'), model = own(body, 'model'), fallbacks = own(provider, 'allow_fallbacks');
    /** What is no JSON object, or is not UTF-8 throughout, is not changed. @type {string[] | null} */
    let members = null;
    if (typeof body === 'object' && body !== null && !isArray(body) && indexOf(text, '\ufffd') === -1) {
      members = [];
      for (let i = 0; i < MEMBERS.length; i++) if (hasOwn(body, MEMBERS[i] ?? '')) push(members, MEMBERS[i]);
    }
    const most = own(body, 'max_tokens') ?? own(body, 'max_completion_tokens') ?? own(body, 'max_output_tokens');
    /** @param {unknown} list */
    const slugs = (list) => {
      /** @type {string[]} */
      const out = [];
      if (isArray(list)) for (let i = 0; i < list.length && i < 16; i++) if (typeof list[i] === 'string') push(out, slice(list[i], 0, 100));
      return out;
    };
    // A search of the web or a document that is read is done, and billed, whatever the model says after it. What was not read may ask for one.
    let early = body === null || typeof body !== 'object' || own(body, 'web_search_options') !== undefined || (typeof model === 'string' && indexOf(model, ':online') !== -1);
    const plugins = own(body, 'plugins'), tools = own(body, 'tools');
    if (isArray(plugins) && plugins.length > 0) early = true;
    if (isArray(tools)) for (let i = 0; i < tools.length; i++) { const kind = own(tools[i], 'type'); if (typeof kind === 'string' && kind !== 'function' && kind !== 'custom') early = true; }
    early ||= indexOf(text, '"file"') !== -1 || indexOf(text, '"input_file"') !== -1 || indexOf(text, '"document"') !== -1;
    return {
      model: typeof model === 'string' ? slice(model, 0, 200) : null, stream: own(body, 'stream') === true,
      max_tokens: typeof most === 'number' ? most : null,
      key: exec(BEARER, call.key ?? '') !== null, relay: call.relay, named: call.relay && isNamed(call, text), only: slugs(own(provider, 'only')), order: slugs(own(provider, 'order')), ignore: slugs(own(provider, 'ignore')),
      allow_fallbacks: typeof fallbacks === 'boolean' ? fallbacks : null, app_retries: call.retries === null ? null : +call.retries, members, size: text.length,
      works_before: early,
    };
  };

  /** @param {Call} call @param {string} text the request's */
  const isNamed = (call, text) => exec(NAMED, text) !== null || exec(NAMED_PATH, call.url) !== null || exec(NAMED_FIELD, call.values()) !== null;
  /** Of what goes to a site's own server nobody hears, but where the request or the failure names OpenRouter. @param {Call} call @param {string} text the request's @param {string} body of the failure */
  const concerns = (call, text, body) => exec(OURS, body) !== null || isNamed(call, text);
  /** @param {Call} call @param {string} body of the failure */
  const isOurs = async (call, body) => !call.relay || concerns(call, await within(call.text()) ?? '', body);
  /** @param {Call} call of an XMLHttpRequest: a relay's body is text @param {string} body of the failure */
  const isOursNow = (call, body) => !call.relay || concerns(call, /** @type {string} */ (call.text()), body);
  /** A small answer of the site's own server: what it says. @param {Response} response @returns {Promise<string>} */
  const glance = async (response) => {
    const fields = fieldsOf(response), size = field(fields, 'content-length');
    if (exec(GLANCED, field(fields, 'content-type') ?? '') === null || (size !== null && +size > BODY_MAX)) return '';
    const text = await read(cloneResponse(response), GLANCE_MS);
    return text.length < BODY_MAX ? text : '';
  };

  /** @param {Call} call @param {Answer} answer @param {string} body @returns {Exchange} */
  const exchangeOf = (call, { surface, status, field: value }, body) => {
    const address = new URL(call.url);
    /** @type {Record<string, string>} */
    const headers = create(null);
    for (let i = 0; status !== 0 && i < HEADERS.length; i++) {
      const name = HEADERS[i] ?? '', found = value(name);
      if (found !== null) headers[name] = withhold(found, call);
    }
    return { surface, url: withhold(originOf(address) + pathOf(address), call), method: call.method, status, headers, body: withhold(slice(body, 0, BODY_MAX), call), at_ms: now() };
  };

  /**
   * Tells of a failure, and under which story: that of the app's own next try has the words of its first.
   * @param {Call} call @param {number} id @param {Answer} answer @param {string} body @param {string} text the request's @param {boolean} replayable
   */
  const observe = (call, id, answer, body, text, replayable) => {
    const story = call.kept ??= call.story ?? recall(call.url, text, call.at) ?? { id: lastStory += 1, url: call.url, text, failures: 0, held: create(null), at: 0, free: 0, sent: false, rest: null };
    stories[story.id] = story;
    delete stories[story.id - STORIES];
    story.failures += 1;
    story.at = now();
    const exchange = exchangeOf(call, answer, body), request = factsOf(call.changed ?? text, call);
    if (call.key !== null && (everything || exec(GENERATION, call.url) !== null)) askers[story.id] = { url: call.url, key: call.key };
    delete askers[story.id - STORIES];
    tell({ v: 1, type: 'observed', id, story: story.id, attempt: story.failures, replayable: replayable && story.text === text, exchange, request });
    return story;
  };

  // ---- what a click asks for beside

  /** Failed calls that carried a key, by story. @type {Record<string, {url: string, key: string}>} */
  const askers = create(null);

  /** Asks OpenRouter, as the page did and with its key, what is left; numbers alone are told. @param {number} story */
  const askLimits = async (story) => {
    /** @type {Record<string, number | boolean | string>} */
    const numbers = create(null);
    const asker = askers[story], paths = ['/api/v1/key', '/api/v1/credits'];
    for (let i = 0; asker !== undefined && i < paths.length; i++) try {
      const init = { __proto__: null, headers: { __proto__: null, Authorization: asker.key }, credentials: 'omit', cache: 'no-store', redirect: 'error' };
      const response = await apply(native, page, [originOf(new URL(asker.url)) + paths[i], init]);
      if (statusOf(response) !== 200) continue;
      const data = own(parse(await read(response)), 'data'), free = own(data, 'free_model_daily_requests'), period = own(data, 'limit_reset');
      for (let j = 0; j < LIMITS.length; j++) {
        const name = LIMITS[j] ?? '', value = own(data, name);
        if (typeof value === 'number' || typeof value === 'boolean') numbers[name] = value;
      }
      for (let j = 0; j < FREE.length; j++) {
        const name = FREE[j] ?? '', value = own(free, name);
        if (typeof value === 'number') numbers[`free_${name}`] = value;
      }
      if (typeof period === 'string' && exec(PERIOD, period) !== null) numbers.limit_reset = period;
    } catch { /* that much stays unknown */ }
    tell({ v: 1, type: 'limits', story, numbers });
  };

  // ---- the change that a remedy makes: an edit of the text, so that whatever else stands there stays as it was written

  /** The next that is no white space. @param {string} text @param {number} at */
  const solid = (text, at) => { while (codeAt(text, at) <= 32) at++; return at; };
  /** Where a string ends, its quotes included. @param {string} text of JSON @param {number} at its first quote */
  const stringEnd = (text, at) => {
    for (let from; ;) {
      from = at = indexOf(text, '"', at + 1);
      while (codeAt(text, from - 1) === 92) from--;
      if ((at - from) % 2 === 0) return at + 1;
    }
  };
  /** Where a value ends. @param {string} text of JSON @param {number} at its first character */
  const valueEnd = (text, at) => {
    for (let depth = 0; ; at++) {
      const code = codeAt(text, at);
      if (code === 34) {
        at = stringEnd(text, at) - 1;
        if (depth === 0) return at + 1;
      } else if (code === 123 || code === 91) depth++;
      else if (code === 125 || code === 93) { if (--depth <= 0) return depth === 0 ? at + 1 : at; }
      else if (depth === 0 && (code === 44 || code <= 32)) return at;
    }
  };
  /**
   * An object with one member set, or taken out; of equal names the last is the one that counts.
   * @param {string} text of JSON @param {string} name @param {(value: string) => string | null} change '' where there is none; null: shall not be there
   * @returns {string}
   */
  const edited = (text, name, change) => {
    const open = solid(text, 0) + 1;
    let from = -1, value = 0, end = 0, before = 0, next = 0, last = open;
    for (let at = solid(text, open); text[at] === '"';) {
      const key = at, close = stringEnd(text, key), start = solid(text, indexOf(text, ':', close) + 1), stop = valueEnd(text, start);
      at = solid(text, stop);
      if (text[at] === ',') at = solid(text, at + 1);
      if (parse(slice(text, key, close)) === name) { from = key; value = start; end = stop; before = last; next = at; }
      last = stop;
    }
    const json = change(slice(text, value, end));
    if (from === -1) return json === null ? text : `${slice(text, 0, last)}${last === open ? '' : ','}"${name}":${json}${slice(text, last)}`;
    if (json !== null) return slice(text, 0, value) + json + slice(text, end);
    return edited(text[next] === '"' ? slice(text, 0, from) + slice(text, next) : slice(text, 0, before) + slice(text, end), name, change);
  };
  /** @param {string} text of a JSON object; throws for any other @param {Edit[]} patch */
  const patched = (text, patch) => {
    parse(text);
    if (text[solid(text, 0)] !== '{') throw HIDDEN;
    for (let i = 0; i < patch.length; i++) {
      const { path, json } = /** @type {Edit} */ (patch[i]), name = path[0] ?? '', inner = path[1];
      text = edited(text, name, (value) => (inner === undefined ? json : value[0] === '{' ? edited(value, inner, () => json) : json !== null ? `{"${inner}":${json}}` : value === '' ? null : value));
    }
    return text;
  };

  /** Without a stream, of which `stream_options` may not speak then. @type {Edit[]} */
  const WHOLE = [{ path: ['stream'], json: 'false' }, { path: ['stream_options'], json: null }];

  /** The value if it comes in time, or else nothing. Never rejects. @template T @param {T | Promise<T>} value @param {number} [ms] @returns {Promise<T | undefined>} */
  const within = (value, ms = READ_MS) => new Promise(async (ok) => {
    const timer = setTimeout(ok, ms);
    try { ok(await value); } catch { ok(undefined); }
    clearTimeout(timer);
  });

  // ---- a failed call

  /** @type {Answer} */
  const BROKEN = { surface: 'http', status: 0, field: () => null, text: () => '', response: null };

  /**
   * Keeps a failure until there is a decision.
   * @param {Call} call @param {Answer} first
   * @returns {Promise<Answer | null>} the good answer of a later try; null: let go. Rejects where the page itself ends it.
   */
  const hold = (call, first) => new Promise((resolve, reject) => {
    call.leave?.();
    if (ownKeys(waiting).length >= HELD_MAX) { resolve(null); return; }
    const { signal } = call, id = call.id === 0 ? (call.id = lastId += 1) : call.id;
    /** @type {'judging' | 'held' | 'sending' | 'arrived' | 'over'} */
    let state = 'judging';
    let timer = 0;
    /** @type {Settled['why'] | null} let go while a try was on its way, which may still win */
    let dropped = null;

    call.leave = () => {
      state = 'over';
      clearTimeout(timer);
      delete waiting[id];
      if (signal !== null) unlisten(signal, 'abort', onAbort);
      call.leave = call.quit = call.arrived = null;
    };
    /** @param {Settled['outcome']} outcome @param {Settled['why']} why */
    const end = (outcome, why) => {
      const { kept: story, tries: attempt, by } = call;
      call.leave?.();
      call.id = 0;
      call.tries = 1;
      call.kept = call.changed = call.by = null;
      if (story === null) return;
      delete story.held[id];
      story.at = now();
      if (outcome === 'released') story.free = now();
      if (outcome === 'answered') {
        delete stories[story.id];
        call.story = null; // told by this, and not once more as the app's own try
      }
      tell({ v: 1, type: 'settled', id, story: story.id, attempt, outcome, why, by });
    };
    /** @param {Settled['why']} why */
    const release = (why) => {
      if (state === 'sending') dropped = why;
      else if (state !== 'over') { end('released', why); resolve(null); }
    };
    const giveUp = () => {
      if (state === 'sending') dropped = 'page';
      else if (state !== 'over' && state !== 'arrived') { end('aborted', 'page'); resolve(null); }
    };
    const onAbort = () => { if (state !== 'over') { end('aborted', 'page'); reject(signal === null ? undefined : reasonOf(signal)); } };

    /** @param {Answer} answer */
    const judge = async (answer) => {
      const mine = call.tries;
      state = 'judging';
      if (dropped !== null || !alive) { release(dropped ?? 'gone'); return; }
      timer = setTimeout(release, VERDICT_MS, 'late');
      if (beating === 0) { missed = 0; beating = setInterval(beat, BEAT_MS); }
      const sent = within(call.text()), body = await answer.text(), text = await sent ?? '';
      if (state !== 'judging' || mine !== call.tries) return; // aborted, let go, or sent again meanwhile
      const isFirst = call.kept === null, story = observe(call, id, answer, body, text, call.send !== null);
      if (story.text !== text) release('decision'); // the app helps itself
      else if (isFirst) story.held[id] = giveUp;
    };
    /** @param {Answer} answer */
    const failed = async (answer) => { try { await judge(answer); } catch { release('late'); } };
    /** @param {NonNullable<Call['send']>} send @param {unknown} patch */
    const retry = async (send, patch) => {
      clearTimeout(timer);
      state = 'sending';
      if (call.kept !== null) call.kept.sent = true;
      call.tries += 1;
      call.reading = false;
      call.changed = call.by = null;
      let answer = BROKEN;
      try {
        if (isArray(patch) || call.whole) {
          const text = await call.text(), changed = isArray(patch) ? patched(text, patch) : text;
          call.changed = call.whole ? patched(changed, WHOLE) : changed;
        }
        if (state === 'sending') answer = await send(call.changed);
      } catch { /* it broke; or the page ended it, and has its reason already */ }
      if (state !== 'sending') return;
      if (answer.status === 0 || answer.status >= 400) { failed(answer); return; }
      // Its status is good; whether there is an error in it shows when the page reads it.
      state = 'arrived';
      call.round += 1;
      call.by = answer.field('x-provider-name');
      call.arrived = () => end('answered', 'page');
      timer = setTimeout(() => { if (!call.reading) call.arrived?.(); }, REST_MS);
      resolve(answer);
    };

    waiting[id] = (action, ms, patch) => {
      const kept = state === 'judging' || state === 'held';
      if (action === 'release' || action === 'gone') release(action === 'gone' ? 'gone' : 'decision');
      else if (kept && action === 'retry' && call.send !== null) retry(call.send, patch);
      else if (kept && action === 'hold') {
        clearTimeout(timer);
        state = 'held';
        timer = setTimeout(release, typeof ms !== 'number' ? HOLD_MS : ms < HOLD_MAX_MS ? ms : HOLD_MAX_MS, 'deadline');
      }
      return kept;
    };
    call.quit = onAbort;
    if (signal !== null) listen(signal, 'abort', onAbort);
    failed(first);
  });

  /** Tells of a failure that the page has already. @param {Call} call @param {Answer} answer */
  const note = async (call, answer) => {
    if (!alive || call.id !== 0) return;
    try {
      const body = await answer.text();
      if (!await isOurs(call, body)) { tell({ v: 1, type: 'failed' }); return; }
      const id = lastId += 1, story = observe(call, id, answer, body, await within(call.text()) ?? '', false);
      story.free = now();
      call.kept = null;
      tell({ v: 1, type: 'settled', id, story: story.id, attempt: 1, outcome: 'released', why: 'decision', by: null });
    } catch { /* it stays unexplained */ }
  };

  /** The page has a good answer: nothing is left to do for this call. @param {Call} call */
  const done = (call) => {
    call.send = null;
    call.arrived?.();
    const { story } = call;
    if (story === null) return;
    call.story = null;
    delete stories[story.id];
    tell({ v: 1, type: 'resent', story: story.id, answered: true });
  };

  // ---- an error inside a good answer

  /** @param {unknown} o anything parsed */
  const isError = (o) => {
    const error = own(o, 'error'), type = own(o, 'type'), choices = own(o, 'choices'), errors = own(o, 'errors'); // GraphQL's
    if ((typeof error === 'object' && error !== null) || (typeof error === 'string' && error !== '')) return true;
    if (error === true && typeof (own(o, 'text') ?? own(o, 'message')) === 'string') return true;
    if (type === 'error' || type === 'RUN_ERROR' /* AG-UI's */ || (isArray(errors) && errors.length > 0) || type === 'response.failed' || type === 'response.error' || own(own(o, 'response'), 'status') === 'failed' || (own(o, 'status') === 'failed' && own(o, 'object') === 'response')) return true;
    if (isArray(choices)) for (let i = 0; i < choices.length; i++) {
      const choice = choices[i];
      if (own(choice, 'error') || own(choice, 'finish_reason') === 'error' || own(choice, 'native_finish_reason') === 'error') return true;
    }
    return wentWrong(o);
  };
  /** A server of its own answers so whatever happened, and says inside how it went. @param {unknown} o */
  const wentWrong = (o) => {
    const status = own(o, 'status'), code = own(o, 'code'), why = own(o, 'message') ?? own(o, 'msg') ?? own(o, 'reason') ?? own(o, 'detail') ?? own(o, 'err');
    if (typeof why !== 'string') return false;
    return own(o, 'success') === false || own(o, 'ok') === false || status === 'error' || status === 'fail' || status === 'failed' || (typeof code === 'number' && code >= 400 && code < 600);
  };
  /** Every shape of an error holds one of these; within a text of the model it is written \"error\". */
  const SIGNS = ['"error"', '"errors"', '"failed"', '"fail"', '"success"', '"ok"', '"code"', 'RUN_ERROR'];
  /** @param {string} text */
  const mayHoldError = (text) => {
    for (let i = 0; i < SIGNS.length; i++) if (indexOf(text, /** @type {string} */ (SIGNS[i])) !== -1) return true;
    return false;
  };
  /** @param {string} text */
  const isErrorText = (text) => {
    if (!mayHoldError(text)) return false;
    try { return isError(parse(text)); } catch { return false; }
  };

  /** @param {string} text of a request */
  const isStreamed = (text) => { try { return own(parse(text), 'stream') === true; } catch { return false; } };
  /** @param {string} text */
  const providerIn = (text) => exec(PROVIDER, slice(text, 0, LOOK_MAX))?.[1] ?? null;

  /** Reads along: what has come of one body, and is there an error in it? */
  class Look {
    /** @type {'wait' | 'content' | 'error'} `wait`: only comments or white space so far, or half an event */
    first = 'wait';
    /** what came last is of no use to anybody before more has come */
    half = false;
    found = '';   // the error
    size = 0;
    rest = '';    // a line, or a JSON body, that has not ended
    data = '';
    open = false; // an event has begun, and has not ended
    named = false; // and is called an error
    /** @type {string | null} who answered */
    by = null;
    decoder = new TextDecoder();
    /** @param {boolean} json */
    constructor(json) { this.json = json; }

    get over() { return this.found !== '' || (this.json && this.first !== 'wait'); }

    /** @param {Uint8Array} bytes */
    take(bytes) {
      if (this.over) return;
      const length = viewLengthOf(bytes);
      this.size += length;
      if (length > LOOK_MAX) { // an error is small, and comes last
        this.decoder = new TextDecoder();
        this.rest = '';
        this.first = 'content';
        this.hear(decode(this.decoder, new Uint8Array(bufferOf(bytes), offsetOf(bytes) + length - LOOK_MAX, LOOK_MAX), MORE));
      } else this.hear(decode(this.decoder, bytes, MORE));
    }

    /** @param {string} text */
    hear(text) {
      if (this.first === 'wait' && this.size > LOOK_MAX) this.first = 'content';
      if (this.first === 'content') this.scan(this.rest + text);
      else if (this.json) {
        this.rest += text;
        this.half = trim(this.rest) !== ''; // white space keeps the line alive
      } else this.lines(this.rest + text);
    }

    /** @param {string} text */
    lines(text) {
      let at = 0;
      for (let i = 0; i < text.length; i++) {
        const code = codeAt(text, i);
        if (code !== 10 && code !== 13) continue;
        if (code === 13 && i + 1 === text.length) break; // its \n may still come
        const line = slice(text, at, i);
        if (code === 13 && codeAt(text, i + 1) === 10) i++;
        at = i + 1;
        if (startsWith(line, 'data:')) this.data += `${slice(line, 5)}\n`;
        this.named ||= exec(NAMED_ERROR, line) !== null;
        if (line !== '') this.open ||= line[0] !== ':';
        else if (this.data !== '') { this.judge(this.data, slice(text, at)); return; }
        else this.open = this.named = false;
      }
      this.rest = slice(text, at);
      this.half = this.open || exec(FIELD, this.rest) !== null;
    }

    /** The first event, or the whole body, is there. @param {string} text @param {string} after */
    judge(text, after) {
      this.half = false;
      this.first = this.named || isErrorText(text) ? 'error' : 'content';
      this.by = providerIn(text);
      if (this.first === 'error') this.found = trim(text);
      else this.scan(after);
    }

    /** After content: an error event can only be explained. @param {string} text */
    scan(text) {
      let from = this.json || !mayHoldError(text) ? text.length : 0;
      for (let to; from < text.length && (to = indexOf(text, '\n', from)) !== -1; from = to + 1) {
        const line = slice(text, from, to);
        if (startsWith(line, 'data:') && isErrorText(slice(line, 5))) { this.found = trim(slice(line, 5)); return; }
      }
      const last = lastIndexOf(text, '\n') + 1;
      this.rest = slice(text, text.length - last > LOOK_MAX ? text.length - LOOK_MAX : last);
    }

    end() {
      if (this.first === 'wait' && !this.json) this.lines(`${this.rest}\n\n`); // many a stream lacks the end of its last event
      if (this.first === 'wait') this.judge(this.rest, '');
      else this.hear('\n');
    }
  }

  /** Where an error might be inside of it. Relays pass streams on without their type. @param {string | null} type @param {Call} call @returns {'body200' | 'sse' | null} */
  const surfaceOf = (type, { relay }) => (exec(JSON_TYPE, type ?? '') !== null ? 'body200' : exec(STREAM_TYPE, type ?? '') !== null || (relay && !type) ? 'sse' : null);
  /** @param {Response} response @param {Call} call */
  const kindOf = (response, call) => surfaceOf(field(fieldsOf(response), 'content-type'), call);

  /** @typedef {{done: boolean, value?: any}} Part  what a read gives */
  /** @typedef {{pull: () => Promise<Part>, stop: (why: unknown) => unknown, open: (response: Response) => Source}} Source  a stream as it is being read */

  /** @param {ReadableStreamDefaultReader} reader @returns {Source} */
  const fromReader = (reader) => ({
    pull: () => readFrom(reader), stop: (why) => cancel(reader, why),
    open: (response) => fromReader(/** @type {ReadableStreamDefaultReader} */ (readerOf(bodyOf(response)))),
  });
  /** @param {object} iterator @returns {Source} */
  const fromIterator = (iterator) => ({
    pull: () => apply(iterators.next, iterator, []), stop: (why) => apply(iterators.return, iterator, [why]), open: (response) => fromIterator(valuesOf(bodyOf(response))),
  });
  /** @type {{next: Function, return: Function}} of a stream's iterators; only a stream shows them */
  let iterators;
  const nop = () => {};
  /** @template T @typedef {{part: T, next: List<T> | null}} List  an array's setters may be the page's */
  /** @template T @param {List<T> | null} list @param {T} part @returns {List<T>} */
  const append = (list, part) => {
    const one = { part, next: null };
    let last = list;
    while (last !== null && last.next !== null) last = last.next;
    if (last === null || list === null) return one;
    last.next = one;
    return list;
  };

  /**
   * One good answer, as the page reads it. We read nothing ourselves: what the page asks for is asked of the network, and looked at on its
   * way. Until the first event is whole it is kept; where it is an error, it is held, and a later try's bytes answer the page's reads.
   */
  class Watch {
    look;
    over = false; // no byte is kept any more
    /** @type {Promise<Part> | null} the page's last read that may have to wait */
    last = null;
    pending = 0;
    /** @type {List<Part> | null} what was read, and is kept */
    kept = null;
    /** @type {List<Promise<Part>> | null} what the page has asked of its own stream, and we have not looked at yet */
    asked = null;
    asks = 0;
    /** @type {Source | null} a later try's, in place of the page's own */
    second = null;
    /** @type {(() => void) | null} ends a hold for this reader */
    halt = null;
    stopped = false;

    /** @param {Call} call @param {Response} response @param {boolean} json */
    constructor(call, response, json) {
      this.call = call;
      this.response = response;
      this.json = json;
      this.round = call.round;
      this.look = new Look(json);
    }

    /** @param {Source} from @returns {Promise<Part>} what the page's own read becomes */
    read(from) {
      this.call.reading = true;
      if (!this.over || this.pending > 0 || this.kept !== null || this.asks > 0 || this.second !== null) {
        // At once, for the reader may be released in the same turn; but no more than the page asks for.
        if (this.second === null && this.kept === null && this.asks <= this.pending) this.ask(from.pull());
        const turn = this.last = this.turn(this.last, from);
        return (async () => await turn)(); // the page's alone: one failure is unhandled once
      }
      return this.look.over ? from.pull() : this.pass(from.pull());
    }
    /** @param {Promise<Part>} read */
    async pass(read) {
      const part = await read;
      this.see(part);
      return part;
    }
    /** Reads are answered in their order. @param {Promise<Part> | null} before @param {Source} from */
    async turn(before, from) {
      this.pending += 1;
      try {
        if (before !== null) try { await before; } catch { /* that read's own */ }
        return await this.next(from);
      } finally { this.pending -= 1; }
    }
    /** @param {Promise<Part>} part */
    ask(part) {
      settle(part, nop, nop); // one that breaks is told by the page's own read
      this.asks += 1;
      this.asked = append(this.asked, part);
    }
    /** @param {Source} from @returns {Promise<Part>} */
    pull(from) {
      const { asked } = this;
      if (this.second !== null || asked === null) return (this.second ?? from).pull();
      this.asked = asked.next;
      this.asks -= 1;
      return asked.part;
    }
    /** @param {Source} from @returns {Promise<Part>} */
    async next(from) {
      for (;;) {
        const { kept } = this;
        if (kept !== null && (this.over || !this.look.half)) {
          this.kept = kept.next;
          return kept.part;
        }
        let part;
        try { part = await this.pull(from); } catch (e) {
          this.over = true;
          if (this.look.first === 'wait') this.call.quit?.(); // whatever it was, it is no answer
          if (this.kept === null) throw e;
          continue; // no byte is lost: the next read breaks
        }
        if (part.done && this.second !== null) settle(from.stop(undefined), nop, nop); // so that `closed` of the page's reader settles
        if (this.over) { this.see(part); return part; }
        this.kept = append(this.kept, part);
        this.see(part);
        if (this.look.first === 'error' && await this.swap(from)) continue;
        if (part.done || this.look.first !== 'wait') this.finish();
      }
    }
    /** @param {Part} part */
    see(part) {
      const { look } = this, was = look.found;
      try { if (part.done) look.end(); else look.take(part.value); } catch { look.first = 'content'; } // no bytes: not the browser's own stream
      if (look.found === was || look.first !== 'content') return;
      this.finish(); // else a retry that has not shown itself yet would keep it untold
      note(this.call, this.answer(look.found));
    }
    /** @param {string} text @returns {Answer} */
    answer(text) {
      const { response } = this;
      return { surface: this.json ? 'body200' : 'sse', status: statusOf(response), field: (name) => field(fieldsOf(response), name), text: () => text, response: null };
    }
    /** Into a view of the page's own, which cannot be kept. @param {Promise<Part>} read */
    async passInto(read) {
      this.call.reading = true;
      const part = await read, { look } = this;
      this.see(part);
      if (this.over || look.first === 'wait') return part;
      if (look.first === 'error') note(this.call, this.answer(look.found));
      this.finish();
      return part;
    }
    finish() {
      this.over = true;
      this.call.by ??= this.look.by;
      if (this.look.first !== 'error') done(this.call);
    }
    /** @param {string} text @returns {Promise<Response | null>} a later try that is good as far as its status goes */
    async replace(text) {
      const { call, round } = this;
      if (call.relay && !await isOurs(call, text)) return null;
      const response = (await (call.found[round] ??= hold(call, this.answer(text))))?.response ?? null;
      if (response === null) return null;
      const kind = kindOf(response, call);
      this.round = call.round;
      this.json = kind === 'body200';
      this.look = new Look(this.json);
      if (kind === null) this.look.first = 'content';
      return call.copies > 1 ? cloneResponse(response) : response;
    }
    /** @param {Source} from */
    async swap(from) {
      const replacing = this.replace(this.look.found), response = await new Promise((resolve, reject) => {
        this.halt = () => resolve(null);
        settle(replacing, resolve, reject);
      });
      this.halt = null;
      if (this.stopped) { this.kept = { part: { value: undefined, done: true }, next: null }; this.over = true; }
      if (response === null) return false;
      this.kept = this.asked = null;
      this.asks = 0;
      this.second = from.open(response);
      return true;
    }
    /** The page wants no more of it. @param {unknown} why */
    quit(why) {
      this.stopped = true;
      if (this.call.copies === 1) this.call.quit?.();
      this.halt?.();
      if (this.second !== null) settle(this.second.stop(why), nop, nop);
    }
    /**
     * For what reads inside the browser: a stream that is moved by its pulls alone.
     * @param {ReadableStream} body @param {boolean} isAwaited the page hears of the end; else the body is locked for a moment longer
     */
    stand(body, isAwaited) {
      const reader = readerOf(body), from = fromReader(/** @type {ReadableStreamDefaultReader} */ (reader)), free = () => { try { unlock(reader); } catch { /* let go already */ } };
      const source = {
        __proto__: null,
        /** @param {ReadableStreamDefaultController} controller */
        pull: async (controller) => {
          let part;
          try { part = await this.read(from); } catch (e) { free(); throw e; }
          if (!part.done) { enqueue(controller, part.value); return; }
          close(controller);
          if (isAwaited) free(); else setTimeout(free);
        },
        /** @param {unknown} why */
        cancel: (why) => {
          this.quit(why);
          const cancelled = cancel(reader, why);
          free();
          return cancelled;
        },
      };
      return { stream: new ReadableStream(source, /** @type {QueuingStrategy} */ ({ __proto__: null, highWaterMark: 0 })), free };
    }
    /** `json()`, `text()` and their like. @param {string} name @param {(self: Response) => Promise<unknown>} native @param {Promise<any>} value of the page's own call */
    async whole(name, native, value) {
      this.call.reading = true;
      const asJson = this.json;
      for (;;) {
        let got;
        try { got = await value; } catch (e) {
          this.over = true;
          this.call.quit?.(); // whatever it was, it is no answer
          throw e;
        }
        if (this.over) return got;
        let text = '';
        try { text = await this.errorIn(name, got); } catch { /* not what it seems */ }
        if (text !== '' && asJson) await this.takeWhole();
        const response = text === '' ? null : await this.replace(text);
        if (response === null) {
          this.over = true;
          const by = name === 'json' ? own(got, 'provider') : null;
          if (typeof by === 'string') this.call.by ??= slice(by, 0, 60);
          if (text === '') done(this.call);
          return got;
        }
        value = native(response);
      }
    }
    /**
     * The page has asked for a stream, and takes whole what came as JSON: it has gone by the type (OpenRouter's own SDK reads `text()` then), and would
     * go by it with a later try's events. So that one is to be JSON too. A reader of pieces looks for events whatever the type says, as openai's does:
     * its later try streams. Where a wrapper, or the page, reads a copy beside, one answer cannot suit both, and what is no text is not changed: explained.
     */
    async takeWhole() {
      const { call } = this, text = await within(call.text()) ?? '';
      if (!isStreamed(text)) return;
      if (call.copies > 1 || indexOf(text, '\ufffd') !== -1) call.send = null;
      call.whole = true;
    }
    /** @param {string} name @param {any} got @returns {Promise<string>} empty: none */
    async errorIn(name, got) {
      if (this.json && name === 'json') return isError(got) ? stringify(got) : '';
      const look = new Look(this.json);
      // Of much, the end is enough.
      if (name === 'text') look.take(encode(new TextEncoder(), slice(got, got.length > LOOK_MAX ? got.length - LOOK_MAX : 0)));
      else if (name === 'blob') look.take(new Uint8Array(await bytesOfBlob(got)));
      else look.take(name === 'bytes' ? got : new Uint8Array(got));
      look.end();
      this.call.by ??= look.by;
      if (look.first === 'content' && look.found !== '') {
        done(this.call);
        note(this.call, this.answer(look.found));
      }
      return look.first === 'error' ? look.found : '';
    }
  }

  /** @param {unknown} promise @param {(value: any) => void} ok @param {(why: unknown) => void} no */
  const settle = async (promise, ok, no) => { try { ok(await promise); } catch (e) { no(e); } };

  /** What of the page's is looked at. @type {WeakMap<object, Watch>} */
  const answers = new WeakMap();
  /** @type {WeakMap<object, Watch>} */
  const bodies = new WeakMap();
  /** @type {WeakMap<object, {watch: Watch, from: Source}>} readers and iterators */
  const reads = new WeakMap();

  /**
   * Puts a look-alike into the place of a member. A Proxy has the name, the length and the print of a native.
   * @param {object} owner @param {PropertyKey} key @param {(native: Function, self: any, args: any[]) => unknown} run
   */
  const wrap = (owner, key, run) => {
    const slot = slotOf(owner, key), part = slot?.get === undefined ? 'value' : 'get', native = slot?.[part];
    if (slot === undefined || typeof native !== 'function') return;
    slot[part] = new Proxy(native, /** @type {ProxyHandler<Function>} without a prototype: nobody's `Object.prototype.get` becomes a trap */ ({ __proto__: null, apply: run }));
    try { defineProperty(owner, key, slot); } catch { /* locked by the page */ }
  };

  let isPrepared = false;
  /** At the first good answer that is watched, once: for everybody else's streams one look into a WeakMap. */
  const prepare = () => {
    isPrepared = true;
    wrap(R, 'body', (native, self) => {
      const body = apply(native, self, []), watch = get(answers, self);
      if (watch !== undefined && body !== null && get(bodies, body) === undefined) put(bodies, body, watch);
      return body;
    });
    wrap(R, 'clone', (native, self, args) => {
      const copy = apply(native, self, args), watch = get(answers, self);
      if (watch !== undefined) {
        watch.call.copies += 1;
        put(answers, copy, new Watch(watch.call, copy, watch.json));
      }
      return copy;
    });
    const whole = ['text', 'json', 'arrayBuffer', 'bytes', 'blob'];
    for (let i = 0; i < whole.length; i++) {
      const name = whole[i] ?? '';
      wrap(R, name, (native, self, args) => {
        const watch = get(answers, self), value = apply(native, self, args), signal = watch?.call.signal ?? null;
        return watch === undefined || watch.over || (signal !== null && isAborted(signal)) ? value : watch.whole(name, (/** @type {Response} */ response) => apply(native, response, []), value);
      });
    }
    wrap(T, 'getReader', (native, self, args) => {
      const reader = apply(native, self, args), watch = get(bodies, self);
      if (watch !== undefined) put(reads, reader, { watch, from: fromReader(reader) });
      return reader;
    });
    wrap(T, 'values', (native, self, args) => {
      const iterator = apply(native, self, args), watch = get(bodies, self);
      if (watch !== undefined) put(reads, iterator, { watch, from: fromIterator(iterator) });
      return iterator;
    });
    // Natively one and the same function.
    const steps = slotOf(T, Symbol.asyncIterator);
    try { if (steps !== undefined) { steps.value = T.values; defineProperty(T, Symbol.asyncIterator, steps); } } catch { /* locked by the page */ }
    wrap(T, 'cancel', (native, self, args) => {
      if (get(bodies, self) !== undefined && !isLocked(self)) get(bodies, self)?.quit(args[0]);
      return apply(native, self, args);
    });
    const pipes = ['pipeTo', 'pipeThrough'];
    for (let i = 0; i < pipes.length; i++) wrap(T, pipes[i] ?? '', (native, self, args) => {
      const watch = get(bodies, self), options = args[1];
      // A source that outlives its pipe is left alone; so is one in a page that would hear of our reads: natively, a pipe asks no part for its `then`.
      if (watch === undefined || isLocked(self) || (typeof options === 'object' && options !== null && 'preventCancel' in options) || 'then' in ANY) return apply(native, self, args);
      const { stream, free } = watch.stand(self, i === 0);
      try { return apply(native, stream, args); } finally { if (!isLocked(stream)) free(); } // refused
    });
    /** @param {object} owner @param {'read' | 'next'} key */
    const along = (owner, key) => wrap(owner, key, (native, self, args) => {
      const one = get(reads, self);
      return one === undefined ? apply(native, self, args) : one.watch.read(one.from);
    });
    /** @param {object} owner @param {'cancel' | 'return'} key */
    const until = (owner, key) => wrap(owner, key, (native, self, args) => {
      get(reads, self)?.watch.quit(args[0]);
      return apply(native, self, args);
    });
    along(D, 'read');
    until(D, 'cancel');
    if (T.values !== undefined) {
      const owner = /** @type {any} */ (getPrototypeOf(valuesOf(new ReadableStream())));
      iterators = { next: owner.next, return: owner.return };
      along(owner, 'next');
      until(owner, 'return');
    }
    // Into a view of the page's own: explained, not held.
    if (typeof ReadableStreamBYOBReader === 'function') wrap(ReadableStreamBYOBReader.prototype, 'read', (native, self, args) => {
      const one = get(reads, self), read = apply(native, self, args);
      return one === undefined || one.watch.look.over ? read : one.watch.passInto(read);
    });
  };

  /** A good answer goes to the page at once; what the page reads of it is looked at. @param {Call} call @param {Response} response */
  const lookInto = (call, response) => {
    const kind = kindOf(response, call);
    if (kind === null) { done(call); return; }
    if (!isPrepared) prepare();
    put(answers, response, new Watch(call, response, kind === 'body200'));
  };

  // ---- fetch

  /** No answer came: not where the page ended it, nor where native would not even begin. A site's own server is none of OpenRouter's. @param {Call} call @param {unknown} why */
  const isBroken = (call, why) => {
    try { return alive && isGeneration(call.url) && (call.signal === null || !isAborted(call.signal)) && getPrototypeOf(/** @type {object} anything else throws */ (why)) === TypeError.prototype && call.can(); } catch { return false; }
  };

  /** @param {Call} call @param {Promise<Response>} answer native's @returns {Promise<Response>} the page's */
  const follow = async (call, answer) => {
    /** @type {Response} */
    let response;
    let status = 0; // an opaque answer has this one too
    try { response = await answer; } catch (e) {
      if (!isBroken(call, e)) throw e;
      if (call.send === null) { note(call, BROKEN); throw e; }
      const good = await hold(call, BROKEN);
      if (good?.response == null) throw e;
      ({ response } = good);
    }
    try { status = statusOf(response); } catch { /* not native's own: an earlier wrapper made it */ }
    if (status >= 400 && alive) {
      const first = response;
      let text = () => read(cloneResponse(first));
      if (call.relay && !await isOurs(call, '')) {
        const said = await glance(first);
        if (exec(OURS, said) === null) { tell({ v: 1, type: 'failed' }); return first; }
        text = async () => said;
      }
      const good = await hold(call, { ...answerOf(first), text });
      if (good?.response == null) return first;
      response = good.response;
    }
    if (status !== 0) try { if (alive) lookInto(call, response); else done(call); } catch { /* the page has its answer in any case */ }
    return response;
  };

  const place = () => wrap(page, 'fetch', (target, self, args) => {
    const mine = self === undefined || self === null || self === page; // a promise is of the window that it is called for
    const call = alive && mine ? watch(args[0], args[1]) : null, answer = apply(target, self, args);
    return call === null ? answer : follow(call, answer);
  });
  // In a frame that a script has just made, this runs within that script. Sentry looks there, at once, for the browser's own `fetch`,
  // and records no call of the page where it finds none.
  if (startsWith(document.URL, 'about:blank')) (async () => { await null; if (valueAt(page, 'fetch') === native) place(); })();
  else place();

  // ---- XMLHttpRequest

  /**
   * One request of an XMLHttpRequest, from its `open` to its last event.
   * @typedef {object} Turn
   * @property {unknown[]} opened            the arguments of `open`
   * @property {string} url
   * @property {[string, string][]} fields   as they were set
   * @property {Call | null} call            null until it is sent
   * @property {Request | string | null} body
   * @property {'native' | 'stop' | 'kept' | 'again' | 'over'} phase
   *   native: the page hears everything; stop: it hears nothing of a failure; kept: until there is a decision; again: sent once more,
   *   and nothing is heard before a good status; over: nothing is looked at any more
   * @property {boolean} isSame              it can be sent again as it was
   * @property {boolean} isFirst             we hear of everything before the page does
   * @property {boolean} isUnsure            as far as could be seen
   * @property {boolean} asked               somebody has asked for the answer, since its status came or since nobody should hear of it
   * @property {boolean} headers             the page has heard of a status
   * @property {boolean} text                and of some of the text
   * @property {boolean} content             which is no error
   * @property {Answer | null} inside        an error in a good answer, of which it has not heard
   * @property {number} ends                 when its own timeout is over, epoch ms; 0: never
   * @property {ProgressEvent | null} last   the progress of which it has not heard
   * @property {((answer: Answer) => void) | null} came
   */
  /** @type {WeakMap<object, Turn>} */
  const turns = new WeakMap();
  /** @type {WeakMap<object, boolean | null>} those that have our listeners: before all others? null: as far as could be seen */
  const listening = new WeakMap();
  const EVENTS = ['readystatechange', 'loadstart', 'progress', 'load', 'error', 'abort', 'timeout', 'loadend'];
  /** @type {WeakMap<object, object>} by their `upload` */
  const senders = new WeakMap();
  /** @type {WeakMap<object, EventTarget>} the `upload` of those that the page has asked for it: one that nobody has asked for reports nothing, so we must not */
  const uploads = new WeakMap();
  /** @type {WeakMap<object, boolean>} those that have our listeners no more */
  const bare = new WeakMap();
  const EARLY = { __proto__: null, capture: true };
  /** `onload` and the like, as they are now: what another wrapper made of them keeps its own order. @param {number} i of EVENTS */
  const handlerOf = (i) => slotOf(i === 0 ? X : /** @type {object} */ (getPrototypeOf(X)), `on${EVENTS[i]}`);

  /** @param {Turn} turn */
  const progressOf = ({ last }) => ({ __proto__: null, lengthComputable: last !== null && isKnown(last), loaded: last === null ? 0 : loadedOf(last), total: last === null ? 0 : totalOf(last) });

  /** The last events of a request that was kept: the only ones we invent. @param {object} xhr @param {Turn} turn @param {'load' | 'error' | 'abort' | 'timeout'} type */
  const conclude = (xhr, turn, type) => {
    const size = progressOf(turn);
    turn.phase = 'over';
    if (type === 'abort' || type === 'timeout') xabort(xhr); // takes the answer away, and is silent in this state
    dispatch(xhr, new Event('readystatechange'));
    if (get(turns, xhr) === turn) dispatch(xhr, new ProgressEvent(type, size)); // else the page has begun anew meanwhile
    if (get(turns, xhr) === turn) dispatch(xhr, new ProgressEvent('loadend', size));
  };

  /** @param {object} xhr @returns {string | Promise<string>} the text of what came */
  const textOfAnswer = (xhr) => {
    const type = xtype(xhr);
    if (type === '' || type === 'text') return xtext(xhr);
    const body = /** @type {any} */ (xbody(xhr));
    if (body === null) return '';
    if (type === 'json') return stringify(body);
    if (type === 'arraybuffer') return decode(new TextDecoder(), new Uint8Array(body, 0, lengthOf(body) < BODY_MAX ? lengthOf(body) : BODY_MAX));
    return type === 'blob' ? textOfBlob(partOf(body, 0, BODY_MAX)) : '';
  };
  /** As it is now: the object may be used again. @param {object} xhr @param {Exchange['surface']} surface @param {string | Promise<string>} text @returns {Answer} */
  const answerOfXhr = (xhr, surface, text) => {
    const fields = `\r\n${xfields(xhr)}`; // `getResponseHeader` complains in the console of a field that is not exposed
    return {
      surface, status: xstatus(xhr), text: () => text, response: null,
      field: (name) => {
        const at = indexOf(fields, `\r\n${name}: `), from = at + name.length + 4;
        return at === -1 ? null : slice(fields, from, indexOf(fields, '\r\n', from));
      },
    };
  };

  /** @param {object} xhr @param {Turn} turn @param {Call} call @param {Answer} answer */
  const keep = async (xhr, turn, call, answer) => {
    turn.phase = 'kept';
    const left = turn.ends - now(), timer = turn.ends === 0 ? 0 : setTimeout(() => {
      if (turn.phase !== 'kept' || get(turns, xhr) !== turn) return;
      call.quit?.();
      conclude(xhr, turn, 'timeout');
    }, left > 0 ? left : 0);
    let isLetGo = false;
    try { isLetGo = await hold(call, answer) === null; } catch { /* the page ended it */ }
    clearTimeout(timer);
    if (isLetGo && turn.phase === 'kept' && get(turns, xhr) === turn) conclude(xhr, turn, xstatus(xhr) === 0 ? 'error' : 'load');
  };

  /** Sends the same once more, or with another body, on the same object. @param {XMLHttpRequest} xhr @param {Turn} turn @param {string | null} text @returns {Promise<Answer>} */
  const sendAgain = (xhr, turn, text) => new Promise(async (resolve, reject) => {
    try {
      turn.phase = 'again';
      turn.inside = turn.last = null;
      turn.came = resolve;
      const { body, fields } = turn, taken = typeof body === 'string' ? null : body;
      const sent = taken === null ? text ?? body : text === null ? await bytesOf(cloneRequest(taken)) : encode(new TextEncoder(), text), type = taken === null ? null : field(sentFields(taken), 'content-type');
      if (turn.phase !== 'again' || get(turns, xhr) !== turn) return;
      apply(openXhr, xhr, turn.opened);
      let isTyped = type === null;
      for (let i = 0; i < fields.length; i++) {
        const one = fields[i];
        if (one === undefined) continue;
        isTyped ||= lower(one[0]) === 'content-type';
        xset(xhr, one[0], one[1]);
      }
      if (!isTyped) xset(xhr, 'Content-Type', type ?? '');
      if (turn.ends !== 0) setXtimeout(xhr, turn.ends - now() > 1 ? turn.ends - now() : 1); // it runs from the page's own `send`
      xsend(xhr, /** @type {any} */ (sent));
    } catch (e) {
      if (turn.phase === 'again') turn.phase = 'kept';
      reject(e);
    }
  });

  /** Of a status that a later try may not meet. @param {number} status */
  const isPassing = (status) => status === 402 || status === 408 || status === 409 || status === 429 || status >= 500;
  /** Does the body of a refusal say, once it is whole, that it is of use to keep it? Of a site's own server: is it OpenRouter's at all? @param {object} xhr @param {Call} call @param {number} state @param {number} status @returns {boolean} */
  const mayHelp = (xhr, call, state, status) => {
    const type = xtype(xhr), text = type === '' || type === 'text' || state === 4 ? textOfAnswer(xhr) : '';
    if (typeof text !== 'string' || text.length > LOOK_MAX || !isErrorText(text)) return false;
    if (call.relay) return isPassing(status) && isOursNow(call, text);
    const sent = call.text();
    return exec(MENDS, text) !== null || (status > 401 && exec(FOREIGN, text) !== null) || (typeof sent === 'string' && exec(PINNED, sent) !== null && exec(FREES, text) !== null);
  };

  /** It tells its bytes when the page has it already: explained. @param {Call} call @param {Answer} answer @param {Blob} blob */
  const insideBlob = async (call, answer, blob) => {
    const look = new Look(answer.surface === 'body200'), size = sizeOf(blob);
    look.take(new Uint8Array(await bytesOfBlob(partOf(blob, size > LOOK_MAX ? size - LOOK_MAX : 0)))); // of much, the end is enough
    look.end();
    if (look.found === '') done(call); else note(call, { ...answer, text: () => look.found });
  };

  /** What a good answer holds, as far as it has come. @param {object} xhr @param {Turn} turn @param {Call} call @param {number} state @returns {Answer | null} an error that can be kept */
  const insideXhr = (xhr, turn, call, state) => {
    if (turn.content && state === 3) return null;
    const whole = answerOfXhr(xhr, 'http', ''), surface = surfaceOf(whole.field('content-type'), call), type = xtype(xhr), isEnd = state === 4;
    const isText = type === '' || type === 'text', wasHeard = turn.text;
    let found = '', isFirst = surface === 'body200';
    if (surface !== null && isEnd && type === 'blob') {
      turn.phase = 'over';
      insideBlob(call, { ...whole, surface }, /** @type {Blob} */ (xbody(xhr)));
      return null;
    }
    if (surface !== null && (isText || (isEnd && type !== 'document'))) {
      const text = isText ? xtext(xhr) : type === 'json' && !isError(xbody(xhr)) ? '' : /** @type {string} */ (textOfAnswer(xhr));
      turn.text = text !== '';
      if (isText && call.tries > 1) call.by ??= providerIn(text);
      if (surface === 'body200') found = text.length <= LOOK_MAX && isErrorText(text) ? text : '';
      else {
        const look = new Look(false);
        if (turn.content) look.first = 'content';
        look.hear(text.length > LOOK_MAX ? slice(text, text.length - LOOK_MAX) : text);
        if (isEnd) look.end();
        turn.content = look.first === 'content';
        isFirst = look.first === 'error' && !wasHeard;
        ({ found } = look);
      }
    }
    if (found !== '' && !isOursNow(call, found)) found = '';
    if (found === '' && (isEnd || turn.content || surface === null)) done(call);
    if (isEnd || found !== '' || surface === null) turn.phase = 'over';
    if (found === '') return null;
    const answer = { ...whole, surface: surface ?? 'sse', text: () => found };
    if (isFirst) return answer;
    note(call, answer);
    return null;
  };

  /** What whoever hears of an answer asks for. */
  const ANSWER = ['readyState', 'status', 'statusText', 'response', 'responseText', 'responseXML', 'responseURL', 'getResponseHeader', 'getAllResponseHeaders'];
  let isHeeding = false;
  /** From the first failure on it is known who asks for an answer; for its state alone everybody asks. Natives stay as they are on other pages. */
  const heed = () => {
    if (isHeeding) return;
    isHeeding = true;
    for (let i = 0; i < ANSWER.length; i++) wrap(X, ANSWER[i] ?? '', (native, self, args) => {
      const turn = get(turns, self);
      if (turn !== undefined) turn.asked ||= i > 0 || turn.phase === 'stop';
      return apply(native, self, args);
    });
  };
  /** Somebody has heard of it, so everybody does. @param {XMLHttpRequest} xhr @param {Turn} turn @param {Call} call @param {string} type of the event that comes */
  const reveal = (xhr, turn, call, type) => {
    turn.isFirst = false;
    turn.phase = 'native';
    if (type !== 'load' && type !== 'loadend') return;
    turn.phase = 'over';
    note(call, turn.inside ?? answerOfXhr(xhr, 'http', textOfAnswer(xhr)));
    // What the others have missed.
    dispatch(xhr, new Event('readystatechange'));
    if (type === 'loadend' && get(turns, xhr) === turn) dispatch(xhr, new ProgressEvent('load', progressOf(turn)));
  };

  /** @param {XMLHttpRequest} xhr @param {Turn} turn @param {Call} call @param {Event} event @returns {boolean} the page hears nothing of it */
  const isSilent = (xhr, turn, call, event) => {
    const type = typeOf(event), state = type === 'readystatechange' ? xstate(xhr) : 0, status = xstatus(xhr);
    const isBroken = state === 4 && status === 0, isFailed = state === 2 && status >= 400, canStop = alive && turn.isFirst;
    switch (turn.phase) {
      case 'native':
        if (isFailed && canStop && isOursNow(call, '') && isPassing(status)) turn.phase = 'stop';
        else if (state === 2) {
          turn.headers = true;
          turn.asked = false;
          if (isFailed && canStop) heed();
        } else if (isBroken) {
          turn.phase = 'over';
          // Not by its own timeout, nor half-way.
          if (isGeneration(call.url) && !turn.headers && (turn.ends === 0 || now() < turn.ends)) note(call, BROKEN);
        } else if (state > 2 && status >= 400) {
          // Any other refusal goes to the page as it comes, unless its body, of which nobody has asked anything since its state before, says that a change may help.
          if (canStop && turn.headers && !turn.asked && mayHelp(xhr, call, state, status)) turn.phase = 'stop';
          else if (state === 4) { turn.phase = 'over'; note(call, answerOfXhr(xhr, 'http', textOfAnswer(xhr))); }
        } else if (state > 2) {
          turn.inside = insideXhr(xhr, turn, call, state);
          if (turn.inside !== null && canStop) turn.phase = 'stop';
          else if (turn.inside !== null) note(call, turn.inside);
        }
        if (turn.phase !== 'stop') return false;
        turn.asked = false;
        if (turn.isUnsure) heed();
        return true;
      case 'again':
        if (isBroken && turn.ends !== 0 && now() >= turn.ends) { // its own timeout
          turn.phase = 'over';
          call.quit?.();
          return false;
        }
        if (isFailed || isBroken) turn.phase = 'stop';
        else if (state === 2) {
          turn.phase = 'native';
          call.reading = true; // it tells by itself when it has come
          turn.came?.(answerOfXhr(xhr, 'http', ''));
          return turn.headers;
        }
        return true;
      case 'stop':
        // The first try broke half-way: the page hears how.
        if (isBroken && call.tries === 1) { turn.phase = 'over'; return false; }
        if (turn.asked && turn.isUnsure && call.tries === 1) { reveal(xhr, turn, call, type); return false; }
        if (type === 'progress' || type === 'load') turn.last = /** @type {ProgressEvent} */ (event);
        if (type === 'loadend') {
          const answer = turn.inside ?? (status === 0 ? BROKEN : answerOfXhr(xhr, 'http', textOfAnswer(xhr)));
          if (turn.inside !== null || call.tries === 1) keep(xhr, turn, call, answer);
          else { turn.phase = 'kept'; turn.came?.(answer); }
        }
        return true;
      default: return true;
    }
  };

  /** @param {Event} event */
  const hear = (event) => {
    const xhr = /** @type {XMLHttpRequest} */ (targetOf(event)), turn = get(turns, xhr);
    if (!event.isTrusted || turn === undefined || turn.call === null || turn.phase === 'over') return;
    try { if (isSilent(xhr, turn, turn.call, event)) stopEvent(event); } catch { turn.phase = 'over'; }
  };

  /** @param {unknown} self what `open` was called on */
  const isXhr = (self) => { try { xstate(self); return true; } catch { return false; } };
  /** @param {unknown[]} opened @returns {string | null} the address of one that is watched */
  const watchedXhr = (opened) => {
    const method = opened[0], address = opened[1];
    if (!alive || typeof method !== 'string' || (!everything && upper(method) !== 'POST') || (opened.length > 2 && !opened[2])) return null; // one that blocks cannot wait
    try { return watched(typeof address === 'string' ? address : hrefOf(address)); } catch { return null; } // of another kind
  };
  /** @param {XMLHttpRequest} xhr @param {unknown[]} opened @param {string} url @param {boolean} isFirst */
  const begin = (xhr, opened, url, isFirst) => {
    put(turns, xhr, { opened, url, fields: [], call: null, body: null, phase: 'native', isSame: true, isFirst: false, isUnsure: false, asked: false, headers: false, text: false, content: false, inside: null, ends: 0, last: null, came: null });
    overhear(xhr, isFirst ? null : false);
    rehush(xhr);
    isReady = true;
  };

  let isReady = false, born = 0;
  /**
   * Our listeners are to be the first of each object, whatever the page adds before `open` (superagent and sse.js do). From the first request
   * of ours on of every object; until then of as many as cost a page less than half a millisecond: most of those who call OpenRouter do so by then.
   */
  const attend = () => {
    const slot = slotOf(globalThis, 'XMLHttpRequest'), own = slotOf(X, 'constructor');
    if (slot === undefined || slot.value !== own?.value || !slot.configurable || !own?.configurable) return; // somebody else's
    slot.value = own.value = new Proxy(/** @type {typeof XMLHttpRequest} */ (slot.value), /** @type {ProxyHandler<typeof XMLHttpRequest>} */ ({
      __proto__: null,
      construct(target, args, made) {
        const fresh = construct(target, args, made);
        if (isReady || (alive && born++ < BORN)) try { overhear(fresh, true); } catch { /* a facade that another wrapper hands out */ }
        return fresh;
      },
    }));
    defineProperty(X, 'constructor', own);
    defineProperty(globalThis, 'XMLHttpRequest', slot);
  };
  attend();

  /**
   * Listens before the page does. Chromium calls an object's listeners in the order in which they came, whether they capture or not, so
   * handlers that were set before (`onload` and the like) are set anew.
   * @param {XMLHttpRequest} xhr @param {boolean | null} isFirst nobody else has listened before; null: as far as could be seen
   */
  const overhear = (xhr, isFirst) => {
    if (get(listening, xhr) !== undefined) return;
    xstate(xhr); // throws for a facade
    put(listening, xhr, isFirst);
    for (let i = 0; i < EVENTS.length; i++) listenFirst(xhr, i, hear);
    overhearUpload(get(uploads, xhr));
  };
  /** @param {EventTarget | undefined} upload */
  const overhearUpload = (upload) => { if (upload !== undefined) for (let i = 1; i < EVENTS.length; i++) listenFirst(upload, i, hush); };
  /** @param {object} target @param {number} i @param {(event: Event) => void} hear */
  const listenFirst = (target, i, hear) => {
    const handler = handlerOf(i), set = handler?.set, handle = handler?.get === undefined ? null : apply(handler.get, target, []);
    if (handle !== null && set !== undefined) apply(set, target, [null]);
    listen(target, EVENTS[i] ?? '', hear, EARLY);
    if (handle !== null && set !== undefined) apply(set, target, [handle]);
  };
  /** A listener for uploads costs a preflight where nothing else does. @param {object} xhr */
  const unhush = (xhr) => {
    const upload = get(uploads, xhr);
    if (upload === undefined || get(listening, xhr) === undefined) return;
    put(bare, upload, true);
    for (let i = 1; i < EVENTS.length; i++) unlisten(upload, EVENTS[i] ?? '', hush, EARLY);
  };
  /** The next request of the same object may need it. @param {object} xhr */
  const rehush = (xhr) => {
    const upload = get(uploads, xhr);
    if (upload !== undefined && forget(bare, upload)) overhearUpload(upload);
  };
  /** The upload of a later try is silent. @param {Event} event */
  const hush = (event) => { if ((get(turns, get(senders, /** @type {object} */ (targetOf(event))) ?? event)?.call?.tries ?? 1) > 1) stopEvent(event); };

  /** @param {XMLHttpRequest} xhr @param {Turn} turn @param {unknown} body */
  const sending = (xhr, turn, body) => {
    const { url, fields } = turn, isText = typeof body !== 'object' || body === null, text = textIn(body);
    if (!everything && !isGeneration(url) && typeof body !== 'string' && text === '') throw HIDDEN; // a file on its way to the site
    let same = turn.isSame && (body === undefined || body === null || isBytes(body));
    if (typeof body === 'string') turn.body = body;
    else try { if (same && !isText) turn.body = new Request(url, /** @type {RequestInit} */ ({ __proto__: null, method: 'POST', body })); } catch { same = false; }
    const { body: kept } = turn, taken = typeof kept === 'string' ? null : kept;
    if (fields.length === 0) unhush(xhr);
    turn.isUnsure = get(listening, xhr) === null;
    turn.isFirst = turn.isUnsure || get(listening, xhr) === true;
    turn.ends = xtimeout(xhr) > 0 ? now() + xtimeout(xhr) : 0;
    turn.call = {
      ...newCall(url, /** @type {string} */ (turn.opened[0]), text, (name) => {
        for (let i = 0; i < fields.length; i++) if (lower(fields[i]?.[0]) === name) return fields[i]?.[1] ?? null;
        return null;
      }, () => {
        let all = '';
        for (let i = 0; i < fields.length; i++) all += `${fields[i]?.[1]}\n`;
        return all;
      }),
      story: resent(url, text), text: () => (taken === null || text !== '' ? text : textOf(cloneRequest(taken))), send: same ? (body) => sendAgain(xhr, turn, body) : null,
    };
  };

  const openXhr = X.open;
  /**
   * Has somebody listened to this object before we could? Who listens for its states asks for the state, at the latest within `open`.
   * @param {XMLHttpRequest} xhr @param {() => void} run @returns {boolean}
   */
  const isOverheard = (xhr, run) => {
    const slot = slotOf(X, 'readyState'), handler = handlerOf(0)?.get;
    let asked = false;
    if (slot?.get === undefined || handler === undefined || apply(handler, xhr, []) !== null) { run(); return false; } // a handler comes after us
    wrap(X, 'readyState', (get, self) => {
      asked ||= self === xhr;
      return apply(get, self, []);
    });
    try { run(); } finally { defineProperty(X, 'readyState', slot); }
    return asked;
  };
  /** Does it carry something of another wrapper, who may have listened or speak to the page in its place? @param {object} xhr */
  const isInHands = (xhr) => {
    const keys = ownKeys(xhr);
    for (let i = 0; i < keys.length; i++) {
      const value = valueAt(xhr, keys[i] ?? '');
      if (value === HIDDEN || typeof value === 'function' || (typeof value === 'object' && value !== null)) return true;
    }
    return false;
  };
  wrap(X, 'open', (target, self, args) => {
    const turn = get(turns, self), phase = turn?.phase ?? 'over', url = isXhr(self) ? watchedXhr(args) : null, isUnknown = url !== null && get(listening, self) === undefined;
    let isFirst = false;
    const run = () => { apply(target, self, args); };
    if (turn !== undefined) turn.phase = 'over'; // so that its first event is heard
    try { if (isUnknown) isFirst = !isOverheard(self, run) && !isInHands(self); else run(); } catch (e) {
      if (turn !== undefined) turn.phase = phase;
      throw e;
    }
    if (turn !== undefined) {
      forget(turns, self);
      turn.call?.quit?.();
    }
    try { if (url !== null) begin(self, args, url, isFirst); } catch { /* it goes on unseen */ }
  });
  wrap(X, 'setRequestHeader', (target, self, args) => {
    apply(target, self, args);
    const turn = get(turns, self);
    if (turn === undefined) return;
    if (typeof args[0] === 'string' && typeof args[1] === 'string') push(turn.fields, [args[0], args[1]]);
    else turn.isSame = false;
  });
  wrap(X, 'send', (target, self, args) => {
    const turn = get(turns, self);
    try {
      if (turn === undefined) unhush(self); else if (turn.call === null) sending(self, turn, args[0]);
    } catch { forget(turns, self); }
    apply(target, self, args);
  });
  wrap(X, 'upload', (target, self, args) => {
    const upload = apply(target, self, args);
    if (get(uploads, self) === undefined) {
      put(uploads, self, upload);
      put(senders, upload, self);
      if (get(listening, self) !== undefined) overhearUpload(upload); // before the page does
    }
    return upload;
  });
  wrap(X, 'abort', (target, self, args) => {
    const turn = get(turns, self), phase = turn?.phase ?? 'over';
    if (turn === undefined || phase === 'over') { apply(target, self, args); return; }
    // Who stops at an error within a stream does not come to its end.
    if (phase === 'native' && turn.content && turn.call !== null) try { insideXhr(self, turn, turn.call, 4); } catch { /* it stays unexplained */ }
    turn.phase = 'over';
    turn.call?.quit?.();
    if (phase === 'kept') conclude(self, turn, 'abort');
    else apply(target, self, args);
  });

  // ---- the hand-over

  // The bridge takes the port in a synchronous event, whichever of the two runs first. Page scripts do not exist yet.
  const offer = () => {
    const event = new MessageEvent(NAME, { ports: [theirs], cancelable: true });
    dispatch(page, event);
    alive = isTaken(event);
    if (!alive) return;
    unlisten(page, `${NAME}-ask`, offer);
    // Another offer that is taken is a newer tap's, around ours: Firefox runs both scripts again when the extension was updated.
    listen(page, NAME, async (later) => { await null; if (isTaken(later)) letGo(); });
  };
  listen(page, `${NAME}-ask`, offer);
  offer();
})();
// In stacks that apps record: nothing of an extension's address, which would be one more thing to tell people by.
//# sourceURL=tap.js
