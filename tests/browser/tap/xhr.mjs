// @ts-nocheck: most of its functions run in the page, by names that stand there.
// XMLHttpRequest: held and sent again on the same object, with the native order of events.
import assert from 'node:assert/strict';
import { KEY, PROMPT, SPIES, USER, error429, firefox, inPage, preflights, script, seen, test } from './lab.mjs';

const json = { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ error: { message: 'Provider returned error', code: 429 }, user_id: USER }) };
const stream = (...body) => ({ status: 200, headers: { 'Content-Type': 'text/event-stream' }, body });
const JSON_TYPE = { 'Content-Type': 'application/json' };
const refusal = (status, message, more = {}) => ({ status, headers: JSON_TYPE, body: JSON.stringify({ error: { message, code: status, ...more }, user_id: USER }) });
const tooLong = refusal(400, 'This endpoint\'s maximum context length is 131072 tokens. However, you requested about 150211 tokens (148000 of text input, 2211 in the output). Please reduce the length of either one.');
const good = 'data: {"choices":[{"delta":{"content":"Sky"}}]}\n\ndata: [DONE]\n\n';

/** In the page: a request that keeps a list of what it heard. */
const XHR = `
  const TYPES = ['readystatechange', 'loadstart', 'progress', 'load', 'error', 'abort', 'timeout', 'loadend'];
  const spy = (xhr, log = []) => {
    for (const type of TYPES) xhr.addEventListener(type, (e) => {
      same(e.target, xhr); same(e.currentTarget, xhr);
      log.push(type === 'readystatechange' ? 'rs' + xhr.readyState : type);
    });
    return log;
  };
  const once = (log) => log.filter((x, i) => x !== log[i - 1] && !(['rs3', 'progress'].includes(x) && log.indexOf(x) < i)).join(' ');
  const begin = (k, { body = '{"model":"a/b"}', method = 'POST', set = () => {}, xhr = new XMLHttpRequest(), from = origin, fields = { 'Content-Type': 'application/json' } } = {}) => {
    xhr.open(method, from + '/api/v1/chat/completions?k=' + k);
    for (const name in fields) xhr.setRequestHeader(name, fields[name]);
    set(xhr);
    xhr.send(body);
    return xhr;
  };
  const end = (xhr) => new Promise((ok) => xhr.addEventListener('loadend', () => ok(xhr)));
`;

test('XMLHttpRequest looks as it did', async () => {
  await inPage(async () => {
    for (const k of ['open', 'send', 'setRequestHeader', 'abort']) {
      const d = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, k);
      same(d.writable && d.enumerable && d.configurable, true);
      same(d.value.name, k);
      same(Object.hasOwn(d.value, 'prototype'), false);
      same(/^function \(\) \{\s+\[native code\]\s+\}$/.test(Function.prototype.toString.call(d.value)), true);
      let name = '';
      try { d.value.call({}, 'POST', '/'); } catch (e) { name = e.name; }
      same(name, 'TypeError');
    }
    same([XMLHttpRequest.prototype.open.length, XMLHttpRequest.prototype.setRequestHeader.length, XMLHttpRequest.prototype.send.length].join(), '2,2,0');
    const xhr = new XMLHttpRequest();
    let name = '';
    try { xhr.open('BAD METHOD', '/'); } catch (e) { name = e.name; }
    same(name, 'SyntaxError');
    try { xhr.send(); } catch (e) { name = e.name; }
    same(name, 'InvalidStateError');
    same(Object.keys(xhr).length, 0);
  });
});

test('held, sent again: the page hears one request, in the native order, and the good answer', async () => {
  script('xhr', error429, error429);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = ['retry', 'retry'];
    const a = new XMLHttpRequest(), log = spy(a);
    await end(begin('xhr', { xhr: a, body: context.body, fields: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + context.key, 'X-Title': 'app' } }));
    same(a.status, 200); same(JSON.parse(a.responseText).body, context.body); same(a.responseURL, origin + '/api/v1/chat/completions?k=xhr');
    same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend');
    same(Object.keys(a).length, 0);
    same(a.getResponseHeader('content-type'), 'application/json');
    await t.message('settled');
  }`, { context: { key: KEY, body: JSON.stringify({ model: 'a/b', messages: [{ role: 'user', content: PROMPT }], stream: false }) } });
  const [one, two, three] = seen.get('xhr');
  assert.equal(seen.get('xhr').length, 3);
  assert.deepEqual({ ...two, aborted: 0 }, { ...one, aborted: 0 });
  assert.deepEqual({ ...three, aborted: 0 }, { ...one, aborted: 0 });
  assert.deepEqual(of('observed').map((m) => [m.id, m.attempt, m.exchange.surface, m.exchange.status, m.replayable, m.request.model, m.request.key]), [[1, 1, 'http', 429, true, 'a/b', true], [1, 2, 'http', 429, true, 'a/b', true]]);
  assert.deepEqual(JSON.parse(of('observed')[0].exchange.body), { ...JSON.parse(error429.body), user_id: '' });
  assert.equal(of('observed')[0].exchange.headers['x-generation-id'], 'gen-1');
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.attempt]), [['answered', 3]]);
});

test('let go, the page hears the end of its request, and has the first answer', async () => {
  script('release', error429);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'hold';
    const a = new XMLHttpRequest(), log = spy(a), sizes = [];
    for (const type of ['load', 'loadend']) a.addEventListener(type, (e) => sizes.push(e.loaded, e instanceof ProgressEvent));
    begin('release', { xhr: a });
    const m = await t.message('observed');
    await sleep(80);
    same(log.join(' '), 'rs1 loadstart', 'while it is held');
    t.decide(m.id, 'release');
    await end(a);
    same(log.join(' '), 'rs1 loadstart rs4 load loadend');
    same(a.status, 429); same(JSON.parse(a.responseText).error.code, 429);
    same(sizes.join(), [context.size, true, context.size, true].join());
  }`, { context: { size: error429.body.length } });
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why]), [['released', 'decision']]);
});

