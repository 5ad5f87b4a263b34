// The transparency suite's page: runs the checks of one theme and keeps what each of them observed, as lines of text in order.
// A check asserts nothing. The same checks run in a page with the extension and in one without it; ../../browser/transparency.mjs
// holds the two logs against each other. So a check may log only what the browser itself does alike each time.
//
// ?theme= names the script of checks, ?run= makes addresses unique (and is taken out of the lines), ?control= is the mock's port.
(() => {
  'use strict';
  const setup = new URLSearchParams(location.search), run = setup.get('run'), control = setup.get('control');

  // ---- addresses and answers

  const API = 'https://openrouter.ai/api/v1';
  /** What an address is to the tap. `other` is not watched: once it looks at it, it is past its test for the path alone. `same` is watched as this site is switched on, but nothing there names OpenRouter. */
  const KINDS = {
    same: { title: 'own server', base: `${location.origin}/api/v1/chat/completions` },
    other: { title: 'not watched', base: `${API}/other` },
    good: { title: 'watched', base: `${API}/chat/completions` },
    bad: { title: 'let go', base: `${API}/chat/completions` },
  };
  const ANSWER = { body: { id: 'gen-1', choices: [{ message: { role: 'assistant', content: 'Grüße, "you"' } }] } };
  /** A failure that no retry can help: the tap lets it go at once. */
  const FAILURE = { status: 400, body: { error: { message: 'm is not a valid model ID', code: 400 } } };
  const IS_FIREFOX = 'mozInnerScreenX' in globalThis;
  const TAIL = 200; // blocks of 64 KiB
  const BODY = '{"model":"m","stream":true}';

  const escapes = { '%': '%25', '"': '%22', '#': '%23', '&': '%26', '+': '%2B', '<': '%3C', '>': '%3E', "'": '%27', ' ': '%20', '\\': '%5C' };
  const inQuery = (text) => text.replace(/[%"#&+<>' \\]/g, (c) => escapes[c]).replace(/[^\x21-\x7e]/g, encodeURIComponent);

  // ---- lines

  // Chromium names the method in an error of json() only where the body was still on its way, which is chance.
  const clean = (text) => text.replaceAll(run, 'RUN').replace("Failed to execute 'json' on 'Response': ", '').replace(/gen-\d+-[0-9a-f]+/g, 'gen-ID').replace(/req-[0-9a-f]{24}/g, 'req-ID').replace(/[0-9a-f]{16}-FRA/g, 'RAY')
    .replace(/-{2,}[-\w]*boundary[-\w]*/gi, '--BOUNDARY').replace(/boundary=[-\w]+/g, 'boundary=BOUNDARY').replace(/blob:https:\S+/g, 'blob:URL');
  const NATIVE = /^function (?:(?:get|set) )?[\w$]*(?:\[Symbol\.\w+\])?\(\)\s*\{\s*\[native code\]\s*\}$/;
  /** The one known exception: a native that is wrapped by a Proxy prints without its name. */
  const source = (f) => { const text = Function.prototype.toString.call(f); return NATIVE.test(text) ? 'native' : text; };

  const tagOf = (v) => Object.prototype.toString.call(v).slice(8, -1);
  const isError = (v) => tagOf(v) === 'Error' || tagOf(v) === 'DOMException';
  const show = (v, depth = 0) => {
    if (typeof v === 'string') return JSON.stringify(v.length > 600 ? `${v.slice(0, 600)}… (${v.length})` : v);
    if (typeof v === 'function') return `function ${v.name}/${v.length}`;
    if (typeof v !== 'object' || v === null) return Object.is(v, -0) ? '-0' : String(v);
    if (isError(v)) return `${v instanceof Error ? '' : 'foreign '}${v.constructor.name} ${v.name}${tagOf(v) === 'DOMException' ? ` ${v.code}` : ''}: ${v.message}`;
    if (ArrayBuffer.isView(v)) return `${tagOf(v)}(${v.byteLength} of ${v.buffer.byteLength})${depth > 2 ? '' : ` ${JSON.stringify(new TextDecoder().decode(v).slice(0, 200))}`}`;
    if (v instanceof ArrayBuffer) return `ArrayBuffer(${v.byteLength}) ${JSON.stringify(new TextDecoder().decode(v).slice(0, 200))}`;
    if (Array.isArray(v)) return `[${v.map((one) => show(one, depth + 1)).join(', ')}]`;
    const up = Object.getPrototypeOf(v);
    if ((up === Object.prototype || up === null) && depth < 5) return `{${Object.keys(v).map((key) => `${key}: ${show(v[key], depth + 1)}`).join(', ')}}`;
    return `[${up === null ? 'null' : tagOf(v)}]`;
  };

  // ---- time

  const channel = new MessageChannel(), turns = [];
  channel.port1.onmessage = () => turns.shift()();
  /** A task later: all that was due in this one has happened. */
  const turn = () => new Promise((ok) => { turns.push(ok); channel.port2.postMessage(null); });
  const turnsOf = async (n) => { for (let i = 0; i < n; i++) await turn(); };
  const pause = (ms) => new Promise((ok) => { setTimeout(ok, ms); });

  // ---- the server

  const worker = new Worker('server.js'), asked = new Map();
  let lastAsked = 0;
  worker.onmessage = ({ data: { id, value, error } }) => { const [ok, no] = asked.get(id); asked.delete(id); if (error === undefined) ok(value); else no(new Error(`the control port: ${error}`)); };
  const ask = (method, path) => new Promise((ok, no) => { asked.set(lastAsked += 1, [ok, no]); worker.postMessage({ id: lastAsked, method, url: `http://127.0.0.1:${control}${path}` }); });

  // ---- one check

  let current = null;
  addEventListener('unhandledrejection', (event) => { current?.note('unhandledrejection', event.reason); event.preventDefault(); });
  addEventListener('error', (event) => { if (event instanceof ErrorEvent) { current?.note('uncaught', event.error ?? event.message); event.preventDefault(); } });

  class Check {
    /** @type {string[]} */ lines = [];
    over = false;

    constructor(kind, n) {
      this.kind = kind;
      this.watched = kind === 'good' || kind === 'bad';
      this.token = `${run}-${n}`;
      this.addresses = 0;
      this.last = null;
      this.tail = null;
      this.cleanups = [];
      this.shut = new Set(); // gates that are not open yet
    }

    /** What the page saw. */
    log(label, ...values) { if (!this.over) this.lines.push(clean(`${label}${values.length > 0 ? ': ' : ''}${values.map((v) => show(v)).join(' ')}`)); }
    note(what, value) { this.log(`(${what})`, value); }

    /** An address of this kind that brings its own answer. @param {object} [answer] over the kind's usual one @param {string} [more] to its query */
    url(answer = {}, more = '') {
      const usual = this.kind === 'bad' ? FAILURE : ANSWER;
      const whole = 'sse' in answer && this.kind !== 'bad' ? answer : 'sse' in answer ? { status: usual.status, ...answer } : { ...usual, ...answer };
      this.last = `${this.token}-${this.addresses += 1}`;
      if (this.tail !== null && !this.tail.startsWith(`${this.last}/`)) this.tail = null; // of another answer
      const url = `${KINDS[this.kind]?.base ?? KINDS.other.base}?conversation=${this.last}${more}&answer=${inQuery(JSON.stringify(whole))}`;
      if (url.length > 2_000) throw new Error(`the tap does not look at so long an address: ${url.length}`);
      return url;
    }

    /** @param {object} [answer] @param {RequestInit} [init] */
    post(answer, init) { return fetch(this.url(answer), { method: 'POST', body: BODY, ...init }); }

    /**
     * An event stream in parts, each kept back until `next()`.
     * @param {string[]} parts @param {object} [more] of the answer @param {boolean} [isEndless] it never ends: for `closes()`
     */
    parts(parts, more = {}, isEndless = false) {
      const sse = [], name = `${this.token}-${this.addresses + 1}`;
      let opened = 0;
      const gate = (word) => { this.shut.add(`${name}/${word}`); return `${name}/${word}`; };
      parts.forEach((raw, n) => { if (n > 0) sse.push({ gate: gate(n) }); sse.push({ raw }); });
      this.tail = isEndless ? `${name}/tail` : null;
      if (isEndless && !IS_FIREFOX) sse.push({ gate: gate('tail') }, { fill: TAIL }, { gate: gate('never') });
      return { answer: { sse, ...more }, next: () => this.open(`${name}/${opened += 1}`) };
    }

    gate(name) { this.shut.add(`${this.token}/${name}`); return `${this.token}/${name}`; }
    open(gate) { this.shut.delete(gate); return ask('POST', `/open?gate=${encodeURIComponent(gate)}`); }
    /** What the server saw of the last address, or of one. */
    seen(name = this.last) { return ask('GET', `/log?conversation=${encodeURIComponent(name)}`); }
    /** Waits until the server's record of the last address is as wanted. */
    async until(wanted, name = this.last, limitMs = 5_000) {
      for (const end = performance.now() + limitMs; performance.now() < end; await pause(10)) {
        const entries = await this.seen(name);
        if (wanted(entries)) return entries;
      }
      return [];
    }
    /**
     * The server saw the connection close before the answer was over. Chromium may try to drain it first, for 5 s or a few bytes: so more
     * bytes come. Firefox itself neither closes nor reads on once a body was read from: there is nothing to be seen.
     */
    async closes(label = 'the server sees the connection closed') {
      if (this.tail !== null && IS_FIREFOX) return;
      if (this.tail !== null) await this.open(this.tail);
      const entries = await this.until((all) => all.some((one) => one.aborted || one.sent > TAIL * 65_536), this.last, 8_000);
      this.log(label, entries.some((one) => one.aborted));
    }
    /** The requests that arrived, in full. @param {string} label */
    async logSeen(label = 'the server saw', name = this.last) {
      for (const { method, headers, body } of await this.seen(name)) {
        delete headers['user-agent'];
        if (headers['content-type']?.startsWith('multipart/')) delete headers['content-length']; // boundaries differ in length
        for (const one of Object.keys(headers)) if (one.startsWith('sec-ch-ua')) delete headers[one];
        this.log(label, method, headers, body);
      }
    }

    /** What became of a promise. */
    async settled(label, promise) {
      try { const value = await promise; this.log(label, 'resolved', value); return value; } catch (error) { this.log(label, 'rejected', error); return error; }
    }
    /** Throws, returns, resolves or rejects: which, and what. */
    async attempt(label, call) {
      let value;
      try { value = call(); } catch (error) { this.log(`${label}, threw`, error); return error; }
      if (typeof value !== 'object' || value === null || typeof value.then !== 'function') { this.log(`${label}, returned`, value); return value; }
      return this.settled(`${label}, a ${value instanceof Promise && Object.getPrototypeOf(value) === Promise.prototype ? '' : 'foreign '}promise`, value);
    }
    /** Sets something of the page's for the time of the check. */
    replace(object, key, descriptor) {
      const before = Object.getOwnPropertyDescriptor(object, key);
      Object.defineProperty(object, key, { ...before, ...descriptor });
      this.cleanups.push(() => { if (before === undefined) delete object[key]; else Object.defineProperty(object, key, before); });
      return before;
    }
    /** An element for the time of the check. */
    add(element) { document.body.append(element); this.cleanups.push(() => element.remove()); return element; }
    clear() { for (const cleanup of this.cleanups.splice(0).reverse()) cleanup(); }
    /** Microtasks between now and the settlement of a promise that is settled without any task. */
    async microtasks(label, promise) {
      let count = 0, end = -1;
      const mark = () => { end = count; };
      Promise.prototype.then.call(promise, mark, mark);
      await (async () => { while (count < 60) { await null; count += 1; } })();
      this.log(label, end === -1 ? 'not in this task' : end);
    }
    /** Is it settled before the next task? */
    async inThisTask(label, promise) {
      let isSettled = false;
      const mark = () => { isSettled = true; };
      promise.then(mark, mark);
      await turn();
      this.log(label, isSettled);
    }
  }
  Object.assign(Check.prototype, { show, source, turn, turns: turnsOf, pause, tagOf, NATIVE, BODY, ANSWER, FAILURE, KINDS, IS_FIREFOX });

  // ---- all checks of a theme

  /** @type {Array<{name: string, kinds: string[], run: (t: Check) => unknown}>} */
  const checks = [];
  let ready;

  /** The first answers that the tap looks at: what it changes for them is changed from here on. */
  const wake = async () => {
    const t = new Check('good', 'wake');
    await (await t.post()).text();
    const reader = (await t.post({ sse: [{ comment: 'OPENROUTER PROCESSING' }, { data: ANSWER.body }, { raw: 'data: [DONE]\n\n' }] })).body.getReader();
    while (!(await reader.read()).done);
    t.kind = 'bad';
    await (await t.post()).text();
    const x = new XMLHttpRequest();
    await new Promise((ok) => { x.onloadend = ok; x.open('POST', t.url()); x.send(BODY); });
  };

  const runOne = async ({ run: body }, kind, n, limitMs) => {
    const t = current = new Check(kind, n);
    let timer;
    const limit = new Promise((ok) => { timer = setTimeout(() => { t.log(`(no end within ${limitMs} ms)`); ok(); }, limitMs); });
    try { await Promise.race([limit, (async () => body(t))()]); } catch (error) { t.note('the check itself threw', error); }
    clearTimeout(timer);
    t.clear();
    await turnsOf(3);
    t.over = true;
    await Promise.all([...t.shut].map((gate) => t.open(gate))); // a connection that nobody ends is missing to the next check
    return t.lines;
  };

  globalThis.transparency = {
    /** A promise, the kinds of addresses at which it is held ('none': without any), and what is done and observed. */
    check: (name, kinds, body) => checks.push({ name, kinds, run: body }),
    /**
     * Begins. `data-at` of the document says how far it is, and can be read from beside the page: nothing may run in it meanwhile but its own.
     * @param {{only?: string, names?: string[] | null, phases?: string[], limitMs?: number}} [what] only: words of what to run; names: these promises alone
     */
    run: async ({ only = '', names = null, phases = ['before', 'after'], limitMs = 15_000 } = {}) => {
      const { out } = globalThis.transparency;
      await ready;
      let n = 0;
      for (const phase of phases) {
        if (phase === 'after') await wake();
        for (const check of checks) {
          for (const kind of check.kinds) {
            n += 1; // counted also where left out: an address is the same whatever runs beside
            const isWatched = kind === 'good' || kind === 'bad';
            if (phase === 'before' && isWatched) continue;
            const where = [KINDS[kind]?.title, isWatched ? undefined : `${phase} the first watched answer`].filter((word) => word !== undefined).join(', ');
            const name = `${check.name} [${where}]`;
            if (!name.includes(only) || (names !== null && !names.includes(check.name))) continue;
            document.documentElement.dataset.at = name;
            const since = performance.now();
            out.push({ name, lines: await runOne(check, kind, n, limitMs), took: performance.now() - since });
          }
        }
      }
      document.documentElement.dataset.at = 'done';
    },
    /** @type {Array<{name: string, lines: string[], took: number}>} */
    out: [],
  };
  ready = new Promise((ok, no) => {
    const script = document.createElement('script');
    script.src = `${setup.get('theme')}.js`;
    script.onload = ok;
    script.onerror = () => no(new Error('no such theme'));
    document.head.append(script);
  });
})();
