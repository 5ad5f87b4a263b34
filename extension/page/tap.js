// @ts-check
// The tap: the only code of ours in the page's own world. It watches the page's fetch calls to OpenRouter, tells the bridge of
// a failed one, keeps the answer from the app while the person decides, and sends the very same request again when told to.
// Everything else goes through untouched, and so does everything once the bridge is missing, slow or gone.
//
// The page may replace any global and any method after us. So natives are taken first and called by `apply` or `free`; later
// there is no iteration (for…of, spread, array patterns), no look-up of a global, and no getter of the page is run. Promises
// are awaited, for `await` alone asks neither `then` nor the species.

(() => {
  'use strict';
  const NAME = 'cooldown-port';
  const VERDICT_MS = 1_000;   // from the failed answer to a decision, the reading of its body included
  const READ_MS = 500;        // of these, for a body that is slow to come
  const HOLD_MS = 50_000;     // a hold without a stated end
  const HOLD_MAX_MS = 85_000; // no hold is longer, whoever asks
  const STORY_MS = 60_000;    // the same body to the same address within this time of a failure is the same story
  const BEAT_MS = 30;         // heartbeat while an answer is kept; two unanswered, and the extension is gone
  const BODY_MAX = 65_536, FACTS_MAX = 4_194_304, URL_MAX = 2_048; // characters
  const GENERATION = /^https:\/\/(?:[\w-]+\.)*openrouter\.ai(?::\d+)?\/api\/v1\/(?:(?:chat\/)?completions|responses|messages|embeddings)(?:[?#]|$)/;
  /** Fields of an error body that name the person or repeat the prompt, quoted at any depth of JSON within JSON. */
  const PRIVATE = /((\\{0,7})(["'])(?:user_id|flagged_input)\2\3\s*:\s*\2\3)[^]*?((?<!\\)\2\3|$)/g;
  /** A key, or a person's or organisation's id, wherever it stands. */
  const IDENTITY = /\b(?:sk-[\w-]{8,}|(?:user|org)_\w{8,})/g;
  const BEARER = /^bearer +/i;
  /** As in protocol.js: only these header fields travel. */
  const HEADERS = ['content-type', 'retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-generation-id',
    'x-provider-name', 'request-id', 'cf-ray', 'cf-mitigated', 'server', 'date'];

  const slot = Reflect.getOwnPropertyDescriptor(globalThis, 'fetch');
  // Locked by the page, or somebody's accessor: nothing can be done here, and the bridge learns it by getting no port.
  if (slot === undefined || typeof slot.value !== 'function' || !(slot.configurable || slot.writable)) return;
  /** @type {typeof fetch} the browser's own, or that of whoever was here before us */
  const native = slot.value;

  // ---- natives

  const { apply, ownKeys, getPrototypeOf, getOwnPropertyDescriptor } = Reflect, { create, hasOwn } = Object;
  const { isArray } = Array, { isView } = ArrayBuffer, { parse } = JSON, { now } = Date, page = globalThis;
  const { Promise, URL, Request, TextDecoder, MessageEvent, document, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  /**
   * A native method as a function of its receiver.
   * @type {<F extends (...args: never[]) => unknown>(method: F) => (self: unknown, ...args: Parameters<F>) => ReturnType<F>}
   */
  const free = /** @type {any} `call` bound to a method: no type says so */ (Function.prototype.bind.bind(Function.prototype.call));
  /**
   * A native getter as a function of its receiver. It throws for a foreign one without asking it anything: the only test for
   * "is this a Request" that runs no code of the page.
   * @type {<T extends object, K extends keyof T>(proto: T, name: K) => (self: unknown) => T[K]}
   */
  const getter = (proto, name) => /** @type {any} */ (free(getOwnPropertyDescriptor(proto, name)?.get ?? (() => undefined))); // or lacking here
  const { prototype: S } = String, { prototype: Q } = Request, { prototype: R } = Response, { prototype: U } = URL;
  const { prototype: E } = EventTarget, { prototype: A } = AbortSignal, { prototype: H } = Headers, { prototype: D } = ReadableStreamDefaultReader;
  const indexOf = free(S.indexOf), slice = free(S.slice), lower = free(S.toLowerCase), upper = free(S.toUpperCase), exec = free(RegExp.prototype.exec);
  const hrefOf = getter(U, 'href'), originOf = getter(U, 'origin'), pathOf = getter(U, 'pathname'), baseOf = getter(Node.prototype, 'baseURI');
  const addressOf = getter(Q, 'url'), methodOf = getter(Q, 'method'), keepaliveOf = getter(Q, 'keepalive'), signalOf = getter(Q, 'signal');
  const sentFields = getter(Q, 'headers'), cloneRequest = free(Q.clone), textOf = free(Q.text);
  const statusOf = getter(R, 'status'), fieldsOf = getter(R, 'headers'), bodyOf = getter(R, 'body'), cloneResponse = free(R.clone);
  const field = free(H.get), eachField = free(H.forEach), entryOf = free(FormData.prototype.get), sizeOf = getter(Blob.prototype, 'size');
  const bytesOf = getter(ArrayBuffer.prototype, 'byteLength'), countOf = getter(URLSearchParams.prototype, 'size');
  /** Each throws for any other kind of body. @type {((body: unknown) => unknown)[]} */
  const brands = [sizeOf, bytesOf, countOf, (body) => entryOf(body, '')];
  const readerOf = free(ReadableStream.prototype.getReader), readFrom = free(D.read), cancel = free(D.cancel);
  const decode = free(TextDecoder.prototype.decode), MORE = create(null, { stream: { value: true } });
  const isAborted = getter(A, 'aborted'), reasonOf = getter(A, 'reason'), listen = free(E.addEventListener), unlisten = free(E.removeEventListener);
  const post = free(MessagePort.prototype.postMessage), dataOf = getter(MessageEvent.prototype, 'data'), isTaken = getter(Event.prototype, 'defaultPrevented');
  const dispatch = free(E.dispatchEvent), find = free(Document.prototype.querySelector), remove = free(Element.prototype.remove);

  // ---- the wire

  const { port1: port, port2: theirs } = new MessageChannel();
  let alive = false;      // a bridge has our port, and answers
  let everything = false; // a test watches every address and method

  /** @param {Observed | Settled | Resent | Ping} message */
  const tell = (message) => { if (alive) post(port, message); };
  /** A member of something parsed or cloned. @param {unknown} o @param {string} key @returns {unknown} */
  const own = (o, key) => (typeof o === 'object' && o !== null && hasOwn(o, key) ? /** @type {Record<string, unknown>} */ (o)[key] : undefined);

  /**
   * The failed calls whose promise the page still has open, by id. Each does as it is told, and says whether it keeps an answer.
   * @type {Record<string, (action?: unknown, ms?: unknown) => boolean>}
   */
  const waiting = create(null);
  let beating = 0, missed = 0;

  const beat = () => {
    let kept = false;
    for (const id in waiting) kept = waiting[id]?.() === true || kept;
    if (kept && missed < 2) { missed += 1; tell({ v: 1, type: 'ping' }); return; }
    clearInterval(beating);
    beating = 0;
    if (kept) letGo();
  };

  /** The extension is gone, or a newer tap has taken over: the page gets everything, and nothing is watched any more. */
  const letGo = () => {
    for (const id in waiting) waiting[id]?.('gone');
    alive = false;
    for (let card; (card = find(document, 'div[data-cooldown]:empty')) !== null;) remove(card); // in Firefox nobody else is left to do it
  };

  port.onmessage = (event) => {
    const m = dataOf(event), type = own(m, 'type');
    if (own(m, 'v') !== 1) return;
    missed = 0;
    if (type === 'configure') everything = own(m, 'watch') === 'all';
    if (type === 'decide') waiting[/** @type {string} another key finds nothing */ (own(m, 'id'))]?.(own(m, 'action'), own(m, 'deadline_ms'));
  };

  // ---- stories

  /**
   * The same body to the same address, as long as it fails.
   * @typedef {{id: number, url: string, text: string, failures: number, held: number, at: number}} Story
   */
  /** @type {Record<string, Story>} the recent ones */
  const stories = create(null);
  let lastId = 0, lastStory = 0;

  /** @param {string} url @param {string} text @returns {Story | null} */
  const recall = (url, text) => {
    let found = null;
    for (const id in stories) {
      const story = stories[id];
      if (story === undefined || now() - story.at > STORY_MS) delete stories[id];
      else if (text !== '' && story.text === text && story.url === url) found = story;
    }
    return found;
  };

  // ---- the request, as it was at the call

  /**
   * @typedef {object} Call
   * @property {string} url                   absolute
   * @property {string} method
   * @property {AbortSignal | null} signal    the page's own
   * @property {string | null} key            the Authorization field; we send it nowhere
   * @property {string | null} retries        X-Stainless-Retry-Count
   * @property {() => string | Promise<string>} text  the body
   * @property {(() => Promise<Response>) | null} send  the same once more; null where it might not be the same
   * @property {Story | null} story           the failed one that the app itself is trying again
   */
  const HIDDEN = Symbol('behind code of the page');

  /** @param {object} o @returns {boolean} nothing is above it but the Object.prototype of some window */
  const isPlain = (o) => { const up = getPrototypeOf(o); return up === null || getPrototypeOf(up) === null; };
  /** Without running a getter. @param {unknown} o @param {PropertyKey} key @returns {unknown} */
  const valueAt = (o, key) => {
    const d = getOwnPropertyDescriptor(/** @type {object} anything else throws, as it should */ (o), key);
    return d !== undefined && hasOwn(d, 'value') ? d.value : HIDDEN;
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
      const key = keys[i] ?? '', d = getOwnPropertyDescriptor(record, key);
      if (pairs && key !== 'length') add(valueAt(d?.value, 1), valueAt(d?.value, 0));
      if (!pairs && d?.enumerable) add(hasOwn(d, 'value') ? d.value : HIDDEN, key); // an iterator's name is a symbol: it throws
    }
    return out;
  };

  /** May native take the bytes now and again, without a look at the object's own code? @param {unknown} body */
  const isBytes = (body) => {
    if (typeof body === 'string' || isView(body)) return true;
    for (let i = 0; i < brands.length; i++) try { brands[i]?.(body); return true; } catch { /* another kind */ }
    return false;
  };

  /** @param {unknown} input @param {unknown} init @returns {Call | null} null: not ours, or nothing to be done. Never throws. */
  const watch = (input, init) => {
    try {
      let url, request = null;
      if (typeof input === 'string') url = input;
      else if (typeof input !== 'object' || input === null) return null;
      else try { url = addressOf(input); request = /** @type {Request} */ (input); } catch { url = hrefOf(input); } // others throw: no toString is run
      if (!everything && (url.length > URL_MAX || indexOf(url, '/v1/') === -1)) return null;
      url = hrefOf(new URL(url, baseOf(document)));
      return everything || exec(GENERATION, url) !== null ? snapshot(url, request, /** @type {object} */ (init ?? {})) : null;
    } catch { return null; }
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
    // A string stays what it is. Of anything else native itself takes the bytes, now.
    const isText = request === null && (typeof body !== 'object' || body === null);
    const taken = same && !isText ? new Request(request === null ? url : cloneRequest(request), members) : null;
    const text = typeof body === 'string' ? body : '', story = recall(url, text);
    /** @param {string} name @returns {string | null} */
    const header = (name) => {
      for (const key in fields) if (lower(key) === name) return fields[key] ?? null;
      return fields === null && request !== null ? field(sentFields(request), name) : null;
    };
    const resent = story !== null && story.held === 0 ? story : null; // while one is held, the app cannot know that it failed
    if (resent !== null) tell({ v: 1, type: 'resent', story: resent.id, answered: false });
    return {
      url, method: upper(method), signal: /** @type {AbortSignal | null} isAborted throws for others */ (signal), story: resent,
      key: header('authorization'), retries: header('x-stainless-retry-count'), text: () => (taken === null ? text : textOf(cloneRequest(taken))),
      send: same ? () => apply(native, page, taken === null ? [url, members] : [cloneRequest(taken)]) : null,
    };
  };

  // ---- what the bridge is told

  /** @param {Response} response @returns {Promise<string>} as much of it as comes in time and may travel */
  const read = async (response) => {
    const stream = bodyOf(response), decoder = new TextDecoder();
    if (stream === null) return '';
    const reader = /** @type {ReadableStreamDefaultReader<Uint8Array>} */ (readerOf(stream));
    let text = '';
    const all = async () => {
      for (let part; text.length < BODY_MAX && !(part = await readFrom(reader)).done;) text += decode(decoder, part.value, MORE);
    };
    await within(all());
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
    const most = own(body, 'max_tokens') ?? own(body, 'max_completion_tokens') ?? own(body, 'max_output_tokens');
    /** @param {unknown} list */
    const slugs = (list) => {
      /** @type {string[]} */
      const out = [];
      if (isArray(list)) for (let i = 0; i < list.length && i < 16; i++) if (typeof list[i] === 'string') out[out.length] = slice(list[i], 0, 100);
      return out;
    };
    return {
      model: typeof model === 'string' ? slice(model, 0, 200) : null, stream: own(body, 'stream') === true,
      max_tokens: typeof most === 'number' ? most : null,
      key: exec(BEARER, call.key ?? '') !== null, only: slugs(own(provider, 'only')), order: slugs(own(provider, 'order')),
      allow_fallbacks: typeof fallbacks === 'boolean' ? fallbacks : null, app_retries: call.retries === null ? null : +call.retries,
    };
  };

  /** @param {Call} call @param {Response | null} response null: no answer came @param {string} body @returns {Exchange} */
  const exchangeOf = (call, response, body) => {
    const address = new URL(call.url), fields = response === null ? null : fieldsOf(response);
    /** @type {Record<string, string>} */
    const headers = {};
    for (let i = 0; fields !== null && i < HEADERS.length; i++) {
      const name = HEADERS[i] ?? '', value = field(fields, name);
      if (value !== null) headers[name] = value;
    }
    const status = response === null ? 0 : statusOf(response);
    return { surface: 'http', url: originOf(address) + pathOf(address), method: call.method, status, headers, body: withhold(body, call), at_ms: now() };
  };

  /** The value if it comes in time, or else nothing. Never rejects. @template T @param {T | Promise<T>} value @returns {Promise<T | undefined>} */
  const within = (value) => new Promise(async (ok) => {
    const timer = setTimeout(ok, READ_MS);
    try { ok(await value); } catch { ok(undefined); }
    clearTimeout(timer);
  });

  // ---- a failed call

  /** @param {Call} call @param {Response} first @returns {Promise<Response>} what the page's promise becomes */
  const rescue = (call, first) => new Promise((resolve, reject) => {
    const id = lastId += 1, { signal, send } = call;
    /** @type {'judging' | 'held' | 'sending' | 'over'} */
    let state = 'judging';
    let tries = 1, timer = 0;
    /** @type {Story | null} */
    let story = null;
    /** @type {Settled['why'] | null} let go while a try was on its way, which may still win */
    let dropped = null;

    /** @param {Settled['outcome']} outcome @param {Settled['why']} why */
    const end = (outcome, why) => {
      state = 'over';
      clearTimeout(timer);
      delete waiting[id];
      if (signal !== null) unlisten(signal, 'abort', onAbort);
      if (story === null) return;
      story.held -= 1;
      story.at = now();
      if (outcome === 'answered') delete stories[story.id];
      tell({ v: 1, type: 'settled', id, story: story.id, attempt: tries, outcome, why });
    };
    /** @param {Settled['why']} why */
    const release = (why) => {
      if (state === 'sending') dropped = why;
      else if (state !== 'over') { end('released', why); resolve(first); }
    };
    const onAbort = () => { if (state !== 'over') { end('aborted', 'page'); reject(reasonOf(signal)); } };

    /** @param {Response | null} response null: the replay broke before an answer */
    const judge = async (response) => {
      const mine = tries;
      state = 'judging';
      if (dropped !== null || !alive) { release(dropped ?? 'gone'); return; }
      timer = setTimeout(release, VERDICT_MS, 'late');
      if (beating === 0) { missed = 0; beating = setInterval(beat, BEAT_MS); }
      const sent = within(call.text()), body = response === null ? '' : await read(tries === 1 ? cloneResponse(response) : response);
      const text = await sent ?? '';
      if (state !== 'judging' || mine !== tries) return; // aborted, let go, or sent again meanwhile
      if (story === null) {
        story = recall(call.url, text) ?? { id: lastStory += 1, url: call.url, text, failures: 0, held: 0, at: 0 };
        stories[story.id] = story;
        story.held += 1;
      }
      story.failures += 1;
      story.at = now();
      const exchange = exchangeOf(call, response, body), request = factsOf(text, call);
      tell({ v: 1, type: 'observed', id, story: story.id, attempt: story.failures, replayable: send !== null, exchange, request });
    };
    /** @param {Response | null} response */
    const failed = async (response) => { try { await judge(response); } catch { release('late'); } };
    /** @param {() => Promise<Response>} go */
    const retry = async (go) => {
      clearTimeout(timer);
      state = 'sending';
      tries += 1;
      let response = null, status = 0;
      try { response = await go(); status = statusOf(response); } catch { /* it broke; or the page ended it, and has its reason already */ }
      if (state !== 'sending') return;
      if (response === null || status === 0 || status >= 400) { failed(response); return; }
      end('answered', 'page');
      resolve(response);
    };

    waiting[id] = (action, ms) => {
      const kept = state === 'judging' || state === 'held';
      if (action === 'release' || action === 'gone') release(action === 'gone' ? 'gone' : 'decision');
      else if (kept && action === 'retry' && send !== null) retry(send);
      else if (kept && action === 'hold') {
        clearTimeout(timer);
        state = 'held';
        timer = setTimeout(release, typeof ms !== 'number' ? HOLD_MS : ms < HOLD_MAX_MS ? ms : HOLD_MAX_MS, 'deadline');
      }
      return kept;
    };
    if (signal !== null) listen(signal, 'abort', onAbort);
    failed(first);
  });

  // ---- the hook

  /** @param {Call} call @param {Promise<Response>} answer native's @returns {Promise<Response>} the page's */
  const follow = async (call, answer) => {
    const response = await answer;
    let status = 0; // an opaque answer has this one too
    try { status = statusOf(response); } catch { /* not native's own: an earlier wrapper made it */ }
    if (status >= 400 && alive) return await rescue(call, response);
    if (status !== 0 && call.story !== null) {
      delete stories[call.story.id];
      tell({ v: 1, type: 'resent', story: call.story.id, answered: true });
    }
    return response;
  };

  const hook = new Proxy(native, /** @type {ProxyHandler<typeof fetch>} without a prototype: nobody's `Object.prototype.get` becomes a trap */ ({
    __proto__: null,
    /** @param {typeof fetch} target @param {unknown} self @param {unknown[]} args */
    apply(target, self, args) {
      const call = alive ? watch(args[0], args[1]) : null;
      const answer = apply(target, self, args);
      return call === null ? answer : follow(call, answer);
    },
  }));
  Object.defineProperty(globalThis, 'fetch', { ...slot, value: hook });

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
