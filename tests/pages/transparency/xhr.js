// XMLHttpRequest: the sequence of its events with their members, its states, its answers and its throws.
(() => {
  'use strict';
  const { check } = globalThis.transparency;
  const ALL = ['same', 'other', 'good', 'bad'], GOOD = ['same', 'other', 'good'], UNWATCHED = ['same', 'other'];
  const EVENTS = ['readystatechange', 'loadstart', 'progress', 'load', 'loadend', 'error', 'abort', 'timeout'];
  const TYPES = ['', 'text', 'json', 'arraybuffer', 'blob', 'document'];
  const SLOW = (t, gate = t.gate('body')) => ({ sse: [{ raw: 'data: one\n\n' }, { gate }, { raw: 'data: two\n\n' }] });

  /** Firefox leaves out the states between where head and body come close together, which is chance. */
  const isChance = (t, x, type = 'readystatechange') => t.IS_FIREFOX && type === 'readystatechange' && (x.readyState === 2 || x.readyState === 3);
  /** Logs every event of an object, as a listener sees it. */
  const watch = (t, x, label = 'xhr', events = EVENTS) => {
    for (const type of events) {
      x.addEventListener(type, function (event) {
        if (label === 'xhr' && isChance(t, x, type)) return;
        const { isTrusted, bubbles, cancelable, eventPhase, composed, defaultPrevented } = event;
        t.log(`${label} ${type}`, event.constructor.name, this === x, event.target === x, event.currentTarget === x, event.srcElement === x, isTrusted, bubbles, cancelable, eventPhase, composed, defaultPrevented, event.composedPath().length, Reflect.ownKeys(event),
          ...event instanceof ProgressEvent ? [event.lengthComputable, event.loaded, event.total] : [], ...label === 'xhr' ? [x.readyState, x.status] : []);
      });
    }
    return x;
  };
  const state = (x) => {
    const read = (name) => { try { const v = x[name]; return v instanceof Document ? v.documentElement.outerHTML : v; } catch (error) { return error; } };
    return ['readyState', 'status', 'statusText', 'responseURL', 'responseType', 'response', 'responseText', 'responseXML', 'timeout', 'withCredentials'].map((name) => `${name}=${typeof read(name) === 'string' ? JSON.stringify(read(name)) : read(name)}`).join(' ');
  };
  const ended = (x) => new Promise((ok) => { x.addEventListener('loadend', () => { setTimeout(ok); }); });
  /** @param {{answer?: object, method?: string, body?: any, setup?: (x: XMLHttpRequest) => void, url?: string}} [what] */
  const go = async (t, { answer = {}, method = 'POST', body = t.BODY, setup, url = t.url(answer) } = {}) => {
    const x = new XMLHttpRequest();
    x.open(method, url);
    setup?.(x);
    const end = ended(x);
    x.send(body);
    await end;
    return x;
  };

  check('the events come in the browser\'s order, each trusted, on the object itself', ALL, async (t) => {
    const x = watch(t, new XMLHttpRequest()), gate = t.gate('body'), end = ended(x);
    x.open('POST', t.url({ body_delay_ms: 40 }));
    t.log('opened', state(x));
    x.send(t.BODY);
    t.log('sent', state(x));
    await end;
    t.log('ended', state(x), gate !== '');
    t.log('headers', x.getAllResponseHeaders().split('\r\n').filter((line) => !line.startsWith('date')), x.getResponseHeader('Content-Type'), x.getResponseHeader('x-none'), x.getResponseHeader('retry-after'));
  });
  check('on… handlers run among listeners in the order in which they were set', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x);
    for (const type of ['load', 'loadend', 'loadstart']) {
      x.addEventListener(type, () => t.log(type, 'first'));
      x[`on${type}`] = function (event) { t.log(type, 'on', this === x, event.type, event.isTrusted); };
      x.addEventListener(type, () => t.log(type, 'last'), true);
    }
    x.onreadystatechange = function (event) { if (!isChance(t, x)) t.log('state', this === x, x.readyState, event.constructor.name, event.isTrusted); };
    x.open('POST', t.url({ body_delay_ms: 40 }));
    x.send(t.BODY);
    await end;
  });
  check('listeners that are removed, once, objects, doubled, passive, aborted or set late run as they did', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), gone = () => t.log('removed ran'), twice = () => t.log('twice'), c = new AbortController(), object = { handleEvent(event) { t.log('handleEvent', this === object, event.type); } };
    x.addEventListener('load', gone);
    x.removeEventListener('load', gone);
    x.addEventListener('readystatechange', () => t.log('once'), { once: true });
    x.addEventListener('load', object);
    x.addEventListener('load', twice);
    x.addEventListener('load', twice);
    x.addEventListener('load', () => t.log('signal ran'), { signal: c.signal });
    x.addEventListener('load', null);
    c.abort();
    x.onload = () => t.log('onload ran');
    x.onload = null;
    x.onerror = 'no function';
    t.log('handlers', x.onload, x.onerror, x.onreadystatechange);
    x.open('POST', t.url());
    x.send(t.BODY);
    x.addEventListener('load', () => { t.log('late'); x.addEventListener('load', () => t.log('too late')); x.addEventListener('loadend', () => t.log('in time')); });
    await end;
  });
  check('stopImmediatePropagation, preventDefault and capture at the object do as they did', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = new Promise((ok) => { x.addEventListener('loadend', () => { setTimeout(ok); }); });
    x.addEventListener('load', (event) => { t.log('bubble'); event.stopImmediatePropagation(); event.preventDefault(); t.log('prevented', event.defaultPrevented); });
    x.addEventListener('load', () => t.log('never'));
    x.addEventListener('load', () => t.log('capture'), true);
    x.open('POST', t.url());
    x.send(t.BODY);
    await end;
  });
  check('a listener that throws stops no other, and is reported once', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x);
    x.onload = () => { throw new RangeError('mine'); };
    x.addEventListener('load', () => t.log('the other'));
    x.addEventListener('readystatechange', () => { if (x.readyState === 4) throw new RangeError('state'); });
    x.open('POST', t.url());
    x.send(t.BODY);
    await end;
    t.log('ended', x.status);
  });
  check('events of the page\'s own dispatch are its own', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), seen = [];
    for (const type of EVENTS) x.addEventListener(type, (event) => seen.push(`${type} ${event.isTrusted}`));
    x.open('POST', t.url());
    t.log('dispatched', x.dispatchEvent(new ProgressEvent('load', { loaded: 7 })), x.dispatchEvent(new Event('readystatechange')), x.dispatchEvent(new Event('abort')));
    x.send(t.BODY);
    t.log('while it is sent', x.dispatchEvent(new ProgressEvent('error')), x.readyState);
    await end;
    t.log('seen', seen.filter((one) => !one.startsWith('progress') && !one.startsWith('readystate')));
  });
  check('text grows while it comes, and progress counts it', GOOD, async (t) => {
    const parts = ['data: one\n\n', 'data: ü\n\n', 'data: [DONE]\n\n'], { answer, next } = t.parts(parts), x = new XMLHttpRequest(), end = ended(x);
    let heard = null, last = null;
    const shapes = new Set();
    x.onreadystatechange = () => { if (x.readyState === 3) heard?.(); };
    x.onprogress = (event) => { last = event.loaded; shapes.add(`${event.total} ${event.lengthComputable} ${event.loaded <= new TextEncoder().encode(x.responseText).length}`); }; // one in 50 ms: how many is chance
    x.open('POST', t.url(answer));
    x.send(t.BODY);
    for (let n = 0; n < parts.length; n++) {
      const done = parts.slice(0, n + 1).join('');
      if (n === parts.length - 1) break;
      await new Promise((ok) => { heard = () => { if (x.responseText === done) ok(); }; heard(); });
      t.log(`part ${n}`, x.responseText, x.response, x.readyState, x.status);
      await next();
    }
    await end;
    t.log('ended', last, [...shapes], state(x));
  });
  check('other types than text show nothing before the end', ALL, async (t) => {
    for (const type of TYPES.slice(2)) {
      const gate = t.gate(type), x = new XMLHttpRequest(), end = ended(x);
      x.open('POST', t.url(t.kind === 'bad' ? {} : { sse: [{ raw: '{"a":' }, { gate }, { raw: '1}' }], headers: { 'content-type': 'application/json' } }));
      x.responseType = type;
      const states = [], first = new Promise((ok) => { x.onprogress = x.onload = ok; });
      x.onreadystatechange = () => { if (!isChance(t, x)) states.push(`${x.readyState} ${x.response === null}`); };
      x.send(t.BODY);
      await first;
      await t.open(gate);
      await end;
      t.log(type, [...new Set(states)], state(x));
    }
  });
  check('each responseType gives its value, the same object each time, and throws at the wrong door', ALL, async (t) => {
    for (const type of TYPES) {
      const x = await go(t, { setup: (one) => { one.responseType = type; } });
      t.log(type, state(x), x.response === x.response, typeof x.response);
      if (x.response instanceof Blob) t.log('blob', x.response.type, x.response.size, await x.response.text());
      if (x.response instanceof ArrayBuffer) t.log('buffer', x.response, x.response instanceof ArrayBuffer);
      if (type === 'json') t.log('json', x.response, Object.getPrototypeOf(x.response) === Object.prototype);
    }
  });
  check('documents are parsed: XML, HTML, broken ones, none', GOOD, async (t) => {
    for (const [type, body] of [['text/xml', '<a><b/></a>'], ['text/xml', '<a>'], ['application/xml', '<a/>'], ['text/html', '<p>x'], ['application/json', '{}'], ['image/svg+xml', '<svg/>']]) {
      for (const responseType of ['', 'document']) {
        const x = await go(t, { answer: { body, headers: { 'content-type': type } }, setup: (one) => { one.responseType = responseType; } });
        t.log(`${type} ${responseType} ${body}`, responseType === '' ? x.responseText : '', x.responseXML === null ? null : x.responseXML.documentElement?.outerHTML.slice(0, 60), x.responseXML === x.responseXML, x.responseXML?.contentType);
      }
    }
  });
  check('broken JSON is null, BOMs and charsets are decoded as they were', GOOD, async (t) => {
    for (const body of ['{', '', 'null', '\ufeff{"a":1}', '[1]']) t.log(body, (await go(t, { answer: { body }, setup: (x) => { x.responseType = 'json'; } })).response);
    for (const body of ['\ufeffx', 'ü\u0000']) t.log('text', (await go(t, { answer: { body } })).responseText);
    t.log('charset', (await go(t, { answer: { body: 'ü', headers: { 'content-type': 'text/plain; charset=iso-8859-1' } } })).responseText);
    t.log('override', (await go(t, { answer: { body: 'ü' }, setup: (x) => { x.overrideMimeType('text/plain; charset=iso-8859-1'); } })).responseText);
    t.log('override to XML', (await go(t, { answer: { body: '<a/>' }, setup: (x) => { x.overrideMimeType('text/xml'); } })).responseXML?.documentElement.tagName);
  });
  check('header fields are listed, sorted, exposed and hidden as they were', ALL, async (t) => {
    const x = new XMLHttpRequest();
    t.log('unsent', x.getAllResponseHeaders(), x.getResponseHeader('a'));
    const done = await go(t, { answer: { headers: { 'X-Generation-Id': 'gen-1-ab', 'Retry-After': '7', 'X-Own': 'b' } } });
    t.log('all', done.getAllResponseHeaders().split('\r\n').filter((line) => !line.startsWith('date')));
    for (const name of ['Content-Type', 'content-type', 'X-Generation-Id', 'Retry-After', 'X-Own', 'Set-Cookie', 'a b']) await t.attempt(name, () => done.getResponseHeader(name));
    await t.attempt('none', () => done.getResponseHeader());
    t.log('url', done.responseURL);
  });
  check('every status passes, with its states', GOOD, async (t) => {
    for (const status of [200, 201, 204, 205, 206, 304]) {
      const x = new XMLHttpRequest(), states = [], end = ended(x);
      x.onreadystatechange = () => { if (!isChance(t, x)) states.push(x.readyState); };
      x.open('POST', t.url({ status, body: 'b', body_delay_ms: 30 }));
      x.send(t.BODY);
      await end;
      t.log(`${status}`, states, state(x));
    }
  });
  check('failures pass with their status', ['same', 'other'], async (t) => { for (const status of [400, 401, 402, 404, 429, 500, 503, 529]) t.log(`${status}`, state(await go(t, { answer: { status, body: 'b' } }))); });
  check('failures that no retry can help pass with their status', ['bad'], async (t) => { for (const status of [400, 404, 413, 422]) t.log(`${status}`, state(await go(t, { answer: { status } }))); });
  check('refusals of which no change can help, or of which the page asked at once, come event by event as they did', ['same', 'other', 'bad'], async (t) => {
    const error = (message, more) => JSON.stringify({ error: { message, ...more }, user_id: 'user_1' }), long = error('This prompt is too long: 250000 tokens > 200000 maximum', { code: 400 });
    const cases = [
      [400, error('Provider returned error', { code: 400, metadata: { raw: 'tool_choice: only "auto" is supported' } })], [403, error('Forbidden', { code: 403 })], [404, error('No endpoints found for a/b.', { code: 404 })], [404, '<!doctype html><title>too long</title>'], [422, '{"detail":"is too long"}'],
      [400, long, 'status'], [400, long, 'headers'], ...t.kind === 'bad' ? [] : [[400, long], [429, long]],
    ];
    for (const [status, body, asks] of cases) {
      // A body that a busy machine brings after 50 ms is told of in Firefox before its first byte, too.
      const x = watch(t, new XMLHttpRequest(), 'xhr', EVENTS.filter((type) => type !== 'progress')), end = ended(x);
      x.onreadystatechange = () => { if (x.readyState === 2) { if (asks === 'status') t.log('at once', x.status); if (asks === 'headers') t.log('at once', x.getResponseHeader('content-type')); } };
      if (asks === undefined) x.onprogress = ({ loaded }) => { if (loaded > 0) t.log('progress', loaded); };
      x.open('POST', t.url({ status, body, body_delay_ms: 40, headers: { 'content-type': 'application/json' } }));
      x.send(t.BODY);
      await end;
      t.log(`${status}`, state(x));
    }
  });
  check('redirects are followed and told', GOOD, async (t) => {
    const target = t.url({ body: 'there' }), x = await go(t, { answer: { status: 307, headers: { location: target }, body: '' } });
    t.log('followed', state(x), x.responseURL === target);
  });

  // ---- what is sent

  check('bodies of every kind are sent with their own content type', ALL, async (t) => {
    const form = new FormData(), xml = new DOMParser().parseFromString('<a/>', 'text/xml');
    form.set('k', 'v');
    for (const [label, body] of Object.entries({ 'a string': 'ü', 'nothing': undefined, 'null': null, 'empty': '', 'a number': 7, 'an object': { toString: () => { t.log('toString runs'); return 'o'; } }, 'a Blob': new Blob(['b'], { type: 'application/x-b' }), 'params': new URLSearchParams('a=1'), 'form': form,
      'bytes': new Uint8Array([65, 66]), 'a buffer': new Uint8Array([65]).buffer, 'a document': xml, 'HTML': document.implementation.createHTMLDocument('t') })) {
      await go(t, { body });
      await t.logSeen(label);
    }
  });
  check('the bytes are those of the moment of send()', ALL, async (t) => {
    const bytes = new Uint8Array([65, 65]), params = new URLSearchParams('a=1');
    for (const body of [bytes, params]) {
      const x = new XMLHttpRequest(), end = ended(x);
      x.open('POST', t.url());
      x.send(body);
      bytes.fill(66);
      params.append('b', '2');
      await end;
      await t.logSeen();
    }
  });
  check('request headers combine and are refused as they were', ALL, async (t) => {
    await go(t, { setup: (x) => { x.setRequestHeader('X-Title', '1'); x.setRequestHeader('x-title', '2'); x.setRequestHeader('Content-Type', 'application/json'); x.setRequestHeader('Authorization', 'Bearer sk-or-v1-x'); x.setRequestHeader('Host', 'evil'); x.setRequestHeader('X-Title', ' padded '); } });
    await t.logSeen();
    const x = new XMLHttpRequest();
    x.open('POST', t.url());
    for (const [name, value] of [['a b', 'c'], ['a', 'b\nc'], ['', ''], ['ü', 'x'], ['a', 'ü'], ['a', '\u0100']]) await t.attempt(`${name}=${value}`, () => x.setRequestHeader(name, value));
    await t.attempt('one argument', () => x.setRequestHeader('a'));
    x.abort();
  });
  check('one call sends one request, without a preflight that was not there', ALL, async (t) => {
    await go(t);
    t.log('simple', (await t.seen()).map(({ method }) => method));
    await go(t, { setup: (x) => { x.setRequestHeader('Authorization', 'Bearer sk-or-v1-x'); } });
    t.log('with a key', (await t.seen()).map(({ method }) => method));
    await go(t, { setup: (x) => { x.upload.onprogress = () => {}; } });
    t.log('with an upload listener', (await t.seen()).map(({ method }) => method));
    t.log('timing', typeof performance.getEntriesByType('resource').length);
  });
  check('methods are put in capitals or refused as they were', ALL, async (t) => {
    for (const method of ['post', 'GeT', 'put', 'patch', 'PATCH', 'delete', 'head']) {
      const x = await go(t, { method, answer: { headers: { 'access-control-allow-methods': '*' } } });
      t.log(method, x.status, (await t.seen()).map((one) => one.method));
    }
    for (const method of ['GE T', 'TRACE', 'connect', 'Track', '', 'ü', undefined, null]) await t.attempt(`${method}`, () => { const x = new XMLHttpRequest(); x.open(method, t.url()); return x.readyState; });
  });
  check('addresses of every kind are taken as they were', ALL, async (t) => {
    const url = t.url();
    for (const [label, address] of Object.entries({ 'a URL': new URL(url), 'an object': { toString: () => { t.log('toString runs'); return url; } }, 'an anchor': Object.assign(document.createElement('a'), { href: url }), 'with a fragment': `${url}#part`, 'with white space': ` ${url} ` })) t.log(label, state(await go(t, { url: address })));
    for (const address of ['http://[', 'https://', Symbol('x')]) await t.attempt(String(address), () => new XMLHttpRequest().open('POST', address));
    await t.attempt('no address', () => new XMLHttpRequest().open('POST'));
    await t.attempt('no argument', () => new XMLHttpRequest().open());
    await t.attempt('with a name', async () => { const x = new XMLHttpRequest(); x.open('POST', url, true, 'user', 'pass'); const end = ended(x); x.send(t.BODY); await end; return x.status; });
    await t.attempt('async undefined', () => { const x = new XMLHttpRequest(); x.open('POST', url, undefined); return x.readyState; });
  });
  check('upload events come in the browser\'s order, with their numbers', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), seen = [];
    t.log('upload', x.upload === x.upload, x.upload instanceof XMLHttpRequestUpload, Reflect.ownKeys(x.upload));
    for (const type of EVENTS) x.upload.addEventListener(type, function (event) { if (type !== 'progress' || event.loaded === event.total) seen.push(`${type} ${this === x.upload} ${event.target === x.upload} ${event.isTrusted} ${event.constructor.name} ${event.lengthComputable} ${event.loaded} ${event.total} ${x.readyState}`); });
    for (const type of EVENTS) x.addEventListener(type, () => { if (!isChance(t, x, type)) seen.push(`xhr ${type} ${x.readyState}`); });
    x.open('POST', t.url({ body_delay_ms: 40 }));
    x.send('x'.repeat(5_000));
    await end;
    t.log('events', [...new Set(seen)]);
  });
  check('who listens to the upload after send hears as little as before', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), seen = new Set();
    x.open('POST', t.url());
    x.setRequestHeader('Authorization', 'Bearer sk-or-v1-x');
    x.send('x'.repeat(50_000));
    for (const type of EVENTS) x.upload.addEventListener(type, () => { if (type !== 'progress' || !t.IS_FIREFOX) seen.add(type); }); // there, one or none comes by chance
    await end;
    t.log('heard', [...seen], x.status);
  });
  check('no upload events without a body', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x);
    watch(t, x.upload, 'upload');
    x.open('POST', t.url());
    x.send();
    await end;
    t.log('ended', x.status);
  });
  check('withCredentials is kept and refused as it was', ALL, async (t) => {
    const x = await go(t, { setup: (one) => { one.withCredentials = true; } });
    t.log('the server says *', state(x));
    t.log('the server allows', state(await go(t, { answer: { headers: { 'access-control-allow-origin': location.origin, 'access-control-allow-credentials': 'true' } }, setup: (one) => { one.withCredentials = true; } })));
    const busy = new XMLHttpRequest();
    busy.open('POST', t.url());
    busy.send(t.BODY);
    await t.attempt('while it is sent', () => { busy.withCredentials = true; });
    busy.abort();
  });

  // ---- wrong states, errors, ends

  check('each method and setter throws in the states in which it threw', ALL, async (t) => {
    const all = async (label, x) => {
      await t.attempt(`${label} setRequestHeader`, () => x.setRequestHeader('X-Title', 'a'));
      await t.attempt(`${label} overrideMimeType`, () => x.overrideMimeType('text/plain'));
      await t.attempt(`${label} overrideMimeType wrong`, () => x.overrideMimeType('bogus'));
      for (const type of ['json', 'bogus', '']) await t.attempt(`${label} responseType ${type}`, () => { x.responseType = type; return x.responseType; });
      for (const ms of [0, 10_000, 'x']) await t.attempt(`${label} timeout ${ms}`, () => { x.timeout = ms; return x.timeout; });
      await t.attempt(`${label} withCredentials`, () => { x.withCredentials = false; return x.withCredentials; });
      for (const name of ['readyState', 'status', 'response', 'upload']) await t.attempt(`${label} ${name}`, () => { x[name] = 1; });
      t.log(label, state(x), x.getAllResponseHeaders().length > 0);
    };
    const x = new XMLHttpRequest();
    await all('unsent', x);
    await t.attempt('unsent send', () => x.send());
    x.open('POST', t.url(SLOW(t)));
    await all('opened', x);
    x.send(t.BODY);
    await t.attempt('sent twice', () => x.send());
    await all('sent', x);
    if (t.kind !== 'bad') {
      await new Promise((ok) => { x.onprogress = ok; });
      await all('loading', x);
      await t.attempt('loading send', () => x.send());
      const end = ended(x);
      await t.open(t.gate('body'));
      await end;
    } else {
      x.abort();
    }
    await all('done', x);
    await t.attempt('done send', () => x.send());
  });
  check('abort in each state does what it did, event by event', ALL, async (t) => {
    const unsent = watch(t, new XMLHttpRequest());
    unsent.abort();
    t.log('unsent', state(unsent));
    const opened = watch(t, new XMLHttpRequest());
    opened.open('POST', t.url());
    opened.abort();
    t.log('opened', state(opened));
    const sent = watch(t, new XMLHttpRequest());
    watch(t, sent.upload, 'upload');
    sent.open('POST', t.url({ gate: t.gate('head') }));
    sent.send(t.BODY);
    sent.abort();
    t.log('sent', state(sent));
    await t.turns(3);
    t.log('a task later', state(sent));
    if (t.kind !== 'bad') {
      const loading = new XMLHttpRequest();
      loading.open('POST', t.url(SLOW(t)));
      loading.send(t.BODY);
      await new Promise((ok) => { loading.onprogress = ok; });
      watch(t, loading);
      loading.abort();
      t.log('loading', state(loading));
      await t.closes();
    }
    const done = await go(t);
    watch(t, done);
    done.abort();
    t.log('done', state(done));
    done.abort();
    t.log('twice', state(done));
  });
  check('abort before the answer closes the connection', ALL, async (t) => {
    const x = watch(t, new XMLHttpRequest());
    x.open('POST', t.url({ gate: t.gate('head') }));
    x.send(t.BODY);
    await t.until((all) => all.some(({ method }) => method === 'POST'));
    x.abort();
    t.log('aborted', state(x));
    await t.closes();
  });
  check('abort within a listener, of each event, does what it did', ALL, async (t) => {
    for (const type of ['readystatechange', 'loadstart', 'load', 'loadend', 'progress']) {
      const x = new XMLHttpRequest(), end = ended(x), seen = [];
      for (const one of EVENTS) x.addEventListener(one, () => { if (isChance(t, x, one)) return; seen.push(`${one} ${x.readyState} ${x.status}`); if (one === type && seen.length < 20) x.abort(); });
      x.open('POST', t.url({ body_delay_ms: 30 }));
      t.log('opened', x.readyState);
      try { x.send(t.BODY); } catch (error) { t.log('send threw', error); continue; }
      await end;
      t.log(type, seen, state(x));
    }
  });
  check('a timeout ends a call as it did', ALL, async (t) => {
    const head = watch(t, new XMLHttpRequest()), end = ended(head);
    head.open('POST', t.url({ gate: t.gate('head') }));
    head.timeout = 600; // by then the server has it
    head.send(t.BODY);
    await end;
    t.log('before the head', state(head));
    await t.closes();
    if (t.kind === 'bad') return;
    const body = new XMLHttpRequest(), over = ended(body);
    body.open('POST', t.url(SLOW(t)));
    body.timeout = 600;
    body.send(t.BODY);
    await new Promise((ok) => { body.onprogress = ok; });
    watch(t, body, 'xhr', EVENTS.slice(3));
    await over;
    t.log('within the body', state(body));
  });
  check('a timeout set while it is sent counts from send()', UNWATCHED, async (t) => {
    const x = watch(t, new XMLHttpRequest(), 'xhr', EVENTS.slice(3)), end = ended(x);
    x.open('POST', t.url({ gate: t.gate('head') }));
    x.send(t.BODY);
    x.timeout = 100;
    await end;
    t.log('ended', state(x));
  });
  check('an answer without CORS, and a wrong scheme, are errors as they were', ['other', 'good', 'bad'], async (t) => {
    const x = watch(t, new XMLHttpRequest()), end = ended(x);
    x.open('POST', t.url({ cors: false }));
    x.send(t.BODY);
    await end;
    t.log('no CORS', state(x));
    const ftp = watch(t, new XMLHttpRequest());
    ftp.open('POST', 'ftp://x/v1/');
    const over = ended(ftp);
    await t.attempt('ftp', () => ftp.send());
    await Promise.race([over, t.pause(50)]);
  });
  check('a connection that breaks is an error as it was', UNWATCHED, async (t) => {
    const x = watch(t, new XMLHttpRequest(), 'xhr', EVENTS.slice(3)), end = ended(x);
    x.open('POST', t.url({ cut: 'headers' }));
    x.send(t.BODY);
    await end;
    t.log('head', state(x));
  });
  check('a body that breaks after text was heard is an error as it was', GOOD, async (t) => {
    const gate = t.gate('cut'), x = new XMLHttpRequest(), end = ended(x);
    x.open('POST', t.url({ sse: [{ raw: 'data: one\n\n' }, { gate }, { cut: true }] }));
    x.send(t.BODY);
    await new Promise((ok) => { x.onprogress = ok; });
    watch(t, x);
    await t.open(gate);
    await end;
    t.log('body', state(x));
  });

  // ---- reuse, synchronous, heirs

  check('one object serves call after call, and open() within a call drops it', ALL, async (t) => {
    const x = watch(t, new XMLHttpRequest(), 'xhr', EVENTS.filter((type) => type !== 'progress'));
    for (const type of ['', 'json']) {
      const end = ended(x);
      x.open('POST', t.url({ body_delay_ms: 30 }));
      x.responseType = type;
      x.send(t.BODY);
      await end;
      t.log(`type ${type}`, state(x));
    }
    const end = ended(x);
    x.open('POST', t.url({ gate: t.gate('head') }));
    x.send(t.BODY);
    x.open('POST', t.url({ body_delay_ms: 30 }));
    t.log('opened again', state(x));
    x.send(t.BODY);
    await end;
    t.log('ended', state(x));
  });
  check('a call from within load, and open() in each listener, do as they did', ALL, async (t) => {
    const x = new XMLHttpRequest(), seen = [];
    await new Promise((ok) => {
      let n = 0;
      x.onload = () => { seen.push(`load ${x.readyState} ${x.status}`); n += 1; if (n < 3) { x.open('POST', t.url()); x.send(t.BODY); } };
      x.onloadend = () => { seen.push(`loadend ${x.readyState} ${x.status}`); if (n === 3 && x.readyState === 4) setTimeout(ok); };
      x.onreadystatechange = () => { if (x.readyState === 1 || x.readyState === 4) seen.push(`state ${x.readyState}`); };
      x.open('POST', t.url());
      x.send(t.BODY);
    });
    t.log('seen', seen);
  });
  check('synchronous calls answer at once, with their events and throws', ALL, async (t) => {
    const x = new XMLHttpRequest(), seen = [];
    for (const type of EVENTS) x.addEventListener(type, (event) => seen.push(`${type} ${event.isTrusted} ${x.readyState} ${x.status}`));
    x.open('POST', t.url(), false);
    t.log('send', x.send(t.BODY), state(x), seen);
    t.log('headers', x.getAllResponseHeaders().split('\r\n').filter((line) => !line.startsWith('date')));
    await t.turns(2);
    t.log('later', seen.length);
    const wrong = new XMLHttpRequest();
    wrong.open('POST', t.url({ cors: false }), false);
    await t.attempt('no CORS', () => { wrong.send(t.BODY); return wrong.status; });
    t.log('then', state(wrong));
    await t.attempt('type', () => { x.open('POST', t.url(), false); x.responseType = 'json'; });
    const typed = new XMLHttpRequest();
    typed.responseType = 'json';
    await t.attempt('type before', () => typed.open('POST', t.url(), false));
    await t.attempt('timeout', () => { const one = new XMLHttpRequest(); one.timeout = 10; one.open('POST', t.url(), false); });
    for (const flag of [0, null, '', 'false']) { const one = new XMLHttpRequest(); one.open('POST', t.url(), flag); one.send(t.BODY); t.log(`async ${flag}`, one.readyState); one.abort(); }
  });
  check('heirs are heirs: their methods, overwritten members and events', ALL, async (t) => {
    class Mine extends XMLHttpRequest {
      #secret = 7;
      open(method, url, ...rest) { t.log('my open', method, rest); super.open(method, url, ...rest); }
      send(body) { t.log('my send', body); super.send(body); }
      get status() { return `mine ${super.status}`; }
      addEventListener(type, ...rest) { t.log('my addEventListener', type); super.addEventListener(type, ...rest); }
      secret() { return this.#secret; }
    }
    const x = new Mine(), end = ended(x);
    t.log('is', x instanceof Mine, x instanceof XMLHttpRequest, Object.getPrototypeOf(x) === Mine.prototype, x.secret(), Reflect.ownKeys(x));
    x.onload = function (event) { t.log('load', this === x, event.target === x); };
    x.open('POST', t.url());
    x.send(t.BODY);
    await end;
    t.log('ended', x.status, x.responseText);
    const built = Reflect.construct(XMLHttpRequest, [], Mine);
    t.log('built', Object.getPrototypeOf(built) === Mine.prototype);
    await t.attempt('without new', () => XMLHttpRequest());
  });
  check('own members over open and send, and methods borrowed, are the page\'s own', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), { open, send, setRequestHeader } = XMLHttpRequest.prototype;
    x.open = function (...args) { t.log('mine', args.length); return open.apply(this, args); };
    x.open('POST', t.url(), true);
    setRequestHeader.call(x, 'X-Title', 'a');
    send.call(x, t.BODY, 'more');
    await end;
    t.log('ended', state(x), Reflect.ownKeys(x));
    await t.logSeen();
  });
  check('what the page replaced of its own is not run by a call', ALL, async (t) => {
    const counts = {}, { apply } = Reflect;
    let on = false;
    const spyOn = (object, key, name) => {
      const d = Object.getOwnPropertyDescriptor(object, key), half = d.value === undefined ? 'get' : 'value', before = d[half];
      t.replace(object, key, { [half]: function (...args) { if (on) counts[name] = (counts[name] ?? 0) + 1; return apply(before, this, args); } });
    };
    for (const [path, key] of [['EventTarget.prototype', 'addEventListener'], ['EventTarget.prototype', 'removeEventListener'], ['EventTarget.prototype', 'dispatchEvent'], ['Event.prototype', 'stopImmediatePropagation'], ['Event.prototype', 'target'], ['Event.prototype', 'type'], ['XMLHttpRequest.prototype', 'status'],
      ['XMLHttpRequest.prototype', 'readyState'], ['XMLHttpRequest.prototype', 'responseText'], ['XMLHttpRequest.prototype', 'response'], ['XMLHttpRequest.prototype', 'responseType'], ['XMLHttpRequest.prototype', 'setRequestHeader'], ['XMLHttpRequest.prototype', 'getAllResponseHeaders'], ['XMLHttpRequest.prototype', 'getResponseHeader'],
      ['XMLHttpRequest.prototype', 'abort'], ['XMLHttpRequest.prototype', 'upload'], ['XMLHttpRequest.prototype', 'timeout'], ['XMLHttpRequest.prototype', 'withCredentials'], ['WeakMap.prototype', 'get'], ['WeakMap.prototype', 'set'], ['Function.prototype', 'apply'], ['Function.prototype', 'call'], ['Array.prototype', 'push'],
      ['String.prototype', 'toUpperCase'], ['String.prototype', 'indexOf'], ['RegExp.prototype', 'exec'], ['Promise.prototype', 'then'], ['JSON', 'parse'], ['Date', 'now'], ['URL.prototype', 'href']]) spyOn(path.split('.').reduce((o, k) => o[k], globalThis), key, `${path}.${key}`);
    const url = t.url(), body = t.BODY, x = new XMLHttpRequest(), end = new Promise((ok) => { x.onloadend = () => { on = false; setTimeout(ok); }; });
    on = true;
    x.open('POST', url);
    x.send(body);
    await end;
    t.clear();
    t.log('ran', counts, x.status);
  });
  check('ten at once, and XHR beside fetch, are all answered', ALL, async (t) => {
    t.log('ten', (await Promise.all(Array.from({ length: 10 }, () => go(t)))).map((x) => x.status));
    t.log('beside', (await Promise.all([go(t).then((x) => x.status), t.post().then((r) => r.status)])));
  });
  check('microtasks of a listener run before the next listener, and readyState 4 comes before load in one task', ALL, async (t) => {
    const x = new XMLHttpRequest(), end = ended(x), seen = [];
    x.addEventListener('readystatechange', () => { if (x.readyState === 4) { seen.push('state'); queueMicrotask(() => seen.push('micro')); setTimeout(() => seen.push('timer')); } });
    x.addEventListener('readystatechange', () => { if (x.readyState === 4) seen.push('state 2'); });
    x.addEventListener('load', () => { seen.push('load'); Promise.resolve().then(() => seen.push('micro of load')); });
    x.addEventListener('loadend', () => seen.push('loadend'));
    x.open('POST', t.url());
    x.send(t.BODY);
    await end;
    await t.turns(2);
    t.log('order', seen.filter((one) => one !== 'timer'));
  });
})();