test('a refusal that no try can change reaches the page as natively, and is told', async () => {
  script('refused', { ...error429, status: 401 });
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'release';
    const a = new XMLHttpRequest(), log = spy(a), trusted = [];
    for (const type of TYPES) a.addEventListener(type, (e) => trusted.push(e.isTrusted));
    await end(begin('refused', { xhr: a }));
    same(a.status, 401); same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend'); same(trusted.every(Boolean), true);
    await t.message('observed');
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.status, m.exchange.body.includes('Provider returned error')]), [[401, true]]);
});

test('a refusal that a changed request may mend is held from its body on: the page hears one request, and of the good answer alone', async () => {
  const all = {
    long: tooLong, moved: refusal(404, 'Gone.', { availability: { code: 'model_deprecated', fallback_models: ['c/d'] } }), moderated: refusal(403, 'a/b requires moderation on Meta.'), foreign: refusal(403, 'Provider returned error'),
    pinned: refusal(404, 'No allowed providers are available for the selected model.'),
  };
  const types = ['', 'text', 'json', 'arraybuffer'];
  for (const name in all) for (const type of types) script(`mend-${name}-${type}`, all[name]);
  const { of } = await inPage(`async () => { ${XHR}
    for (const name of ${JSON.stringify(Object.keys(all))}) for (const type of ${JSON.stringify(types)}) {
      t.auto = 'retry';
      const k = 'mend-' + name + '-' + type, body = JSON.stringify({ model: 'a/b', ...name === 'pinned' && { provider: { only: ['x'] } } }), a = new XMLHttpRequest(), log = spy(a), heard = [], trusted = [];
      for (const one of TYPES) a.addEventListener(one, (e) => { trusted.push(e.isTrusted); if (a.readyState === 4) heard.push(a.status); });
      await end(begin(k, { xhr: a, body, set: (x) => { x.responseType = type; } }));
      same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend', k); same(trusted.every(Boolean), true, k); same([...new Set(heard)].join(), '200', k);
      same([a.status, a.statusText, a.responseURL, a.getResponseHeader('content-type')].join(), '200,OK,' + origin + '/api/v1/chat/completions?k=' + k + ',application/json');
      const told = type === 'json' ? a.response : JSON.parse(type === 'arraybuffer' ? new TextDecoder().decode(a.response) : a.responseText);
      same(told.body, body, k);
    }
    await t.message('settled', ${Object.keys(all).length * types.length});
  }`);
  const names = Object.keys(all).flatMap((name) => types.map(() => name));
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.exchange.status, m.replayable, m.exchange.body.includes(all.long.body.slice(20, 60))]), names.map((name) => ['http', all[name].status, true, name === 'long']));
  assert.ok(of('settled').every((m) => m.outcome === 'answered' && m.attempt === 2));
});

test('such a refusal is nobody\'s to keep once something of it was asked for: all is native, and it is told', async () => {
  const whole = tooLong.body, ways = ['status', 'headers', 'a field', 'address', 'text', 'later'];
  for (const way of ways) script(`asked-${way.replace(' ', '')}`, { ...tooLong, body: [whole.slice(0, 30), whole.slice(30)] });
  script('asked-unasked', { ...tooLong, body: [whole.slice(0, 30), whole.slice(30)] });
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = Array(9).fill('retry');
    for (const way of [...${JSON.stringify(ways)}, 'unasked']) {
      const k = 'asked-' + way.replace(' ', ''), a = new XMLHttpRequest(), log = spy(a), trusted = [], over = end(a);
      for (const one of TYPES) a.addEventListener(one, (e) => trusted.push(e.isTrusted));
      a.onreadystatechange = () => {
        if (a.readyState === 2 && way === 'status') same(a.status, 400);
        if (a.readyState === 2 && way === 'headers') ok(a.getAllResponseHeaders().includes('json'));
        if (a.readyState === 2 && way === 'a field') same(a.getResponseHeader('content-type'), 'application/json');
        if (a.readyState === 2 && way === 'address') ok(a.responseURL !== '');
        if (a.readyState === 3 && way === 'text') ok(a.responseText !== '');
      };
      begin(k, { xhr: a });
      await t.until(() => log.includes('rs3'), 'its first part');
      if (way === 'later') same(a.statusText, 'Bad Request');
      await next(k);
      await over;
      same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend', way); same(trusted.every(Boolean), true, way);
      same(a.status, way === 'unasked' ? 200 : 400, way);
    }
    await t.message('settled', ${ways.length + 1});
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.status, m.replayable]), [...ways.map(() => [400, false]), [400, true]]);
  for (const way of ways) assert.equal(seen.get(`asked-${way.replace(' ', '')}`).length, 1, way);
});

