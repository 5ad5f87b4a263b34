// What is asked: arguments, what is read of them and how often, what is sent, errors, aborts, the order in which promises settle.
(() => {
  'use strict';
  const { check } = globalThis.transparency;
  const ALL = ['same', 'other', 'good', 'bad'], GOOD = ['same', 'other', 'good'], UNWATCHED = ['same', 'other'], UNTOUCHED = ['other'];

  /** What the page can know of an answer, without its body. */
  const describe = ({ status, statusText, ok, url, type, redirected, bodyUsed, headers, body }) => ({ status, statusText, ok, url, type, redirected, bodyUsed, headers: [...headers].filter(([name]) => name !== 'date'), body });
  const whole = async (r) => ({ ...describe(r), text: await r.text() });

  check('fetch gives a plain promise of this window', ALL, async (t) => {
    const p = t.post();
    t.log('promise', p, p instanceof Promise, p.constructor === Promise, Object.getPrototypeOf(p) === Promise.prototype, Reflect.ownKeys(p));
    t.log('twice', t.post() === p);
    const r = await p;
    t.log('the same answer each time', r === await p, r instanceof Response);
    t.log('answer', await whole(r));
  });
  check('fetch without arguments rejects and does not throw', ['none'], (t) => t.attempt('fetch()', () => fetch()));
  check('an address of any kind is taken as it was: string, URL, Request, objects with toString', ALL, async (t) => {
    const init = () => ({ method: 'POST', body: t.BODY });
    for (const [label, make] of Object.entries({
      'a string': () => t.url(), 'a URL': () => new URL(t.url()), 'a String object': () => new String(t.url()), 'an array of one': () => [t.url()],
      'a Request': () => new Request(t.url(), init()), 'an anchor': () => Object.assign(document.createElement('a'), { href: t.url() }), 'with white space': () => ` \n${t.url()}\t`, 'with a fragment': () => `${t.url()}#part`,
      'in capitals': () => t.url().replace('https://openrouter', 'HTTPS://OpenRouter'), 'with dots': () => t.url().replace('/api/v1/', '/x/../api/./v1/'),
    })) {
      const r = await t.attempt(label, () => fetch(make(), label === 'a Request' ? undefined : init()));
      if (r instanceof Response) t.log(label, await whole(r));
    }
  });
  check('what is no address is refused in the browser\'s own words', ['none'], async (t) => {
    for (const input of ['http://[', 'https://user:pass@openrouter.ai/api/v1/chat/completions', 'ftp://x/', 'about:blank', 'javascript:1', null, undefined, 7, {}, Symbol('x'), '//', 'https://']) {
      await t.attempt(String(input), () => fetch(input, { method: 'POST', body: '/v1/' }).then((r) => r.status));
    }
    for (const init of [1, 'x', true, Symbol('x'), null, undefined, [], () => {}]) await t.attempt(`init ${String(init)}`, () => fetch('about:blank', init));
  });
  check('members of init that are wrong are refused in the browser\'s own words', ALL, async (t) => {
    for (const init of [{ method: 'a b' }, { method: 'TRACE' }, { method: 'CONNECT' }, { method: 'GET', body: 'x' }, { headers: 1 }, { headers: [['a']] }, { headers: { 'a b': 'c' } }, { headers: { a: 'b\nc' } }, { mode: 'navigate' }, { mode: 'x' },
      { credentials: 'x' }, { cache: 'x' }, { cache: 'only-if-cached' }, { redirect: 'x' }, { referrer: 'http://[' }, { referrerPolicy: 'x' }, { integrity: 'sha256-AAAA' }, { signal: {} }, { signal: 'x' }, { window: 1 }, { duplex: 'full' },
      { priority: 'x' }, { body: new ReadableStream() }, { body: Symbol('x') }, { method: Symbol('x') }, { mode: 'same-origin', integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }]) {
      await t.attempt(t.show(init), () => t.post({}, init).then((r) => r.status));
    }
  });
  check('more arguments than two change nothing', ALL, async (t) => {
    const third = new Proxy({}, { get: (_, key) => { t.log('read', String(key)); } });
    t.log('answer', await whole(await fetch(t.url(), { method: 'POST', body: t.BODY }, third, 4)));
  });
  check('toString of the address runs once, and its other members never', ALL, async (t) => {
    const url = t.url(), input = new Proxy({}, { get(_, key) { t.log('read', String(key)); return key === 'toString' ? () => { t.log('toString runs'); return url; } : undefined; }, has(_, key) { t.log('has', String(key)); return false; },
      getPrototypeOf() { t.log('getPrototypeOf'); return Object.prototype; }, ownKeys() { t.log('ownKeys'); return []; } });
    t.log('answer', (await fetch(input, { method: 'POST', body: t.BODY })).status);
    await t.attempt('one that throws', () => fetch({ toString() { throw new RangeError('mine'); } }));
    await t.attempt('one that gives nothing', () => fetch({ toString: () => ({}) }));
  });
  check('heirs of URL and Request that overwrite members are read as the browser reads them', ALL, async (t) => {
    class MyURL extends URL { get href() { t.log('href runs'); return 'about:blank'; } toString() { t.log('toString runs'); return super.toString(); } }
    t.log('URL', (await fetch(new MyURL(t.url()), { method: 'POST', body: t.BODY })).status);
    class MyRequest extends Request { get url() { t.log('url runs'); return 'about:blank'; } get method() { t.log('method runs'); return 'GET'; } get signal() { t.log('signal runs'); return null; } clone() { t.log('clone runs'); return super.clone(); } }
    t.log('Request', await whole(await fetch(new MyRequest(t.url(), { method: 'POST', body: t.BODY }))));
    const own = Object.defineProperty(new Request(t.url(), { method: 'POST', body: t.BODY }), 'url', { get() { t.log('own url runs'); return 'about:blank'; } });
    t.log('an own member', (await fetch(own)).status);
    const heir = Object.create(new Request(t.url()));
    await t.attempt('an heir by prototype', () => fetch(heir).then((r) => r.status));
  });

  // ---- read once

  const MEMBERS = ['method', 'headers', 'body', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'signal', 'window', 'duplex', 'priority'];
  const values = (t) => ({ method: 'POST', body: t.BODY, headers: { 'X-Title': 'a' } });
  check('each member of init is read once, in the browser\'s order', ALL, async (t) => {
    const given = values(t), init = {};
    for (const key of MEMBERS) Object.defineProperty(init, key, { enumerable: true, get() { t.log('read', key); return given[key]; } });
    t.log('answer', (await fetch(t.url(), init)).status);
    await t.logSeen();
  });
  check('members that init inherits are read once too', ALL, async (t) => {
    const given = values(t);
    class Base { get method() { t.log('read method'); return given.method; } get body() { t.log('read body'); return given.body; } }
    class Init extends Base { get headers() { t.log('read headers'); return given.headers; } }
    t.log('answer', (await fetch(t.url(), new Init())).status);
    await t.logSeen();
  });
  check('an init behind a Proxy is asked what the browser asks, and nothing else', ALL, async (t) => {
    const spy = (label, target) => new Proxy(target, new Proxy({}, { get: (_, trap) => (...args) => { t.log(label, trap, ...args.slice(1, 2).map(String)); return Reflect[trap](...args); } }));
    t.log('answer', (await fetch(t.url(), spy('init', values(t)))).status);
    t.log('answer', (await fetch(t.url(), { ...values(t), headers: spy('headers', { 'X-Title': 'a', 'Content-Type': 'text/plain' }) })).status);
    await t.logSeen();
  });
  check('a getter of init that throws rejects with its own error', ALL, async (t) => {
    for (const key of ['method', 'headers', 'body', 'signal']) await t.attempt(key, () => t.post({}, Object.defineProperty({}, key, { get() { throw new RangeError(key); }, enumerable: true })));
    await t.attempt('headers', () => t.post({}, { headers: { get a() { throw new RangeError('a header'); } } }));
    await t.attempt('iterator', () => t.post({}, { headers: { [Symbol.iterator]() { throw new RangeError('iterator'); } } }));
  });
  check('headers of every kind are sent, an iterator is consumed once', ALL, async (t) => {
    function* pairs() { t.log('begun'); yield ['X-Title', 'a']; t.log('second'); yield new Set(['HTTP-Referer', 'b']); t.log('done'); }
    for (const [label, headers] of Object.entries({
      'a generator': pairs(), 'a Headers': new Headers({ 'X-Title': 'a' }), 'a record': { 'X-Title': 'a', 'http-referer': 'b' }, 'pairs': [['X-Title', 'a'], ['x-title', 'b']], 'a Map': new Map([['X-Title', 'a']]),
      'a record with a getter': { get 'X-Title'() { t.log('read'); return 'a'; } }, 'values that are no strings': { 'X-Title': 7, 'http-referer': { toString: () => { t.log('toString runs'); return 'c'; } } },
      'an object of one iterator': { [Symbol.iterator]() { t.log('iterator asked'); return [['X-Title', 'a']][Symbol.iterator](); } }, 'nothing': {}, 'undefined': undefined,
      'a Headers with an own iterator': Object.assign(new Headers({ 'X-Title': 'own' }), { [Symbol.iterator]: () => { t.log('own iterator asked'); return [['X-Title', 'a']][Symbol.iterator](); } }),
    })) {
      await t.attempt(label, () => fetch(t.url(), { method: 'POST', body: t.BODY, headers }).then((r) => r.status));
      await t.logSeen(label);
    }
  });
  check('a body of every kind is sent with its own content type, and its toString runs once', ALL, async (t) => {
    const form = new FormData();
    form.set('k', 'v');
    form.set('file', new File(['f'], 'n.txt', { type: 'text/plain' }));
    for (const [label, make] of Object.entries({
      'a string': () => 'ü', 'an empty string': () => '', 'null': () => null, 'undefined': () => undefined, 'a number': () => 7, 'an array': () => [1, 2], 'an object': () => ({ toString() { t.log('toString runs'); return 'o'; } }),
      'a Blob': () => new Blob(['b'], { type: 'application/x-b' }), 'a Blob without type': () => new Blob(['b']), 'URLSearchParams': () => new URLSearchParams('a=1'), 'FormData': () => form, 'bytes': () => new Uint8Array([65, 66]),
      'a part of a buffer': () => new Uint8Array([65, 66, 67]).subarray(1), 'a buffer': () => new Uint8Array([65]).buffer, 'a DataView': () => new DataView(new Uint8Array([65]).buffer), 'a String object': () => new String('s'),
    })) {
      await t.attempt(label, () => fetch(t.url(), { method: 'POST', body: make() }).then((r) => r.status));
      await t.logSeen(label);
    }
  });
  check('the bytes are those of the moment of the call', ALL, async (t) => {
    const bytes = new Uint8Array([65, 65]), params = new URLSearchParams('a=1'), form = new FormData(), headers = new Headers({ 'X-Title': 'a' }), record = { 'X-Title': 'a' }, url = new URL(t.url());
    const calls = [fetch(url, { method: 'POST', body: bytes })];
    url.pathname = '/elsewhere';
    const first = t.last;
    bytes.fill(66);
    form.set('k', 'v');
    const init = { method: 'POST', body: params, headers };
    calls.push(fetch(t.url(), init));
    const second = t.last;
    params.append('b', '2');
    headers.set('X-Title', 'b');
    init.body = 'other';
    init.method = 'PUT';
    calls.push(fetch(t.url(), { method: 'POST', body: form, headers: record }));
    form.append('late', '1');
    record['X-Title'] = 'b';
    for (const r of await Promise.all(calls)) t.log('answer', r.status);
    await t.logSeen('bytes', first);
    await t.logSeen('params', second);
    await t.logSeen('form');
  });

  // ---- Request objects

  check('a Request is used at once, and only once', ALL, async (t) => {
    const q = new Request(t.url(), { method: 'POST', body: t.BODY }), { body } = q;
    t.log('before', q.bodyUsed, body?.locked);
    const p = fetch(q);
    t.log('right after the call', q.bodyUsed, body === q.body, body?.locked);
    await t.attempt('again at once', () => fetch(q));
    t.log('answer', await whole(await p));
    t.log('later', q.bodyUsed, body?.locked);
    await t.attempt('again later', () => fetch(q));
    await t.attempt('clone', () => q.clone());
    await t.attempt('text', () => q.text());
    await t.logSeen();
  });
  check('a Request with init, a clone of one, a read one and a locked one do as they did', ALL, async (t) => {
    const make = (more) => new Request(t.url(), { method: 'POST', body: t.BODY, headers: { 'X-Title': 'a' }, ...more });
    let q = make();
    t.log('with init', (await fetch(q, { body: 'other', headers: { 'X-Title': 'b' } })).status, q.bodyUsed);
    await t.logSeen();
    q = make();
    t.log('a clone', (await fetch(q.clone())).status, q.bodyUsed);
    t.log('and the original', (await fetch(q)).status, q.bodyUsed);
    t.log('sent', (await t.seen()).filter(({ method }) => method === 'POST').map(({ body }) => body)); // the second may need no preflight
    q = make();
    await q.text();
    await t.attempt('read', () => fetch(q));
    t.log('read, with another body', (await fetch(q, { body: 'x' })).status);
    q = make();
    const reader = q.body?.getReader();
    await t.attempt('locked', () => fetch(q).then((r) => r.status));
    reader?.releaseLock();
    await t.attempt('no longer locked', () => fetch(q).then((r) => r.status));
    q = make();
    await t.attempt('a Request made of it', () => fetch(new Request(q)).then((r) => r.status));
    t.log('it is used', q.bodyUsed);
  });
  check('a Request keeps its own members', ALL, async (t) => {
    const why = { a: 1 }, c = new AbortController(), q = new Request(t.url(), { method: 'POST', body: t.BODY, signal: c.signal, credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer', keepalive: true });
    const { method, mode, credentials, cache, redirect, referrerPolicy, keepalive, destination, integrity, referrer, signal } = q;
    await fetch(q);
    t.log('unchanged', method === q.method, mode, credentials, cache, redirect, referrerPolicy, keepalive, destination, integrity, referrer, signal === q.signal, signal.aborted);
    c.abort(why);
    t.log('its signal', signal.aborted, signal.reason === why);
  });

  // ---- what is sent

  check('one call sends one request, and the preflight it takes', ALL, async (t) => {
    await (await t.post()).text();
    t.log('simple', (await t.seen()).map(({ method }) => method));
    await (await t.post({}, { headers: { Authorization: 'Bearer sk-or-v1-x', 'Content-Type': 'application/json' } })).text();
    t.log('with a key', (await t.seen()).map(({ method, body }) => `${method} ${body}`));
    await t.logSeen();
  });
  check('referrer, credentials, cache and priority reach the server as they did', ALL, async (t) => {
    for (const init of [{ referrer: '/custom', referrerPolicy: 'unsafe-url' }, { referrer: '' }, { referrerPolicy: 'no-referrer' }, { cache: 'no-store' }, { cache: 'reload' }, { priority: 'low' }, { credentials: 'omit' }, { keepalive: true }, { mode: 'cors' }]) {
      t.log(t.show(init), (await t.post({}, init)).status);
      await t.logSeen();
    }
  });
  check('other methods than POST are handed through', ALL, async (t) => {
    for (const method of ['GET', 'get', 'PUT', 'DELETE', 'post', 'Patch', 'HEAD']) {
      const r = await t.attempt(method, () => fetch(t.url({ headers: { 'access-control-allow-methods': '*' } }), { method, body: /get|head/i.test(method) ? undefined : 'x' }));
      if (r instanceof Response) t.log(method, await whole(r));
      t.log(method, (await t.seen()).map((one) => one.method));
    }
  });
  check('a keepalive call keeps its limit of 64 KiB', ALL, async (t) => {
    t.log('small', await whole(await t.post({}, { keepalive: true })));
    await t.attempt('large', () => t.post({}, { keepalive: true, body: 'x'.repeat(70_000) }));
  });
  check('credentials that the server allows are answered', ALL, async (t) => {
    t.log('answer', await whole(await t.post({ headers: { 'access-control-allow-origin': location.origin, 'access-control-allow-credentials': 'true' } }, { credentials: 'include' })));
  });
  // Of OpenRouter's own addresses these are calls without an answer, which are held as a refusal is.
  check('credentials that the server does not allow reject', UNWATCHED, async (t) => { await t.attempt('include', () => t.post({}, { credentials: 'include' }).then((r) => r.status)); });
  check('a redirect to nowhere rejects', UNWATCHED, async (t) => { await t.attempt('to nowhere', () => t.post({ status: 307, headers: { location: 'http://[' }, body: '' })); });
  check('an answer without CORS rejects in the browser\'s own words, and counts as one unhandled rejection', UNWATCHED, async (t) => {
    await t.attempt('no CORS', () => t.post({ cors: false }));
    t.post({ cors: false });
    await t.until((all) => all.length > 0 && all[0].ended);
    await t.pause(100);
  });
  check('a no-cors call stays opaque', ALL, async (t) => {
    const r = await t.post({ cors: false }, { mode: 'no-cors' });
    t.log('answer', describe(r));
    t.log('text', await r.text(), r.bodyUsed);
    t.log('clone', describe((await t.post({ cors: false }, { mode: 'no-cors' })).clone()));
  });
  check('a same-origin call to another origin rejects, sending nothing', ['other', 'good', 'bad'], async (t) => {
    await t.attempt('same-origin', () => t.post({}, { mode: 'same-origin' }));
    t.log('sent', (await t.seen()).length);
  });
  check('redirects are followed, told, refused or handed over opaque', GOOD, async (t) => {
    for (const status of [307, 308, 302, 303]) {
      const target = t.url({ body: 'there' }), to = t.last;
      const headers = { location: target };
      if (target.length > 700) throw new Error('too long to nest');
      const r = await t.attempt(`${status}`, () => t.post({ status, headers, body: '' }));
      if (r instanceof Response) t.log(`${status}`, await whole(r));
      t.log('sent on', (await t.seen(to)).map(({ method, body }) => `${method} ${body}`));
    }
    for (const redirect of ['manual', 'error']) {
      const r = await t.attempt(redirect, () => t.post({ status: 307, headers: { location: '/x' }, body: '' }, { redirect }));
      if (r instanceof Response) t.log(redirect, await whole(r));
    }
  });
  check('a wrong integrity rejects, a right one does not', GOOD, async (t) => {
    await t.attempt('wrong', () => t.post({ body: 'ok' }, { integrity: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }));
    await t.attempt('right', () => t.post({ body: 'ok' }, { integrity: 'sha256-JonqcB/N1Ps3e+cebU4r1QnRFPxPiqSLdZ7T/pxVVc8=' }).then((r) => r.text()));
  });
  check('a connection that breaks before the answer rejects in the browser\'s own words', UNWATCHED, async (t) => {
    await t.attempt('cut', () => t.post({ cut: 'headers' }));
    await t.attempt('refused', () => fetch('https://127.0.0.1:9/', { method: 'POST' }));
  });
  check('each answer has one entry of resource timing, of the kind fetch', ALL, async (t) => {
    performance.clearResourceTimings(); // there is room for 250
    const url = t.url();
    await (await fetch(url, { method: 'POST', body: t.BODY })).text();
    let entries = [];
    for (const end = performance.now() + 3_000; entries.length === 0 && performance.now() < end; await t.pause(10)) entries = performance.getEntriesByName(url);
    await t.pause(50);
    t.log('entries', performance.getEntriesByName(url).map(({ initiatorType, entryType, responseStatus }) => `${entryType} ${initiatorType} ${responseStatus}`));
  });

  // ---- aborts

  const reasons = () => ({ 'an object': { a: 1 }, 'a string': 'stop', 'an error': new RangeError('mine'), 'null': null, 'nothing': undefined });
  check('an aborted signal rejects at once with the very reason, and nothing is sent', ALL, async (t) => {
    for (const [label, why] of Object.entries(reasons())) {
      const error = await t.attempt(label, () => t.post({}, { signal: AbortSignal.abort(why) }));
      t.log(label, 'the same', error === why, 'sent', (await t.seen()).length);
    }
    const q = new Request(t.url(), { method: 'POST', body: t.BODY, signal: AbortSignal.abort('of the request') });
    await t.attempt('of a Request', () => fetch(q));
    t.log('its body', q.bodyUsed);
  });
  check('an abort right after the call rejects with the very reason', ALL, async (t) => {
    for (const [label, why] of Object.entries(reasons())) {
      const c = new AbortController(), p = t.post({}, { signal: c.signal });
      c.abort(why);
      const error = await t.settled(label, p);
      t.log(label, 'the same', error === (why === undefined ? c.signal.reason : why), c.signal.reason === error);
    }
  });
  check('an abort before the answer rejects in the same task and closes the connection', ALL, async (t) => {
    const c = new AbortController(), gate = t.gate('head'), p = t.post({ gate }, { signal: c.signal }), why = { late: true };
    await t.until((all) => all.length > 0);
    const settled = t.inThisTask('settled in the task of the abort', p);
    c.abort(why);
    await settled;
    t.log('the same', await p.catch((error) => error) === why);
    await t.closes();
  });
  check('an abort between head and body leaves the answer, and its body rejects with the very reason', ALL, async (t) => {
    const c = new AbortController(), why = { late: true }, r = await t.post({ sse: [{ raw: 'x' }, { gate: t.gate('body') }] }, { signal: c.signal }); // Firefox waits for the first byte
    c.abort(why);
    t.log('answer', r.status, r.bodyUsed);
    t.log('the same', await r.text().catch((error) => error) === why);
    t.log('then', r.bodyUsed, r.body.locked);
    await t.closes();
  });
  check('an abort within the body rejects the read with the very reason', ALL, async (t) => {
    const c = new AbortController(), why = { late: true }, r = await t.post({ sse: [{ raw: 'one' }, { gate: t.gate('two') }, { raw: 'two' }] }, { signal: c.signal }), reader = r.body.getReader();
    t.log('first', await reader.read());
    const pending = reader.read(), settled = t.inThisTask('settled in the task of the abort', pending);
    c.abort(why);
    await settled;
    t.log('the same', await pending.catch((error) => error) === why, await reader.closed.catch((error) => error) === why, await reader.read().catch((error) => error) === why);
    await t.closes();
  });
  check('an abort after everything changes nothing', ALL, async (t) => {
    const c = new AbortController(), r = await t.post({}, { signal: c.signal }), copy = r.clone();
    const text = await r.text();
    await copy.text();
    c.abort();
    await t.turns(3);
    t.log('answer', text, r.status, r.bodyUsed);
  });
  check('an abort while text() waits rejects it with the very reason', ALL, async (t) => {
    for (const how of ['text', 'json', 'arrayBuffer', 'blob']) {
      const c = new AbortController(), why = { how }, r = await t.post({ sse: [{ raw: 'one' }, { gate: t.gate('two') }, { raw: 'two' }] }, { signal: c.signal }), p = r[how]();
      c.abort(why);
      t.log(how, await p.catch((error) => error) === why, r.bodyUsed);
    }
  });
  check('AbortSignal.timeout ends a call and a body with a TimeoutError', ALL, async (t) => {
    // Long enough for the head to come first on a busy machine: Firefox tells the two apart.
    const never = { sse: [{ raw: 'one' }, { gate: t.gate('never') }] };
    if (t.kind !== 'bad') await t.attempt('body', async () => (await t.post(never, { signal: AbortSignal.timeout(2_000) })).text());
    await t.attempt('head', () => t.post({ gate: t.gate('never') }, { signal: AbortSignal.timeout(100) }));
    await t.attempt('any', () => t.post({ gate: t.gate('never') }, { signal: AbortSignal.any([AbortSignal.timeout(100), new AbortController().signal]) }));
  });
  check('the signal of a Request, one of init over it, and none', ALL, async (t) => {
    const [a, b] = [new AbortController(), new AbortController()], make = (signal) => new Request(t.url({ gate: t.gate('never') }), { method: 'POST', body: t.BODY, signal });
    let p = fetch(make(a.signal));
    a.abort('request');
    await t.settled('of the Request', p);
    p = fetch(make(a.signal), { signal: b.signal });
    b.abort('init');
    await t.settled('of init', p);
    await t.settled('none', fetch(new Request(t.url(), { method: 'POST', body: t.BODY, signal: a.signal }), { signal: null }).then((r) => r.status));
    await t.settled('undefined', fetch(new Request(t.url(), { method: 'POST', body: t.BODY, signal: a.signal }), { signal: undefined }).then((r) => r.status));
  });
  check('the signal has no more and no fewer listeners of the page\'s own, in their order', ALL, async (t) => {
    const c = new AbortController(), order = [];
    c.signal.addEventListener('abort', () => order.push('before'));
    const p = t.post({ gate: t.gate('never') }, { signal: c.signal });
    p.catch(() => order.push('rejected'));
    c.signal.addEventListener('abort', (event) => order.push(`after ${event.isTrusted} ${event.target === c.signal}`));
    c.signal.onabort = () => order.push('onabort');
    c.abort();
    order.push('abort() returned');
    await t.turns(2);
    t.log('order', order);
  });

  // ---- rejections and order

  check('a call that fails and that nobody handles is one unhandledrejection, of the page\'s own promise', ALL, async (t) => {
    const seen = [], hear = (event) => { seen.push(event); };
    addEventListener('unhandledrejection', hear);
    const why = { mine: true }, c = new AbortController(), calls = [t.post({}, { signal: AbortSignal.abort(why) }), t.post({}, { mode: 'navigate' }), t.post({ gate: t.gate('never') }, { signal: c.signal })];
    c.abort(why);
    await t.turns(4);
    removeEventListener('unhandledrejection', hear);
    t.log('events', seen.length, seen.map(({ promise }) => calls.indexOf(promise)), seen.map(({ reason }) => reason === why));
    let late = 0;
    addEventListener('rejectionhandled', () => { late += 1; }, { once: true });
    calls[0].catch(() => {});
    await t.turns(4);
    t.log('handled later', late);
  });
  check('a call that fails and is handled raises nothing', ALL, async (t) => {
    await t.post({}, { signal: AbortSignal.abort() }).catch(() => {});
    await t.post({}, { mode: 'navigate' }).then(null, () => {});
    const c = new AbortController(), r = await t.post({ sse: [{ raw: 'one' }, { gate: t.gate('two') }] }, { signal: c.signal });
    c.abort();
    await r.text().catch(() => {});
    await (await t.post()).body.cancel();
    await t.turns(4);
    t.log('done');
  });
  check('what is rejected at the call is rejected as many microtasks later as natively', UNTOUCHED, async (t) => {
    for (const [label, go] of Object.entries({
      'a bad address': () => fetch('http://['), 'no argument': () => fetch(), 'an aborted signal': () => t.post({}, { signal: AbortSignal.abort() }), 'a bad mode': () => t.post({}, { mode: 'navigate' }), 'a bad receiver': () => fetch.call({}, t.url()),
      'an abort right after': () => { const c = new AbortController(), p = t.post({}, { signal: c.signal }); c.abort(); return p; },
    })) await t.microtasks(label, go());
  });
  check('what is rejected at the call is rejected in the same task', ALL, async (t) => {
    for (const [label, go] of Object.entries({
      'an aborted signal': () => t.post({}, { signal: AbortSignal.abort() }), 'a bad mode': () => t.post({}, { mode: 'navigate' }), 'a bad header': () => t.post({}, { headers: { 'a b': 'c' } }),
      'an abort right after': () => { const c = new AbortController(), p = t.post({}, { signal: c.signal }); c.abort(); return p; },
    })) await t.inThisTask(label, go());
  });
  check('a call between two others keeps its place among microtasks', UNWATCHED, async (t) => {
    const order = [], aborted = { signal: AbortSignal.abort() };
    Promise.resolve().then(() => order.push('a1')).then(() => order.push('a2')).then(() => order.push('a3')).then(() => order.push('a4'));
    t.post({}, aborted).catch(() => order.push('fetch 1'));
    Promise.resolve().then(() => order.push('b1')).then(() => order.push('b2')).then(() => order.push('b3'));
    (async () => { try { await t.post({}, aborted); } catch { order.push('fetch 2'); } })();
    queueMicrotask(() => order.push('c1'));
    await t.turn();
    t.log('order', order);
  });
  check('handlers on one promise run in the order in which they were added', ALL, async (t) => {
    const order = [], p = t.post();
    p.then(() => order.push(1));
    p.finally(() => order.push(2));
    p.then(() => { order.push(3); queueMicrotask(() => order.push('micro')); });
    await p;
    order.push('await');
    await t.turn();
    t.log('order', order);
  });
  check('what the page replaced of its own is not run by a call', ALL, async (t) => {
    const counts = {};
    const spyOn = (object, key, name) => {
      const d = Object.getOwnPropertyDescriptor(object, key), half = d.value === undefined ? 'get' : 'value', before = d[half];
      t.replace(object, key, { [half]: function (...args) { if (on) counts[name] = (counts[name] ?? 0) + 1; return Reflect_apply(before, this, args); } });
    };
    const Reflect_apply = Reflect.apply;
    let on = false;
    const names = [['Promise.prototype', 'then'], ['Promise.prototype', 'catch'], ['Promise.prototype', 'finally'], ['Promise', 'resolve'], ['Response.prototype', 'status'], ['Response.prototype', 'clone'], ['Response.prototype', 'headers'], ['Response.prototype', 'body'], ['Response.prototype', 'ok'],
      ['Response.prototype', 'text'], ['Headers.prototype', 'get'], ['Request.prototype', 'clone'], ['Request.prototype', 'url'], ['Request.prototype', 'method'], ['URL.prototype', 'href'], ['String.prototype', 'indexOf'], ['String.prototype', 'startsWith'], ['String.prototype', 'toLowerCase'], ['RegExp.prototype', 'exec'], ['RegExp.prototype', 'test'],
      ['Array.prototype', 'push'], ['Array.prototype', 'includes'], ['Function.prototype', 'call'], ['Function.prototype', 'apply'], ['EventTarget.prototype', 'addEventListener'], ['AbortSignal.prototype', 'aborted'], ['MessagePort.prototype', 'postMessage'], ['Object', 'keys'], ['Object', 'hasOwn'], ['JSON', 'parse'],
      ['Date', 'now'], ['WeakMap.prototype', 'get'], ['Map.prototype', 'get'], ['ReadableStream.prototype', 'getReader'], ['ReadableStreamDefaultReader.prototype', 'read']];
    for (const [path, key] of names) spyOn(path.split('.').reduce((o, k) => o[k], globalThis), key, `${path}.${key}`);
    for (const key of ['fetch', 'Request', 'Response', 'URL', 'Promise', 'Proxy']) {
      const before = globalThis[key];
      if (key !== 'fetch') t.replace(globalThis, key, { value: new Proxy(before, { construct(...args) { if (on) counts[`new ${key}`] = (counts[`new ${key}`] ?? 0) + 1; return Reflect.construct(...args); } }) });
    }
    t.replace(Object.prototype, 'get', { get() { if (on) counts['Object.prototype.get'] = 1; return undefined; }, configurable: true });
    const url = t.url(), init = { method: 'POST', body: t.BODY };
    on = true;
    const r = await fetch(url, init);
    on = false;
    t.clear();
    t.log('ran', counts);
    t.log('answer', r.status, await r.text());
  });
  check('an answer is asked once for a then, as whatever a promise is resolved with', UNTOUCHED, async (t) => {
    let asked = 0;
    t.replace(Response.prototype, 'then', { get() { asked += 1; return undefined; }, configurable: true });
    const r = await t.post();
    t.log('asked', asked, r.status);
  });
  check('a call that is given away in a chain, a race and a group settles there as it did', ALL, async (t) => {
    t.log('all', (await Promise.all([t.post(), t.post()])).map((r) => r.status));
    t.log('settled', (await Promise.allSettled([t.post(), t.post({}, { mode: 'navigate' })])).map(({ status }) => status));
    t.log('race', await Promise.race([t.post({ gate: t.gate('never') }), t.pause(0).then(() => 'timer')]));
    t.log('resolved with it', await Promise.resolve(t.post()).then((r) => r.status), await (async () => t.post())().then((r) => r.status));
    class Mine extends Promise {}
    t.log('a subclass', (await Mine.resolve(t.post())).status);
  });
  check('a call within a call\'s handler, ten at once, and one after the other are all answered', ALL, async (t) => {
    t.log('within', await t.post().then(() => t.post()).then((r) => r.status));
    t.log('at once', (await Promise.all(Array.from({ length: 10 }, () => t.post()))).map((r) => r.status));
  });
})();
