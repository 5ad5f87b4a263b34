// How things look: names, lengths, descriptors, prototypes, receivers, globals.
(() => {
  'use strict';
  const { check } = globalThis.transparency;

  const isConstructor = (f) => { try { Reflect.construct(Object, [], f); return true; } catch { return false; } };
  const flags = (d) => ['writable', 'enumerable', 'configurable'].filter((flag) => d[flag]).join(' ') || 'none';
  const keyText = (key) => (typeof key === 'symbol' ? key.toString() : key);
  const logFunction = (t, label, f) => {
    const up = Object.getPrototypeOf(f);
    t.log(label, f.name, f.length, t.source(f), isConstructor(f) ? 'constructs' : 'does not construct', Reflect.ownKeys(f).map(keyText).sort().join(), Object.isExtensible(f),
      up === Function.prototype ? 'Function.prototype' : up);
  };
  const logMembers = (t, label, o) => {
    // Firefox makes a function's own when they are asked for: their order is chance.
    const keys = typeof o === 'function' ? Reflect.ownKeys(o).sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1)) : Reflect.ownKeys(o);
    t.log(label, keys.map(keyText), Object.isExtensible(o), t.tagOf(o));
    for (const key of keys) {
      const d = Object.getOwnPropertyDescriptor(o, key), name = `${label}.${keyText(key)}`;
      if ('value' in d) {
        t.log(name, flags(d), typeof d.value === 'object' ? t.tagOf(d.value) : d.value);
        if (typeof d.value === 'function') logFunction(t, name, d.value);
      } else {
        t.log(name, flags(d), d.get, d.set);
        for (const half of ['get', 'set']) if (d[half] !== undefined) logFunction(t, `${name} ${half}`, d[half]);
      }
    }
  };

  const INTERFACES = ['Response', 'Request', 'Headers', 'ReadableStream', 'ReadableStreamDefaultReader', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest', 'ReadableStreamDefaultController',
    'ReadableByteStreamController', 'TransformStream', 'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultWriter', 'TextDecoderStream', 'XMLHttpRequest', 'XMLHttpRequestUpload',
    'XMLHttpRequestEventTarget', 'EventTarget', 'Event', 'ProgressEvent', 'MessageEvent', 'MessagePort', 'MessageChannel', 'AbortSignal', 'AbortController', 'Blob', 'FormData', 'URL', 'URLSearchParams',
    'TextDecoder', 'TextEncoder', 'Promise', 'Object', 'Array', 'String', 'RegExp', 'Map', 'WeakMap', 'WeakSet', 'Proxy', 'ArrayBuffer', 'Uint8Array', 'Date', 'Node', 'Document', 'Element', 'Window', 'Navigator', 'Performance', 'Cache'];
  for (const name of INTERFACES) {
    check(`${name} and its prototype have their members in their order, each native, with its name, length and descriptor`, ['none'], (t) => {
      const I = globalThis[name];
      t.log('own', flags(Object.getOwnPropertyDescriptor(globalThis, name)));
      logFunction(t, name, I);
      logMembers(t, name, I);
      if (I.prototype !== undefined) {
        logMembers(t, `${name}.prototype`, I.prototype);
        const up = Object.getPrototypeOf(I.prototype);
        t.log('above it', up === null ? null : Object.getPrototypeOf(I.prototype).constructor?.name, I.prototype.constructor === I);
      }
    });
  }
  check('Function.prototype, Reflect, JSON, console, performance and Symbol have their members', ['none'], (t) => {
    logMembers(t, 'Function.prototype', Function.prototype);
    for (const name of ['Reflect', 'JSON', 'Symbol', 'Math']) logMembers(t, name, globalThis[name]);
  });
  check('iterator prototypes are as they were', ['none'], (t) => {
    const up = (o) => Object.getPrototypeOf(o);
    logMembers(t, 'async iterator of a stream', up(new ReadableStream().values()));
    logMembers(t, 'above it', up(up(new ReadableStream().values())));
    logMembers(t, 'iterator of headers', up(new Headers().entries()));
    logMembers(t, 'iterator of an array', up([][Symbol.iterator]()));
  });
  check('fetch has its name, length, descriptor and no prototype, and is one function under all its names', ['none'], (t) => {
    t.log('descriptor', flags(Object.getOwnPropertyDescriptor(globalThis, 'fetch')), typeof fetch);
    logFunction(t, 'fetch', fetch);
    logMembers(t, 'fetch', fetch);
    t.log('one', fetch === window.fetch, fetch === self.fetch, fetch === globalThis.fetch, fetch === frames.fetch, window.fetch === window.fetch);
    t.log('keys', Object.keys(fetch), JSON.stringify(fetch), String(fetch.prototype), fetch.hasOwnProperty('prototype'), 'caller' in fetch, fetch instanceof Function);
    const seen = [];
    for (const key in fetch) seen.push(key);
    t.log('for…in', seen);
  });
  check('fetch can be replaced, restored, frozen and given properties as before', ['none'], (t) => {
    const before = fetch, mine = () => 'mine';
    t.attempt('assign', () => { window.fetch = mine; return fetch === mine; });
    window.fetch = before;
    t.log('restored', fetch === before, flags(Object.getOwnPropertyDescriptor(window, 'fetch')));
    const stranger = Symbol('stranger');
    fetch[stranger] = 1;
    t.log('a property', fetch[stranger], Object.getOwnPropertySymbols(fetch).length, delete fetch[stranger], stranger in fetch);
    t.attempt('name is not writable', () => { fetch.name = 'x'; });
    t.attempt('deleted', () => delete window.fetch);
    t.log('is gone', typeof window.fetch, 'fetch' in window);
    Object.defineProperty(window, 'fetch', { value: before, writable: true, enumerable: true, configurable: true });
  });
  check('fetch called with new throws, is no class to extend, and is no thenable', ['none'], (t) => {
    t.attempt('new', () => new fetch('/'));
    t.attempt('Reflect.construct', () => Reflect.construct(fetch, ['/']));
    t.attempt('extends', () => class extends fetch {});
    t.attempt('instanceof', () => ({}) instanceof fetch);
    t.log('then', fetch.then);
  });
  check('fetch prints as a native function does, through every way of printing', ['none'], (t) => {
    t.log('toString', t.source(fetch), t.NATIVE.test(`${fetch}`), t.NATIVE.test(fetch.toString()), t.NATIVE.test(fetch + ''), fetch.toString === Function.prototype.toString);
    t.log('toString itself', Function.prototype.toString.call(Function.prototype.toString));
    t.log('Object.prototype.toString', Object.prototype.toString.call(fetch), typeof fetch);
  });
  check('streams iterate by one function under two names', ['none'], (t) => {
    t.log('values', ReadableStream.prototype.values === ReadableStream.prototype[Symbol.asyncIterator]);
    t.log('handlers', Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'onload'), XMLHttpRequest.prototype.addEventListener === EventTarget.prototype.addEventListener);
  });
  check('the window has the globals that it had, and no others', ['none'], (t) => {
    t.log('names', Object.getOwnPropertyNames(window).filter((name) => !/^\d+$/.test(name)).sort().join(' ').match(/.{1,590}(?: |$)/g));
    // Sorted: Firefox makes them when they are asked for.
    t.log('symbols', Object.getOwnPropertySymbols(window).map(keyText));
    t.log('enumerable', Object.keys(window).filter((name) => !/^\d+$/.test(name)).sort().join(' ').match(/.{1,590}(?: |$)/g));
    t.log('document', Object.getOwnPropertyNames(document), Object.getOwnPropertySymbols(document).map(keyText), Object.keys(navigator), Object.keys(performance));
    t.log('frames', window.length, Object.keys(window).filter((name) => /^\d+$/.test(name)), document.scripts.length, document.styleSheets.length, document.adoptedStyleSheets.length);
  });
  check('a failing call leaves the window, its frames and scripts as they were', ['bad'], async (t) => {
    await (await t.post()).text();
    t.log('frames', window.length, document.scripts.length, document.styleSheets.length, document.adoptedStyleSheets.length, document.body.childNodes.length, document.head.childNodes.length);
    t.log('focus', document.activeElement === document.body, document.hasFocus, document.title, history.length, location.hash);
    t.log('storage', localStorage.length, sessionStorage.length, document.cookie);
  });
  check('no marks are left where pages look for them', ['same', 'other', 'good', 'bad'], async (t) => {
    const p = t.post(), r = await p, x = new XMLHttpRequest();
    x.open('POST', t.url());
    const marks = (o) => Reflect.ownKeys(o).map(keyText);
    const all = (o) => { const out = []; for (const key in o) out.push(key); return out; };
    t.log('promise', marks(p), 'response', marks(r), 'body', marks(r.body), 'headers', marks(r.headers), 'xhr', marks(x), 'upload', marks(x.upload));
    t.log('enumerable', all(p), all(r), all(r.body), all(r.headers));
    t.log('xhr', all(x));
    const reader = r.body.getReader();
    t.log('reader', marks(reader), all(reader));
    reader.releaseLock();
    await r.text();
    t.log('afterwards', marks(p), marks(r), marks(r.body), JSON.stringify(r), JSON.stringify(x), Object.keys({ ...r }), Object.keys({ ...x }));
    for (const o of [p, r, r.body, r.headers, reader, x]) t.log('is', Object.isExtensible(o), Object.isFrozen(o), t.tagOf(o), Object.getPrototypeOf(o).constructor.name, Object.getPrototypeOf(o) === globalThis[t.tagOf(o)]?.prototype);
  });

  // ---- receivers

  const RECEIVERS = { undefined: undefined, null: null, 'a number': 1, 'a string': 'x', 'an object': {}, 'a function': () => {}, window, 'a prototype': 'prototype', 'a Proxy of the right one': 'proxy', 'an heir of the right one': 'heir' };
  const MEMBERS = {
    Response: ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData', 'clone', 'body', 'bodyUsed', 'status', 'url', 'headers', 'ok', 'type', 'redirected', 'statusText'],
    ReadableStream: ['getReader', 'cancel', 'tee', 'pipeTo', 'pipeThrough', 'values', Symbol.asyncIterator, 'locked'],
    ReadableStreamDefaultReader: ['read', 'cancel', 'releaseLock', 'closed'],
    ReadableStreamBYOBReader: ['read', 'cancel', 'releaseLock', 'closed'],
    Request: ['text', 'json', 'clone', 'body', 'url', 'method', 'signal'],
    Headers: ['get', 'forEach', 'entries'],
    AbortSignal: ['aborted', 'reason', 'throwIfAborted'],
    XMLHttpRequest: ['open', 'send', 'abort', 'setRequestHeader', 'getResponseHeader', 'getAllResponseHeaders', 'overrideMimeType', 'readyState', 'status', 'statusText', 'response', 'responseText', 'responseXML',
      'responseURL', 'responseType', 'timeout', 'withCredentials', 'upload', 'onreadystatechange'],
    EventTarget: ['addEventListener', 'removeEventListener', 'dispatchEvent'],
  };
  const makers = {
    Response: () => new Response('x'), ReadableStream: () => new ReadableStream(), ReadableStreamDefaultReader: () => new ReadableStream({ start: (c) => c.close() }).getReader(), // so that everything settles
    ReadableStreamBYOBReader: () => new ReadableStream({ type: 'bytes', start: (c) => c.close() }).getReader({ mode: 'byob' }), Request: () => new Request('/x'), Headers: () => new Headers(), AbortSignal: () => new AbortController().signal,
    XMLHttpRequest: () => new XMLHttpRequest(), EventTarget: () => new EventTarget(),
  };
  for (const [name, members] of Object.entries(MEMBERS)) {
    for (const member of members) {
      const d = Object.getOwnPropertyDescriptor(globalThis[name].prototype, member);
      if (d === undefined) continue;
      const f = () => { const now = Object.getOwnPropertyDescriptor(globalThis[name].prototype, member); return now.value ?? now.get; };
      check(`${name}.prototype.${keyText(member)} refuses a foreign receiver as it did: thrown or rejected, in its own words`, ['none'], async (t) => {
        for (const [label, receiver] of Object.entries(RECEIVERS)) {
          const self = receiver === 'prototype' ? globalThis[name].prototype : receiver === 'proxy' ? new Proxy(makers[name](), {}) : receiver === 'heir' ? Object.create(makers[name]()) : receiver;
          if (name === 'EventTarget' && (self === window || self === undefined || self === null)) continue;
          await t.attempt(`${label}, no argument`, () => Reflect.apply(f(), self, []));
        }
        await t.attempt('the right one, no argument', () => Reflect.apply(f(), makers[name](), []));
        if (d.value !== undefined) await t.attempt('with new', () => Reflect.construct(f(), []));
      });
    }
  }
  check('fetch takes undefined and windows as receivers, and rejects others', ['same', 'other', 'good', 'bad'], async (t) => {
    for (const [label, receiver] of Object.entries({ ...RECEIVERS, 'a Proxy of the right one': new Proxy(window, {}), 'an heir of the right one': Object.create(window), globalThis })) {
      const answer = await t.attempt(label, () => fetch.call(receiver, t.url(), { method: 'POST', body: t.BODY }));
      if (answer instanceof Response) await answer.body.cancel();
    }
    const { fetch: free } = window, bound = fetch.bind(window), held = { fetch };
    for (const [label, go] of Object.entries({ free, bound, held: (...args) => held.fetch(...args), apply: (...args) => fetch.apply(null, args), reflect: (...args) => Reflect.apply(fetch, window, args), comma: (0, window.fetch) })) {
      const answer = await t.attempt(label, () => go(t.url(), { method: 'POST', body: t.BODY }));
      if (answer instanceof Response) await answer.body.cancel();
    }
  });
})();