test('any other refusal reaches the page as natively: of which no change is known, that is no error of an API, or that comes as what nobody can read at once', async () => {
  const html = { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<title>too long</title> "error" This is too long.' };
  const all = {
    plain: refusal(400, 'Provider returned error', { metadata: { raw: 'tool_choice: only "auto" is supported' } }), key: refusal(403, 'Forbidden'), gone: refusal(404, 'No endpoints found for a/b.'), html, said: { ...tooLong, body: '{"said":"is too long","note":"\\"error\\""}' },
    free: refusal(404, 'No allowed providers are available for the selected model.'), blob: tooLong, document: tooLong, much: refusal(400, `is too long${'.'.repeat(20_000)}`),
  };
  for (const name in all) script(`other-${name}`, all[name]);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = Array(9).fill('retry');
    for (const name of ${JSON.stringify(Object.keys(all))}) {
      const a = new XMLHttpRequest(), log = spy(a), trusted = [], statuses = [];
      for (const one of TYPES) a.addEventListener(one, (e) => { trusted.push(e.isTrusted); if (a.readyState === 4) statuses.push(a.status); });
      await end(begin('other-' + name, { xhr: a, set: (x) => { x.responseType = ['blob', 'document'].includes(name) ? name : ''; } }));
      same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend', name); same(trusted.every(Boolean), true, name); same(statuses.every((status) => status === a.status && status >= 400), true, name);
    }
    await t.message('settled', ${Object.keys(all).length});
  }`);
  assert.deepEqual(of('observed').map((m) => m.replayable), Object.keys(all).map(() => false));
  for (const name in all) assert.equal(seen.get(`other-${name}`).length, 1, name);
});

test('such a refusal let go, aborted or out of the page\'s own time: the page hears how its request ends, once', async () => {
  script('mend-end', tooLong, tooLong, tooLong, tooLong, tooLong);
  const { of } = await inPage(`async () => { ${XHR}
    const ends = { release: 'rs1 loadstart rs2 rs4 load loadend', abort: 'rs1 loadstart rs2 rs0 abort loadend', timeout: 'rs1 loadstart rs2 rs0 timeout loadend', again: 'rs1 loadstart rs2 rs4 load loadend' };
    let n = 0;
    for (const way in ends) {
      t.auto = way === 'again' ? ['retry', 'release'] : 'hold';
      const a = new XMLHttpRequest(), log = spy(a), sizes = [], over = end(a);
      for (const type of ['load', 'loadend']) a.addEventListener(type, (e) => sizes.push(e.loaded));
      begin('mend-end', { xhr: a, body: way, set: (x) => { x.timeout = way === 'timeout' ? 2_000 : 0; } });
      const m = await t.message('observed', n += 1);
      await sleep(50);
      if (way !== 'again') same(log.join(' '), 'rs1 loadstart rs2', way);
      if (way === 'release') t.decide(m.id, 'release');
      if (way === 'abort') a.abort();
      await over;
      if (way === 'again') n += 1;
      same(log.join(' '), ends[way], way);
      const isLet = way === 'release' || way === 'again';
      same(a.status, isLet ? 400 : 0, way); if (isLet) { same(a.responseText, ${JSON.stringify(tooLong.body)}); same(sizes.join(), ${JSON.stringify([tooLong.body.length, tooLong.body.length].join())}); }
    }
    await t.message('settled', 4);
  }`);
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.attempt]), [['released', 1], ['aborted', 1], ['aborted', 1], ['released', 2]]);
  assert.equal(seen.get('mend-end').length, 5);
});

test('a change makes it: sent once, with the page\'s own upload events heard once; the object serves again, and so does the first of a page', async () => {
  script('mend-again', tooLong, refusal(429, 'busy'), { status: 200, headers: {}, body: 'one' }, tooLong);
  script('mend-first', tooLong);
  const patch = [{ path: ['plugins'], json: '[{"id":"context-compression"}]' }], body = '{"model":"a/b"}', changed = '{"model":"a/b","plugins":[{"id":"context-compression"}]}';
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'hold';
    const a = new XMLHttpRequest(), log = spy(a), sent = [];
    for (const type of TYPES.slice(1)) a.upload.addEventListener(type, () => sent.push(type));
    const over = end(begin('mend-again', { xhr: a, body: context.body }));
    const { id } = await t.message('observed', 1);
    t.auto = 'retry'; // of the 429
    t.send({ v: 1, type: 'decide', id, action: 'retry', deadline_ms: null, patch: context.patch });
    await over;
    same(a.responseText, 'one'); same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend'); same(once(sent), 'loadstart progress load loadend');
    log.length = sent.length = 0;
    t.auto = 'retry';
    await end(begin('mend-again', { xhr: a, body: context.body }));
    same(JSON.parse(a.responseText).body, context.body); same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend'); same(once(sent), 'loadstart progress load loadend');
  }`, { context: { body, patch } });
  assert.deepEqual(seen.get('mend-again').map((one) => one.body), [body, changed, body, body, body]);
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.attempt]), [['answered', 3], ['answered', 2]]);
  const first = await inPage(async () => {
    t.auto = 'retry';
    const xhr = new XMLHttpRequest(), log = [];
    xhr.onload = () => log.push(xhr.status);
    xhr.open('POST', `${origin}/api/v1/chat/completions?k=mend-first`);
    await new Promise((done) => { xhr.onloadend = done; xhr.send('{}'); });
    same(log.join(), '200');
  });
  assert.deepEqual(first.of('observed').map((m) => m.replayable), [true]);
});

