// What is answered: the Response, its members, its body read whole, and what takes a Response.
(() => {
  'use strict';
  const { check } = globalThis.transparency;
  const ALL = ['same', 'other', 'good', 'bad'], GOOD = ['same', 'other', 'good'], UNWATCHED = ['same', 'other'], UNTOUCHED = ['other'];
  const WHOLE = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'].filter((how) => how in Response.prototype);
  const describe = ({ status, statusText, ok, url, type, redirected, bodyUsed, headers, body }) => ({ status, statusText, ok, url, type, redirected, bodyUsed, headers: [...headers].filter(([name]) => name !== 'date'), body });
  const SSE = { sse: [{ comment: 'OPENROUTER PROCESSING' }, { data: { choices: [{ delta: { content: 'Hi' } }] } }, { raw: 'data: [DONE]\n\n' }] };
  /** Of both kinds that the API answers with. */
  const both = async (t, go) => { for (const [label, answer] of Object.entries({ json: {}, sse: SSE })) await go(label, () => t.post(answer), answer); };
  const value = async (v) => (v instanceof Blob ? ['Blob', v.size, v.type, await v.text()] : v);

  check('a Response is the browser\'s own: url, type, redirected, status, headers, and nothing added', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask();
    t.log(label, describe(r));
    t.log(label, r instanceof Response, Object.getPrototypeOf(r) === Response.prototype, r.constructor === Response, Reflect.ownKeys(r), Response.prototype.isPrototypeOf(r), `${r}`, JSON.stringify(r), Object.keys({ ...r }));
    t.log(`${label} url`, r.url === (await (await ask()).url) ? 'one for all' : 'its own', new URL(r.url).pathname);
    const names = [];
    for (const name in r) names.push(name);
    t.log(`${label} for…in`, names);
    await r.body.cancel();
  }));
  check('members give the same object each time', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask();
    t.log(label, r.body === r.body, r.headers === r.headers, r.body instanceof ReadableStream, r.headers instanceof Headers, Reflect.ownKeys(r.body), Object.getPrototypeOf(r.body) === ReadableStream.prototype, r.body.locked);
    const { body, headers } = r, copy = r.clone();
    t.log(`${label} after clone()`, r.body === body, r.body === copy.body, r.headers === headers, copy.headers === headers, body.locked, r.body.locked);
    await r.text();
    t.log(`${label} after text()`, r.body === r.body, r.bodyUsed, r.body.locked, copy.bodyUsed);
    await copy.text();
  }));
  check('headers are immutable', ALL, async (t) => {
    const r = await t.post();
    for (const [label, go] of Object.entries({ set: () => r.headers.set('x', 'y'), append: () => r.headers.append('x', 'y'), delete: () => r.headers.delete('content-type'), 'a bad name': () => r.headers.get('a b'), has: () => r.headers.has('content-type'), cookie: () => r.headers.getSetCookie() })) await t.attempt(label, go);
    await r.text();
  });
  check('members cannot be written', ALL, async (t) => {
    const r = await t.post();
    for (const name of ['status', 'url', 'type', 'ok', 'body', 'bodyUsed', 'headers', 'redirected']) await t.attempt(name, () => { r[name] = 'mine'; });
    Object.defineProperty(r, 'status', { value: 299 });
    t.log('an own member over it', r.status, r.clone().status);
    await r.text();
  });
  check('every status passes with its text and body', GOOD, async (t) => {
    for (const status of [200, 201, 202, 203, 206, 226]) {
      const r = await t.post({ status, body: 'b' });
      t.log(`${status}`, describe(r), await r.text());
    }
  });
  check('failures pass with their status and body', ['same', 'other'], async (t) => {
    for (const status of [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 524, 529]) {
      const r = await t.post({ status, body: 'b' });
      t.log(`${status}`, describe(r), await r.text());
    }
  });
  check('failures that no retry can help pass with their status and body', ['bad'], async (t) => {
    for (const status of [400, 404, 413, 422]) {
      const r = await t.post({ status });
      t.log(`${status}`, describe(r), await r.text());
    }
  });
  check('204, 205 and 304 have no body', GOOD, async (t) => {
    for (const status of [204, 205, 304]) {
      for (const how of WHOLE) {
        const r = await t.post({ status });
        if (how === 'text') t.log(`${status}`, describe(r), r.body?.locked);
        const { body } = r;
        const v = await t.attempt(`${status} ${how}`, () => r[how]());
        if (v instanceof Blob) t.log(`${status} blob`, v.size, v.type);
        t.log(`${status} then`, r.bodyUsed, r.body === body);
      }
      const r = await t.post({ status });
      if (r.body) t.log(`${status} read`, await r.body.getReader().read());
      await t.attempt(`${status} clone`, async () => describe((await t.post({ status })).clone()));
      await t.attempt(`${status} made again`, async () => new Response((await t.post({ status })).body, { status }));
    }
  });
  check('an empty body is empty in each way of reading', ALL, async (t) => {
    for (const how of WHOLE) {
      const r = await t.post({ body: '' });
      const v = await t.attempt(how, () => r[how]());
      if (v instanceof Blob) t.log('blob', v.size, v.type);
    }
    t.log('read', await (await t.post({ body: '' })).body.getReader().read());
  });
  check('the body is whole in each way of reading it, with its type', ALL, (t) => both(t, async (label, ask) => {
    for (const how of WHOLE) {
      const r = await ask();
      const p = r[how]();
      t.log(`${label} ${how} at once`, r.bodyUsed, r.body.locked, p instanceof Promise, Object.getPrototypeOf(p) === Promise.prototype, Reflect.ownKeys(p));
      try { t.log(`${label} ${how}`, await value(await p)); } catch (error) { t.log(`${label} ${how} rejected`, error); }
      t.log(`${label} ${how} then`, r.bodyUsed, r.body.locked);
    }
  }));
  check('the values read are new objects of this window, the reader\'s own', ALL, async (t) => {
    const json = await (await t.post()).json(), buffer = await (await t.post()).arrayBuffer(), blob = await (await t.post()).blob(), error = await (await t.post({ body: '{' })).json().catch((e) => e);
    t.log('json', Object.getPrototypeOf(json) === Object.prototype, Object.isExtensible(json), Object.keys(json));
    t.log('buffer', buffer instanceof ArrayBuffer, buffer.byteLength, buffer.resizable, structuredClone(buffer, { transfer: [buffer] }).byteLength, buffer.byteLength);
    t.log('blob', blob instanceof Blob, blob.size, blob.type, Reflect.ownKeys(blob), await blob.slice(0, 5).text());
    t.log('error', error instanceof SyntaxError, error);
    if ('bytes' in Response.prototype) { const bytes = await (await t.post()).bytes(); t.log('bytes', bytes instanceof Uint8Array, bytes.byteOffset, bytes.buffer.byteLength === bytes.byteLength); }
  });
  check('what is no JSON is refused in the browser\'s own words', ALL, async (t) => {
    for (const body of ['{', '', '<html>', '{"a":1}x', 'undefined', ' \n', '\ufeff{"a":1}', '"\\x"', 'data: {}\n\n']) if (t.kind !== 'bad' || body !== '<html>') await t.attempt(JSON.stringify(body), async () => (await t.post({ body })).json());
    await t.attempt('sse', async () => (await t.post(SSE)).json());
  });
  check('JSON of every kind is read as it is', ALL, async (t) => {
    for (const body of ['null', '0', '"s"', '[]', '{"__proto__":{"a":1},"toJSON":1}', '{"error":null}', '{"a":{"b":[1,{"c":null}]}}', '{"b":1,"a":2,"1":3}', '{"error":{}}'.replace('error', 'err')]) {
      t.log(body, await (await t.post({ body })).json(), await (await t.post({ body })).text());
    }
  });
  check('text is decoded as UTF-8: BOMs, broken characters, zeros', ALL, async (t) => {
    for (const body of ['\ufeffBOM', 'a\u0000b', 'Grüße 👋', '\ufeff\ufeffx', '\ud800x']) {
      if (body === '\ud800x') continue; // cannot be sent
      t.log(JSON.stringify(body), await (await t.post({ body })).text(), [...new Uint8Array(await (await t.post({ body })).arrayBuffer())].join());
    }
    t.log('another charset', await (await t.post({ body: 'ü', headers: { 'content-type': 'text/plain; charset=iso-8859-1' } })).text());
  });
  check('types of every kind reach the blob', GOOD, async (t) => {
    for (const type of ['text/event-stream', 'application/json; charset=utf-8', 'Application/JSON', 'application/problem+json', 'text/html', 'x', 'application/octet-stream', null]) {
      const r = await t.post({ body: '{"a":1}', headers: { 'content-type': type } }), copy = r.clone();
      t.log(String(type), r.headers.get('content-type'), (await r.blob()).type, await copy.text());
    }
  });
  check('a form is read as a form', GOOD, async (t) => {
    const form = await (await t.post({ body: 'a=1&b=%C3%BC', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).formData();
    t.log('urlencoded', [...form]);
    const multi = await (await t.post({ body: '--b\r\nContent-Disposition: form-data; name="k"\r\n\r\nv\r\n--b--\r\n', headers: { 'content-type': 'multipart/form-data; boundary=b' } })).formData();
    t.log('multipart', [...multi]);
  });
  check('a large body is whole, and its bytes the same', GOOD, async (t) => {
    for (const how of ['text', 'arrayBuffer', 'blob']) {
      const v = await (await t.post({ sse: [{ raw: 'data: ' }, { fill: 20 }, { raw: '\n\nend' }] }))[how]();
      t.log(how, v.length ?? v.byteLength ?? v.size, how === 'text' ? v.slice(-6) : '');
    }
  });
  check('a body is read once: then every way rejects or throws in the browser\'s own words', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask();
    const first = r.text();
    await t.attempt(`${label} again at once`, () => r.text());
    await t.attempt(`${label} clone at once`, () => r.clone());
    await t.attempt(`${label} reader at once`, () => r.body.getReader());
    await first;
    for (const how of WHOLE) await t.attempt(`${label} ${how}`, () => r[how]());
    await t.attempt(`${label} clone`, () => r.clone());
    await t.attempt(`${label} a Response of it`, () => new Response(r.body));
    await t.attempt(`${label} reader`, async () => { const reader = r.body.getReader(), one = await reader.read(); reader.releaseLock(); return one; });
    await t.attempt(`${label} tee`, () => r.body.tee().length);
    await t.attempt(`${label} cancel`, () => r.body.cancel());
  }));
  check('a locked body refuses every other reader in the browser\'s own words, and is free afterwards', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask(), reader = r.body.getReader();
    t.log(label, r.bodyUsed, r.body.locked);
    for (const how of WHOLE) await t.attempt(`${label} ${how}`, () => r[how]());
    await t.attempt(`${label} clone`, () => r.clone());
    await t.attempt(`${label} reader`, () => r.body.getReader());
    await t.attempt(`${label} byob`, () => r.body.getReader({ mode: 'byob' }));
    await t.attempt(`${label} tee`, () => r.body.tee());
    await t.attempt(`${label} pipeTo`, () => r.body.pipeTo(new WritableStream()));
    await t.attempt(`${label} pipeThrough`, () => r.body.pipeThrough(new TransformStream()));
    await t.attempt(`${label} values`, () => r.body.values());
    await t.attempt(`${label} for await`, async () => { for await (const part of r.body) return part; });
    await t.attempt(`${label} cancel`, () => r.body.cancel());
    await t.attempt(`${label} a Response of it`, () => new Response(r.body));
    await t.attempt(`${label} transferred`, () => structuredClone(r.body, { transfer: [r.body] }));
    reader.releaseLock();
    t.log(`${label} released`, r.bodyUsed, r.body.locked);
    await t.attempt(`${label} text`, () => r.text());
  }));
  check('errors of a second reading come as many microtasks later as natively', UNTOUCHED, async (t) => {
    const r = await t.post();
    await r.text();
    for (const how of WHOLE) await t.microtasks(how, r[how]());
    const locked = await t.post();
    locked.body.getReader();
    await t.microtasks('locked', locked.text());
    await t.microtasks('cancel', locked.body.cancel());
    await t.microtasks('pipeTo', locked.body.pipeTo(new WritableStream()));
  });
  check('errors of a second reading come in the same task, and unhandled count once', ALL, async (t) => {
    const r = await t.post();
    await r.text();
    for (const how of WHOLE) await t.inThisTask(how, r[how]());
    r.text();
    r.json();
    await t.turns(3);
  });
  check('clones are read side by side, and each is a Response of the network', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask(), copy = r.clone(), third = copy.clone();
    t.log(label, describe(copy), Reflect.ownKeys(copy), copy.body !== r.body, Object.getPrototypeOf(copy) === Response.prototype);
    t.log(`${label} read`, ...await Promise.all([r.text(), copy.text(), third.text()]));
    const again = await ask(), other = again.clone();
    t.log(`${label} one after the other`, await other.text(), again.bodyUsed, await again.text());
    const half = await ask(), left = half.clone();
    await half.body.cancel();
    t.log(`${label} one cancelled`, await left.text());
  }));
  check('a Response can be made of a body, and a Request', ALL, (t) => both(t, async (label, ask) => {
    const r = await ask(), made = new Response(r.body, { status: 201, headers: { 'X-A': '1' } });
    t.log(label, made.url, made.type, made.status, made.body === r.body, r.bodyUsed, r.body.locked, await made.text(), r.bodyUsed);
    await t.attempt(`${label} request`, async () => { const q = new Request('/x', { method: 'POST', body: (await ask()).body, duplex: 'half' }); return [q.body instanceof ReadableStream, await q.text()]; });
    t.log(`${label} as init`, new Response('x', await ask()).status);
  }));
  check('a Response goes into the cache and comes back as it was', GOOD, (t) => both(t, async (label, ask) => {
    const cache = await caches.open('transparency'), r = await ask();
    await t.attempt(`${label} put`, () => cache.put('/kept', r));
    t.log(`${label} then`, r.bodyUsed, r.body.locked);
    const kept = await cache.match('/kept');
    t.log(`${label} kept`, kept && describe(kept), await kept?.text());
    await t.attempt(`${label} used`, () => cache.put('/kept', r));
    await caches.delete('transparency');
  }));
  check('a Response cannot be cloned structurally or sent', ALL, async (t) => {
    const r = await t.post();
    await t.attempt('structuredClone', () => structuredClone(r));
    await t.attempt('postMessage', () => new MessageChannel().port1.postMessage(r));
    await t.attempt('body', () => structuredClone(r.body));
    t.log('intact', r.bodyUsed, await r.text());
  });
  const WASM = { body: '\u0000asm\u0001\u0000\u0000\u0000', headers: { 'content-type': 'application/wasm' } };
  check('WebAssembly compiles from an answer and from its promise', GOOD, async (t) => {
    await t.attempt('promise', () => WebAssembly.compileStreaming(t.post(WASM)));
    const r = await t.post(WASM);
    await t.attempt('answer', () => WebAssembly.instantiateStreaming(r).then(({ module, instance }) => [module instanceof WebAssembly.Module, Object.keys(instance.exports)]));
    t.log('used', r.bodyUsed);
    await t.attempt('a clone', async () => WebAssembly.compileStreaming((await t.post(WASM)).clone()));
    await t.attempt('another type', () => WebAssembly.compileStreaming(t.post({ ...WASM, headers: { 'content-type': 'text/plain' } })));
    await t.attempt('broken', () => WebAssembly.compileStreaming(t.post({ ...WASM, body: 'x' })));
    await t.attempt('JSON', () => WebAssembly.compileStreaming(t.post()));
    await t.attempt('used', () => WebAssembly.compileStreaming(r));
  });
  check('WebAssembly refuses a failure in the browser\'s own words', ['bad'], (t) => t.attempt('400', () => WebAssembly.compileStreaming(t.post({ headers: { 'content-type': 'application/wasm' } }))));
  check('a body that breaks rejects each way of reading in the browser\'s own words', ['same', 'other', 'good'], async (t) => {
    for (const how of WHOLE) {
      const r = await t.post({ sse: [{ data: { choices: [{ delta: { content: 'Hi' } }] } }, { gate: `${t.gate(how)}` }, { cut: true }] }), p = r[how]();
      p.catch(() => {});
      await t.open(t.gate(how));
      await t.attempt(how, () => p);
      t.log(how, r.bodyUsed, r.body.locked);
    }
  });
  check('own members over text and json on an answer are the page\'s own', ALL, async (t) => {
    const r = await t.post();
    r.text = () => 'mine';
    t.log('mine', r.text(), await r.json());
  });
  check('what the page replaced of its own is not run by reading', ALL, (t) => both(t, async (label, ask) => {
    const counts = {}, { apply } = Reflect;
    let on = false;
    const spyOn = (object, key, name) => {
      const d = Object.getOwnPropertyDescriptor(object, key), half = d.value === undefined ? 'get' : 'value', before = d[half];
      t.replace(object, key, { [half]: function (...args) { if (on) counts[name] = (counts[name] ?? 0) + 1; return apply(before, this, args); } });
    };
    for (const [path, key] of [['Promise.prototype', 'then'], ['Promise', 'resolve'], ['Promise.prototype', 'catch'], ['Response.prototype', 'headers'], ['Response.prototype', 'status'], ['Headers.prototype', 'get'], ['TextDecoder.prototype', 'decode'], ['TextEncoder.prototype', 'encode'], ['JSON', 'parse'],
      ['String.prototype', 'includes'], ['String.prototype', 'indexOf'], ['String.prototype', 'slice'], ['String.prototype', 'startsWith'], ['String.prototype', 'split'], ['RegExp.prototype', 'exec'], ['RegExp.prototype', 'test'], ['Array.prototype', 'push'], ['Array.prototype', 'shift'], ['Array.prototype', 'some'],
      ['WeakMap.prototype', 'get'], ['WeakMap.prototype', 'set'], ['Blob.prototype', 'slice'], ['Blob.prototype', 'arrayBuffer'], ['ReadableStream.prototype', 'locked'], ['Function.prototype', 'call'], ['Function.prototype', 'apply']]) {
      spyOn(path.split('.').reduce((o, k) => o[k], globalThis), key, `${path}.${key}`);
    }
    for (const how of WHOLE.filter((one) => one !== 'formData' && (one !== 'json' || label === 'json'))) {
      const r = await ask();
      on = true;
      const p = r[how](), body = r.body, copy = body && body.locked;
      await p;
      on = false;
      t.log(`${label} ${how}`, { ...counts }, copy);
    }
    const reader = (await ask()).body.getReader();
    on = true;
    while (!(await reader.read()).done);
    on = false;
    t.log(`${label} read`, counts);
    t.clear();
  }));
  check('Responses of the page\'s own are as they were', ['none'], async (t) => {
    const make = () => new Response('{"error":{"code":429}}', { status: 200, headers: { 'content-type': 'application/json' } });
    t.log('made', describe(make()), await make().json(), await make().text());
    t.log('error', describe(Response.error()), 'redirect', describe(Response.redirect('/x')), 'json', await Response.json({ error: 1 }).text());
    const r = make(), { body } = r;
    t.log('body', body === r.body, body.locked, (await r.clone().blob()).type);
    for (const how of WHOLE) { const one = make(); if (how !== 'formData') await t.microtasks(how, one[how]()); }
    await t.attempt('a bad status', () => new Response('', { status: 99 }));
    await t.attempt('a body with 204', () => new Response('x', { status: 204 }));
    t.log('null body', new Response().body, new Response(null).body, await new Response().text());
    t.log('of a stream', await new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); c.close(); } })).text());
    await t.attempt('of a stream of strings', () => new Response(new ReadableStream({ start(c) { c.enqueue('A'); c.close(); } })).text());
    t.log('blob:', await (await fetch(URL.createObjectURL(new Blob(['b'])))).text(), 'data:', await (await fetch('data:text/plain,d')).text());
  });
})();
