// Frames and their realms: what a page makes itself is as native as the page, and functions of one window work on another's objects.
(() => {
  'use strict';
  const { check } = globalThis.transparency;
  const ALL = ['same', 'other', 'good', 'bad'], GOOD = ['same', 'other', 'good'];
  const isConstructor = (f) => { try { Reflect.construct(Object, [], f); return true; } catch { return false; } };
  const flags = (d) => ['writable', 'enumerable', 'configurable'].filter((flag) => d?.[flag]).join(' ');

  /** What can be seen of a window's own fetch and XMLHttpRequest. */
  const look = (t, label, w) => {
    const { fetch: f, XMLHttpRequest: X } = w;
    t.log(label, typeof f, f.name, f.length, t.source(f), flags(Object.getOwnPropertyDescriptor(w, 'fetch')), Reflect.ownKeys(f).sort(), isConstructor(f), Object.getPrototypeOf(f) === w.Function.prototype, f === fetch, w.fetch === w.fetch);
    for (const name of ['open', 'send', 'abort', 'setRequestHeader']) { const m = X.prototype[name]; t.log(`${label} ${name}`, m.name, m.length, t.source(m), flags(Object.getOwnPropertyDescriptor(X.prototype, name)), m === XMLHttpRequest.prototype[name], Object.getPrototypeOf(m) === w.Function.prototype); }
    for (const [I, name] of [['Response', 'text'], ['Response', 'clone'], ['ReadableStream', 'getReader'], ['ReadableStreamDefaultReader', 'read']]) { const m = w[I].prototype[name]; t.log(`${label} ${I}.${name}`, m.name, m.length, t.source(m), Object.getPrototypeOf(m) === w.Function.prototype); }
    t.log(`${label} globals`, Object.keys(w).filter((name) => !/^\d+$/.test(name)).length, Object.getOwnPropertyNames(w).filter((name) => !/^\d+$/.test(name)).length, Object.getOwnPropertySymbols(w).map(String));
  };
  const frame = async (t, set = () => {}, isLoaded = true) => {
    const f = document.createElement('iframe');
    f.style.cssText = 'width:40px;height:40px';
    set(f);
    const loaded = new Promise((ok) => { f.addEventListener('load', ok, { once: true }); });
    t.add(f);
    if (isLoaded) await loaded;
    return f;
  };
  const SOURCE = (url) => `<script>(async () => {
    const post = (data) => parent.postMessage({ frame: data }, '*');
    try {
      const out = [typeof fetch, fetch.name, location.origin, document.baseURI.slice(0, 12)];
      const r = await fetch(${JSON.stringify(url)}, { method: 'POST', body: '{}' });
      out.push(r.status, r.type, r.url === ${JSON.stringify(url)}, Reflect.ownKeys(r).length, await r.text());
      const x = new XMLHttpRequest(), states = [];
      x.onreadystatechange = () => { if (![2, 3].includes(x.readyState)) states.push(x.readyState); };
      x.onloadend = () => { out.push(x.status, x.responseText, states.join(), x.responseURL === ${JSON.stringify(url)}); post(out); };
      x.open('POST', ${JSON.stringify(url)}); x.send('{}');
    } catch (error) { post(String(error)); }
  })();<\/script>`;
  const heard = () => new Promise((ok) => { const hear = ({ data }) => { if (data?.frame) { removeEventListener('message', hear); ok(data.frame); } }; addEventListener('message', hear); });

  check('an empty frame that was just appended is as native as the page', ['none'], async (t) => {
    const f = await frame(t, undefined, false);
    look(t, 'at once', f.contentWindow);
    await t.turns(2);
    look(t, 'later', f.contentWindow);
  });
  check('frames of about:blank, srcdoc, blob: and data: call as the page does', ALL, async (t) => {
    for (const [label, set] of Object.entries({
      srcdoc: (f, url) => { f.srcdoc = SOURCE(url); }, 'a sandboxed srcdoc': (f, url) => { f.sandbox = 'allow-scripts'; f.srcdoc = SOURCE(url); }, 'a sandboxed srcdoc of the same origin': (f, url) => { f.sandbox = 'allow-scripts allow-same-origin'; f.srcdoc = SOURCE(url); },
      'blob:': (f, url) => { f.src = URL.createObjectURL(new Blob([SOURCE(url)], { type: 'text/html' })); }, 'data:': (f, url) => { f.src = `data:text/html,${encodeURIComponent(SOURCE(url))}`; },
    })) {
      if (t.kind === 'same' && /sandboxed srcdoc$|data:/.test(label)) continue; // another origin to the site's own server
      const said = heard();
      await frame(t, (f) => set(f, t.url()), false);
      t.log(label, await said);
      t.clear();
    }
  });
  check('document.write and document.open leave the functions of the frame as they are', GOOD, async (t) => {
    const f = await frame(t, undefined, false), w = f.contentWindow, before = w.fetch;
    const said = heard(), d = f.contentDocument;
    d.open();
    t.log('opened', w.fetch === before, f.contentWindow === w);
    d.write(`<!doctype html><p>written</p>${SOURCE(t.url())}`);
    d.close();
    t.log('said', await said);
    t.log('written', f.contentWindow.fetch === before, d.body.textContent.slice(0, 7));
    look(t, 'written', f.contentWindow);
  });
  check('a frame that navigates to itself again has its functions anew', ['none'], async (t) => {
    const f = await frame(t, (one) => { one.srcdoc = '<p>one'; }), before = f.contentWindow.fetch, loaded = new Promise((ok) => { f.onload = ok; });
    look(t, 'one', f.contentWindow);
    f.srcdoc = '<p>two';
    await loaded;
    t.log('another', f.contentWindow.fetch === before);
    look(t, 'two', f.contentWindow);
  });
  check('fetch of one window serves another, as it did', ALL, async (t) => {
    const f = await frame(t, undefined, false), w = f.contentWindow, init = () => ({ method: 'POST', body: t.BODY });
    for (const [label, go] of Object.entries({
      'the frame\'s own': () => w.fetch(t.url(), init()), 'the frame\'s, of this window': () => w.fetch.call(window, t.url(), init()), 'this one, of the frame': () => fetch.call(w, t.url(), init()), 'the frame\'s, free': () => { const { fetch: free } = w; return free(t.url(), init()); },
      'with an init of the frame': () => fetch(t.url(), new w.Object(Object.assign(new w.Object(), init()))), 'with a Request of the frame': () => fetch(new w.Request(t.url(), init())), 'with a URL of the frame': () => fetch(new w.URL(t.url()), init()), 'with a signal of the frame': () => fetch(t.url(), { ...init(), signal: new w.AbortController().signal }),
      'with Headers of the frame': () => fetch(t.url(), { ...init(), headers: new w.Headers({ 'X-Title': 'a' }) }), 'with bytes of the frame': () => fetch(t.url(), { method: 'POST', body: new w.Uint8Array([65]) }),
    })) {
      let p;
      try { p = go(); } catch (error) { t.log(`${label} threw`, error); continue; }
      t.log(`${label}: promise`, p instanceof Promise, p instanceof w.Promise);
      try {
        const r = await p;
        t.log(label, r.status, r.type, r instanceof Response, r instanceof w.Response, Reflect.ownKeys(r), await r.text());
      } catch (error) { t.log(`${label} rejected`, error instanceof Error, error instanceof w.Error, error.name, error.message); }
    }
    for (const [label, go] of Object.entries({ 'no argument': () => w.fetch(), 'a bad address': () => w.fetch('http://['), 'a bad receiver': () => w.fetch.call({}, '/x'), 'an abort': () => w.fetch(t.url(), { ...init(), signal: w.AbortSignal.abort() }) })) {
      try { await go(); } catch (error) { t.log(label, error.name, error.message, error instanceof Error || error instanceof DOMException, error instanceof w.Error || error instanceof w.DOMException); }
    }
    await t.logSeen();
  });
  check('members of one window read bodies of another, as they did', ALL, async (t) => {
    const f = await frame(t, undefined, false), w = f.contentWindow;
    for (const how of ['text', 'json', 'arrayBuffer', 'blob', 'clone']) {
      const r = await t.post(), v = await w.Response.prototype[how].call(r);
      t.log(how, typeof v, v instanceof w.Object, v instanceof Object, how === 'text' ? v : how === 'json' ? JSON.stringify(v) : v.byteLength ?? v.size ?? v.status);
      const other = await (await w.fetch(t.url(), { method: 'POST', body: t.BODY })), u = await Response.prototype[how].call(other);
      t.log(`${how} of the frame's`, typeof u, u instanceof w.Object, u instanceof Object, how === 'text' ? u : '');
    }
    const body = Object.getOwnPropertyDescriptor(w.Response.prototype, 'body').get, r = await t.post();
    t.log('body', body.call(r) === r.body, r.body instanceof ReadableStream, r.body instanceof w.ReadableStream);
    const reader = w.ReadableStream.prototype.getReader.call(r.body);
    t.log('reader', reader instanceof ReadableStreamDefaultReader, reader instanceof w.ReadableStreamDefaultReader);
    const one = await w.ReadableStreamDefaultReader.prototype.read.call(reader);
    t.log('read', one, one.value instanceof Uint8Array, one.value instanceof w.Uint8Array);
    t.log('the rest', (await ReadableStreamDefaultReader.prototype.read.call(reader)).done, await w.ReadableStreamDefaultReader.prototype.cancel.call(reader), w.ReadableStreamDefaultReader.prototype.releaseLock.call(reader));
    const teed = w.ReadableStream.prototype.tee.call((await t.post()).body);
    t.log('tee', teed instanceof Array, teed instanceof w.Array, teed[0] instanceof ReadableStream, teed[0] instanceof w.ReadableStream);
    await t.attempt('pipeTo', async () => w.ReadableStream.prototype.pipeTo.call((await t.post()).body, new WritableStream()));
    await t.attempt('pipeThrough', async () => w.ReadableStream.prototype.pipeThrough.call((await t.post()).body, new w.TransformStream()) instanceof w.ReadableStream);
    const i = w.ReadableStream.prototype.values.call((await t.post()).body);
    t.log('values', Object.getPrototypeOf(i) === Object.getPrototypeOf(new w.ReadableStream().values()), Object.getPrototypeOf(i) === Object.getPrototypeOf(new ReadableStream().values()), (await i.next()).done);
    for (const name of ['text', 'json', 'clone']) { try { await w.Response.prototype[name].call({}); } catch (error) { t.log(`${name} refused`, error.message, error instanceof TypeError, error instanceof w.TypeError); } }
    for (const name of ['getReader', 'cancel', 'tee', 'pipeTo', 'values']) { try { await w.ReadableStream.prototype[name].call({}); } catch (error) { t.log(`${name} refused`, error.message, error instanceof TypeError, error instanceof w.TypeError); } }
  });
  check('XMLHttpRequest of one window serves another, as it did', ALL, async (t) => {
    const f = await frame(t, undefined, false), w = f.contentWindow;
    for (const [label, make, open, send] of [['the frame\'s own', () => new w.XMLHttpRequest(), w.XMLHttpRequest.prototype.open, w.XMLHttpRequest.prototype.send], ['the frame\'s methods', () => new XMLHttpRequest(), w.XMLHttpRequest.prototype.open, w.XMLHttpRequest.prototype.send],
      ['this one\'s methods', () => new w.XMLHttpRequest(), XMLHttpRequest.prototype.open, XMLHttpRequest.prototype.send], ['opened there, sent here', () => new XMLHttpRequest(), w.XMLHttpRequest.prototype.open, XMLHttpRequest.prototype.send]]) {
      const x = make(), seen = [], end = new Promise((ok) => { x.addEventListener('loadend', () => { setTimeout(ok); }); });
      for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'loadend']) x.addEventListener(type, (event) => t.IS_FIREFOX && type === 'readystatechange' && x.readyState > 1 && x.readyState < 4 ? 0 : seen.push(`${type}${x.readyState}${event.isTrusted}${event.target === x}${event instanceof Event}`));
      open.call(x, 'POST', t.url({ body_delay_ms: 30 }));
      send.call(x, t.BODY);
      await end;
      t.log(label, seen, x.status, x.responseText, x instanceof XMLHttpRequest, x instanceof w.XMLHttpRequest);
    }
    for (const name of ['open', 'send', 'abort']) { try { w.XMLHttpRequest.prototype[name].call({}, 'POST', '/x'); } catch (error) { t.log(`${name} refused`, error.message, error instanceof TypeError, error instanceof w.TypeError); } }
  });
  check('calls of a frame that is taken away do as they did', ['none'], async (t) => {
    const f = await frame(t, undefined, false), w = f.contentWindow, { fetch: f2, XMLHttpRequest: X, Response: R } = w;
    f.remove();
    const call = async (label, go) => { const p = new Promise((ok) => { try { ok(go()); } catch (error) { t.log(`${label} threw`, error.name); ok('threw'); } }); t.log(label, await Promise.race([p.then((v) => typeof v, (error) => error.name), t.pause(1_500).then(() => 'nothing')])); };
    await call('fetch', () => f2.call(w, t.url(), { method: 'POST', body: t.BODY }));
    await call('fetch of this window', () => f2.call(window, t.url(), { method: 'POST', body: t.BODY }));
    await call('XMLHttpRequest', () => { const x = new X(); x.open('POST', t.url()); return x.readyState; });
    await call('Response', () => new R('x').text());
  });
  check('two wrappers of the page on top of each other work, and come off again', ALL, async (t) => {
    const before = fetch, calls = [], wrap = (name) => { const under = window.fetch; window.fetch = async function (...args) { calls.push(name); const r = await under.apply(this, args); calls.push(`${name} ${r.status}`); return r; }; };
    wrap('inner');
    wrap('outer');
    try { t.log('answer', await (await fetch(t.url(), { method: 'POST', body: t.BODY })).text(), calls); } finally { window.fetch = before; }
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (...args) { calls.push('open'); return open.apply(this, args); };
    try { await new Promise((ok) => { const x = new XMLHttpRequest(); x.onloadend = ok; x.open('POST', t.url()); x.send(t.BODY); }); } finally { XMLHttpRequest.prototype.open = open; }
    t.log('restored', fetch === before, XMLHttpRequest.prototype.open === open, calls);
  });
  check('Sentry\'s test for a native fetch finds in a fresh frame what it finds in the page', ['none'], async (t) => {
    const f = await frame(t, (one) => { one.hidden = true; }, false);
    const isNative = (w) => t.NATIVE.test(w.fetch.toString());
    t.log('native', isNative(window), isNative(f.contentWindow), t.NATIVE.test(Function.prototype.toString.call(f.contentWindow.fetch)), t.NATIVE.test(f.contentWindow.Function.prototype.toString.call(fetch)));
  });
})();