test('the first object of a page is held, whoever listened to it before its open', async () => {
  script('born', error429);
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    const xhr = new XMLHttpRequest(), log = [];
    await new Promise((done) => {
      for (const type of ['readystatechange', 'progress', 'load']) xhr.addEventListener(type, () => { if (xhr.readyState > 1) log.push(xhr.status); });
      xhr.addEventListener('loadend', done);
      xhr.open('POST', origin + '/api/v1/chat/completions?k=born');
      xhr.send('x');
    });
    same(log.every((status) => status === 200), true);
  });
  assert.deepEqual(of('observed').map((m) => m.replayable), [true]);
});

test('of a page that has made many objects the first that calls is held too, but for one that was listened to before its open: that one is told', async () => {
  for (const k of ['handlers before', 'handlers after', 'listeners before', 'listeners after']) {
    script(`first-${k.replace(' ', '')}`, error429, error429);
    const { of } = await inPage(async () => {
      t.auto = 'retry';
      for (let n = 0; n < 100; n++) new XMLHttpRequest(); // BORN of the tap
      const xhr = new XMLHttpRequest(), log = [], url = origin + '/api/v1/chat/completions?k=first-' + context.k.replace(' ', ''), { k } = context;
      await new Promise((done) => {
        const hear = (e) => { if (e.type !== 'readystatechange') log.push(e.type); else if (xhr.readyState === 4) log.push(xhr.status); if (e.type === 'loadend') done(); }, types = ['readystatechange', 'loadstart', 'load', 'loadend', 'error', 'abort'];
        const set = () => types.forEach((type) => { if (k.startsWith('listener')) xhr.addEventListener(type, hear); else xhr['on' + type] = hear; });
        if (k.endsWith('before')) set();
        xhr.open('POST', url);
        if (k.endsWith('after')) set();
        xhr.send('x');
      });
      same(log.join(' '), 'loadstart ' + (k === 'listeners before' ? 429 : 200) + ' load loadend'); same(typeof xhr.onload, k.startsWith('listener') ? 'object' : 'function');
      await t.message('settled');
      const next = new XMLHttpRequest();
      same(next.constructor, XMLHttpRequest); same(XMLHttpRequest.name, 'XMLHttpRequest'); same(XMLHttpRequest.prototype, Object.getPrototypeOf(next)); same(XMLHttpRequest.DONE, 4);
      t.auto = ['retry', 'retry'];
      next.addEventListener('load', () => log.push(next.status));
      await new Promise((done) => { next.addEventListener('loadend', done); next.open('POST', url); next.send('y'); });
      same(log.at(-1), 200);
      return xhr.status;
    }, { context: { k } });
    assert.equal(of('observed')[0].replayable, k !== 'listeners before', k);
  }
});

test('who has heard of a failure on the first object that calls before us hears of one answer, and so does everybody', async () => {
  const ways = ['load', 'loadend', 'load, later', 'progress', 'stream load'];
  for (const way of ways) {
    const k = `early-${way.replace(/\W/g, '')}`;
    script(k, way === 'stream load' ? stream(`data: ${json.body}\n\n`) : error429);
    const { of } = await inPage(async () => {
      t.auto = 'retry';
      for (let n = 0; n < 100; n++) new XMLHttpRequest(); // BORN of the tap
      const { way, k } = context, xhr = new XMLHttpRequest(), early = [], late = [], own = Object.getOwnPropertyDescriptors(XMLHttpRequest.prototype);
      const type = way.replace(', later', '').replace('stream ', '');
      xhr.addEventListener(type, way === 'load, later' ? async () => { await null; early.push(xhr.status); } : () => early.push(xhr.responseText.includes('returned error')));
      xhr.open('POST', origin + '/api/v1/chat/completions?k=' + k);
      xhr.onreadystatechange = () => { if (xhr.readyState === 4) late.push('rs4'); };
      for (const one of ['load', 'loadend']) xhr.addEventListener(one, () => late.push(one));
      await new Promise((done) => { xhr.addEventListener('loadend', done); xhr.send('x'); });
      await t.message('settled');
      same(early.join(), way === 'load, later' ? (firefox ? '200' : '429') : String(!firefox), way);
      same(late.join(' '), 'rs4 load loadend', way);
      for (const key of ['status', 'responseText', 'readyState', 'getResponseHeader']) {
        const { get, set, value, ...more } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, key), f = get ?? value, was = own[key].get ?? own[key].value;
        same([f.name, f.length, Object.hasOwn(f, 'prototype'), Function.prototype.toString.call(f).includes('[native code]'), JSON.stringify(more)].join(), [was.name, was.length, false, true, JSON.stringify({ ...own[key], get: undefined, set: undefined, value: undefined })].join(), key);
        let name = '';
        try { f.call({}); } catch (e) { name = e.name; }
        same(name, 'TypeError', key);
      }
    }, { context: { way, k }, before: `globalThis.firefox = ${firefox};` });
    // In Firefox those that capture come first, whenever they were added: it is held.
    assert.deepEqual(of('observed').map((m) => [m.exchange.status, m.replayable]), [[way === 'stream load' ? 200 : 429, firefox]], way);
    assert.equal(seen.get(k).length, firefox ? 2 : 1, way);
  }
});

test('every responseType: held, and the good try has it', async () => {
  const types = ['', 'text', 'json', 'arraybuffer', 'blob', 'document'];
  for (const type of types) script(`type-${type}`, error429);
  const { of } = await inPage(`async () => { ${XHR}
    for (const type of ${JSON.stringify(types)}) {
      t.auto = 'retry';
      const xhr = await end(begin('type-' + type, { set: (x) => { x.responseType = type; x.withCredentials = true; x.overrideMimeType('application/json; charset=utf-8'); } }));
      same(xhr.status, 200, type); same(xhr.responseType, type); same(xhr.withCredentials, true);
      const { response } = xhr;
      if (type === '' || type === 'text') same(JSON.parse(response).method, 'POST');
      if (type === 'json') same(response.method, 'POST');
      if (type === 'arraybuffer') same(JSON.parse(new TextDecoder().decode(response)).method, 'POST');
      if (type === 'blob') same(JSON.parse(await response.text()).method, 'POST');
      if (type !== '' && type !== 'text') { let name = ''; try { xhr.responseText; } catch (e) { name = e.name; } same(name, 'InvalidStateError'); }
    }
  }`);
  assert.deepEqual(of('observed').map((m) => m.exchange.body.includes('Provider returned error')), [true, true, true, true, true, false]);
});

test('an error inside a good answer that the page takes as a Blob is explained', async () => {
  const all = { json, first: stream(`data: ${json.body}\n\n`), mid: stream(`data: {"choices":[{"delta":{"content":"${'x'.repeat(20_000)}"}}]}\n\ndata: ${json.body}\n\n`), good: stream(good) };
  for (const name in all) script(`blob-${name}`, all[name]);
  const { of } = await inPage(`async () => { ${XHR}
    for (const name of ${JSON.stringify(Object.keys(all))}) same((await end(begin('blob-' + name, { set: (x) => { x.responseType = 'blob'; } }))).status, 200);
    await t.until(() => t.log.filter((m) => m.type === 'settled').length === 3, 'three are told');
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.replayable, m.exchange.body]), ['body200', 'sse', 'sse'].map((surface) => [surface, false, json.body.replace(USER, '')]));
  assert.equal(seen.get('blob-good').length, 1);
});

test('every kind of body is sent again as it was at the call', async () => {
  const names = ['none', 'text', 'params', 'form', 'blob', 'typed', 'buffer', 'view'];
  for (const name of names) script(`body-${name}`, error429, error429);
  const { of } = await inPage(`async () => { ${XHR}
    const bytes = new TextEncoder().encode('first'), form = new FormData(), params = new URLSearchParams({ a: '1 ä' });
    form.append('a', 'b'); form.append('file', new Blob(['blob'], { type: 'text/x' }), 'name.txt');
    const bodies = { none: undefined, text: 'text ä', params, form, blob: new Blob(['blob'], { type: 'Text/Custom' }), typed: bytes, buffer: bytes.buffer.slice(0), view: new DataView(bytes.buffer, 1, 2) };
    for (const name in bodies) {
      t.auto = ['retry', 'retry'];
      const xhr = begin('body-' + name, { body: bodies[name], fields: name === 'text' ? { 'content-type': 'application/json', 'x-a': '1' } : { 'x-a': '1' } });
      if (name === 'typed') bytes.fill(65);
      if (name === 'form' || name === 'params') bodies[name].append('late', '1');
      same((await end(xhr)).status, 200, name);
    }
  }`);
  for (const name of names) {
    const all = seen.get(`body-${name}`).map(({ aborted, ...one }) => one), boundary = (one) => /boundary=(.*)/.exec(one.headers['content-type'] ?? '')?.[1];
    assert.equal(all.length, 3, name);
    for (const one of all.slice(1)) {
      if (name === 'form') assert.equal(one.body.replaceAll(boundary(one), 'B'), all[0].body.replaceAll(boundary(all[0]), 'B'));
      else assert.deepEqual(one, all[0], name);
    }
  }
  assert.equal(seen.get('body-typed')[2].body, 'first');
  assert.ok(!seen.get('body-form')[2].body.includes('late') && !seen.get('body-params')[2].body.includes('late'));
  assert.ok(of('observed').every((m) => m.replayable));
});

test('abort() while held: the page hears of it, and nothing is sent', async () => {
  script('abort', error429, error429, { hang: true });
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'hold';
    const a = new XMLHttpRequest(), log = spy(a);
    begin('abort', { xhr: a });
    await t.message('observed');
    await sleep(50);
    a.abort();
    same(log.join(' '), 'rs1 loadstart rs0 abort loadend'); same(a.readyState, 0); same(a.status, 0);
    await t.message('settled');
    t.auto = 'retry';
    const b = new XMLHttpRequest(), again = spy(b);
    begin('abort', { xhr: b, body: 'b' });
    await reached('abort', 3);
    b.abort();
    same(again.join(' '), 'rs1 loadstart rs4 abort loadend'); same(b.readyState, 0);
    await t.message('settled', 2);
  }`);
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why]), [['aborted', 'page'], ['aborted', 'page']]);
  assert.equal(seen.get('abort').length, 3);
});

test('its own timeout counts from its own send, held or sent again', async () => {
  script('timeout', error429, error429, { hang: true });
  const { of } = await inPage(`async () => { ${XHR}
    for (const [n, auto] of [[1, 'hold'], [2, 'retry']]) {
      t.auto = auto;
      const a = new XMLHttpRequest(), log = spy(a), from = performance.now();
      await end(begin('timeout', { xhr: a, body: String(n), set: (x) => { x.timeout = 1_500; } }));
      const took = performance.now() - from;
      same(log.filter((x) => !x.startsWith('rs')).join(' '), 'loadstart timeout loadend', auto); same(a.status, 0);
      ok(took > 1_450, 'took ' + took);
      await t.message('settled', n);
    }
  }`);
  assert.deepEqual(of('settled').map((m) => m.outcome), ['aborted', 'aborted']);
});

test('the same object again and again: each request is its own, also one that begins while another is held', async () => {
  script('reuse', error429, { status: 200, headers: {}, body: 'plain' }, error429, error429);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'retry';
    const xhr = new XMLHttpRequest(), log = spy(xhr);
    await end(begin('reuse', { xhr, body: '1' }));
    same(xhr.status, 200); same(xhr.responseText, 'plain');
    log.length = 0;
    t.auto = 'hold';
    begin('reuse', { xhr, body: '2' });
    await t.message('observed', 2);
    await sleep(50);
    t.auto = 'retry';
    log.length = 0;
    const over = end(begin('reuse', { xhr, body: '3' }));
    same(log.join(' '), 'rs1 loadstart');
    await over;
    same(JSON.parse(xhr.responseText).body, '3');
    same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend');
    await t.message('settled', 3);
  }`);
  assert.deepEqual(of('settled').map((m) => m.outcome), ['answered', 'aborted', 'answered']);
});

test('handlers set after send, removed, once, objects, subclasses; one that throws stops nobody', async () => {
  script('handlers', error429);
  await inPage(`async () => { ${XHR}
    t.auto = 'retry';
    class Mine extends XMLHttpRequest { constructor() { super(); this.mine = true; } }
    const xhr = new Mine(), calls = [], gone = () => calls.push('gone');
    addEventListener('error', (e) => e.preventDefault());
    xhr.addEventListener('load', gone);
    xhr.onloadstart = () => { calls.push('start'); throw new Error('thrown by the page'); };
    begin('handlers', { xhr });
    xhr.removeEventListener('load', gone);
    xhr.onload = function () { calls.push(this === xhr ? 'onload' : 'other'); };
    xhr.addEventListener('load', { handleEvent(e) { calls.push(e.isTrusted ? 'object' : 'made'); } });
    xhr.addEventListener('readystatechange', () => calls.push('once'), { once: true });
    await end(xhr);
    same(calls.join(' '), 'start once onload object'); same(xhr.mine, true); same(xhr instanceof Mine, true);
  }`);
});

test('upload events are heard once; no listener of ours costs a preflight', async () => {
  script('upload', error429, error429);
  script('safe', error429, error429);
  script('other', error429);
  await inPage(`async () => { ${XHR}
    t.auto = ['retry', 'retry'];
    const xhr = new XMLHttpRequest(), log = [];
    for (const type of TYPES.slice(1)) xhr.upload.addEventListener(type, () => log.push(type));
    await end(begin('upload', { xhr, body: 'x'.repeat(1000) }));
    same(xhr.status, 200); same(once(log), 'loadstart progress load loadend');
    t.auto = ['retry', 'retry'];
    const safe = new XMLHttpRequest();
    for (const n of [1, 2]) {
      safe.open('POST', elsewhere + '/api/v1/chat/completions?k=safe');
      safe.send('text ' + n);
      await end(safe);
      same(safe.status, 200);
    }
    t.send({ v: 1, type: 'configure', watch: 'openrouter' });
    await sleep(150);
    const other = new XMLHttpRequest();
    other.open('POST', elsewhere + '/x?k=other');
    other.send('x');
    await end(other);
    same(other.status, 429);
  }`);
  // An object that was sent without them serves again: what the page listens to from then on it hears once.
  script('rehush', { status: 200, headers: {}, body: '1' }, error429, error429);
  await inPage(`async () => { ${XHR}
    for (const way of ['watched', 'other']) {
      const xhr = new XMLHttpRequest(), log = [];
      void xhr.upload;
      xhr.open('POST', elsewhere + '/api/v1/chat/completions?k=' + (way === 'watched' ? 'rehush' : 'other'), true);
      if (way === 'other') t.send({ v: 1, type: 'configure', watch: 'openrouter' });
      await sleep(150);
      xhr.send('text');
      await end(xhr);
      t.send({ v: 1, type: 'configure', watch: 'all' });
      await sleep(150);
      t.auto = 'retry';
      xhr.open('POST', elsewhere + '/api/v1/chat/completions?k=rehush');
      xhr.setRequestHeader('Content-Type', 'application/json');
      for (const type of TYPES.slice(1)) xhr.upload.addEventListener(type, () => log.push(type));
      xhr.send('x'.repeat(1000));
      await end(xhr);
      same(xhr.status, 200, way); same(once(log), 'loadstart progress load loadend', way);
    }
  }`);
  assert.equal(seen.get('rehush').length, 5);
  assert.equal(preflights.get('safe') ?? 0, 0);
  assert.equal(preflights.get('other') ?? 0, 0);
});

test('a request that blocks, a GET and an address that is not watched are not looked at', async () => {
  script('sync', error429);
  const { log } = await inPage(`async () => { ${XHR}
    const xhr = new XMLHttpRequest();
    xhr.open('POST', origin + '/api/v1/chat/completions?k=sync', false);
    xhr.send('x');
    same(xhr.status, 429);
  }`);
  assert.equal(log.length, 0);
  script('plain', error429, error429);
  const other = await inPage(`async () => { ${XHR} same((await end(begin('plain'))).status, 429); }`, { watch: 'openrouter' });
  assert.equal(other.log.length, 0);
});

test('an error inside a good answer is held where the page has heard no text of it', async () => {
  script('json', json);
  script('typed', json);
  script('first', stream(`data: ${json.body}\n\n`), stream(good));
  const { of } = await inPage(`async () => { ${XHR}
    for (const [k, type] of [['json', ''], ['typed', 'json'], ['first', '']]) {
      t.auto = 'retry';
      const xhr = new XMLHttpRequest(), log = spy(xhr), texts = [];
      if (type === '') xhr.addEventListener('progress', () => texts.push(xhr.responseText));
      await end(begin(k, { xhr, set: (x) => { x.responseType = type; } }));
      same(once(log).replace('rs3 progress ', ''), 'rs1 loadstart rs2 rs4 load loadend', k);
      same(texts.some((text) => text.includes('returned error')), false, 'heard');
      if (k === 'first') same(xhr.responseText, ${JSON.stringify(good)});
      else same((type === 'json' ? xhr.response : JSON.parse(xhr.responseText)).method, 'POST');
    }
    await t.message('settled', 3);
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.exchange.status, m.replayable]), [['body200', 200, true], ['body200', 200, true], ['sse', 200, true]]);
  assert.deepEqual(of('settled').map((m) => m.outcome), ['answered', 'answered', 'answered']);
});

test('after some of its text an error is told, and nothing is held', async () => {
  script('mid', stream(good.slice(0, 50), good.slice(50) + `data: ${json.body}\n\n`), stream(': OPENROUTER\n\n', `data: ${json.body}\n\n`));
  const { of } = await inPage(`async () => { ${XHR}
    for (const n of [1, 2]) {
      const xhr = new XMLHttpRequest(), log = spy(xhr), over = end(xhr);
      begin('mid', { xhr, body: String(n) });
      await t.until(() => xhr.readyState === 3 && xhr.responseText !== '', 'the first text');
      await next('mid');
      await over;
      same(once(log), 'rs1 loadstart rs2 rs3 progress rs4 load loadend'); same(xhr.responseText.includes('returned error'), true);
    }
    await t.message('observed', 2);
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.replayable]), [['sse', true], ['sse', true]].map(([s], n) => [s, of('observed')[n].replayable]));
  assert.deepEqual(of('settled').map((m) => m.outcome), ['released', 'released']);
});

test('a try that breaks is judged with status 0; let go then, the page hears an error', async () => {
  script('cut', error429, { status: 200, body: '{}', refused: true }); // no page of another origin may read that
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = ['retry', 'release'];
    const xhr = new XMLHttpRequest(), log = spy(xhr);
    await end(begin('cut', { xhr, from: elsewhere }));
    same(xhr.status, 0); same(log.join(' '), 'rs1 loadstart rs4 error loadend');
  }`);
  assert.deepEqual(of('observed').map((m) => [m.attempt, m.exchange.status]), [[1, 429], [2, 0]]);
});

test('who stops at an error within a stream is told of it; who stops at none is not', async () => {
  const begun = good.slice(0, good.indexOf('\n\n') + 2);
  script('stop', stream(begun, `data: ${json.body}\n\n`, ': open\n\n'), stream(begun, 'data: [DONE]\n\n', ': open\n\n'));
  const { of } = await inPage(`async () => { ${XHR}
    for (const sign of ['"error"', '[DONE]']) {
      const xhr = new XMLHttpRequest(), stopped = new Promise((ok) => xhr.addEventListener('abort', ok));
      xhr.addEventListener('progress', () => { if (xhr.responseText.includes(sign)) xhr.abort(); });
      begin('stop', { xhr, body: sign });
      await t.until(() => xhr.responseText !== '', 'the beginning');
      await next('stop');
      await stopped;
      same(xhr.responseText, '');
    }
    await t.message('settled');
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.replayable, m.exchange.body]), [['sse', false, json.body.replace(USER, '')]]);
});

test('the app\'s own second try by XMLHttpRequest is one story', async () => {
  script('story', error429);
  const { log } = await inPage(`async () => { ${XHR}
    t.auto = 'release';
    await end(begin('story'));
    same((await end(begin('story'))).status, 200);
    await t.message('resent', 2);
  }`);
  assert.deepEqual(log.filter((m) => m.type !== 'ping').map((m) => [m.type, m.story, m.attempt ?? m.answered]), [['observed', 1, 1], ['settled', 1, 1], ['resent', 1, false], ['resent', 1, true]]);
});

test('held, and the page asks the very same anew: the one that is held ends with its first answer', async () => {
  script('anew', error429);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'hold';
    const one = begin('anew');
    await t.message('observed');
    globalThis.__later = 1_500;
    const two = begin('anew');
    same((await end(one)).status, 429);
    same((await end(two)).status, 200);
    await t.message('settled');
  }`, { before: 'const clock = Date.now; globalThis.__later = 0; Date.now = () => clock() + __later;' });
  assert.deepEqual(of('settled').map((m) => [m.id, m.outcome]), [[1, 'aborted']]);
});

test('the extension goes away: a held request ends for the page within moments', async () => {
  script('gone', error429);
  await inPage(`async () => { ${XHR}
    t.auto = 'hold';
    const xhr = begin('gone');
    await t.message('observed');
    await sleep(100);
    t.answers = false;
    const from = performance.now();
    await end(xhr);
    same(xhr.status, 429);
    ok(performance.now() - from < 1_500, 'at once');
  }`);
});

test('whatever the page replaces afterwards, it sees nothing of a held XMLHttpRequest', async () => {
  script('spied', error429, error429);
  const { result } = await inPage(`async () => { ${SPIES} ${XHR}
    const { send, setRequestHeader, abort } = XMLHttpRequest.prototype, { open } = XMLHttpRequest.prototype, url = origin + '/x?k=spied';
    const make = () => { const xhr = new XMLHttpRequest(); let go; const over = new Promise((ok) => { go = ok; }); xhr.onloadend = () => go(); return { xhr, over }; };
    const status = getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'status').get, all = [make(), make(), make()];
    const run = async ({ xhr, over }, way) => {
      apply(way.open, xhr, ['POST', url]);
      apply(way.setRequestHeader, xhr, ['x-a', '1']);
      apply(way.send, xhr, ['body']);
      await over;
      return apply(status, xhr, []);
    };
    t.auto = 'retry';
    spyOnAll();
    const plain = await run(all[0], __xhr);
    const usual = told();
    const held = await run(all[1], { open, send, setRequestHeader });
    const used = more(usual);
    same(plain, 429); same(held, 200);
    return used;
  }`, { before: 'const { open, send, setRequestHeader } = XMLHttpRequest.prototype; globalThis.__xhr = { open, send, setRequestHeader };' });
  assert.equal(result, '');
});

test('a good answer that is slow to come is not answered before it has come; a body that is a number is no matter', async () => {
  script('slow', error429, stream(': OPENROUTER PROCESSING\n\n', good));
  script('number', error429);
  const { of } = await inPage(`async () => { ${XHR}
    t.auto = 'retry';
    const xhr = new XMLHttpRequest(), over = end(xhr);
    begin('slow', { xhr });
    await t.until(() => xhr.readyState === 3, 'the first text');
    await sleep(2_300); // longer than an answer that nobody reads is waited for
    same(t.of('settled').length, 0, 'settled by a comment');
    await next('slow');
    await over;
    await t.message('settled');
    t.auto = 'release';
    same((await end(begin('number', { body: 5 }))).status, 429);
  }`);
  assert.deepEqual(of('settled').map((m) => m.outcome), ['answered', 'released']);
  assert.equal(of('observed').length, 2);
});
