// @ts-nocheck: most of its functions run in the page, by names that stand there.
// The site's own server, on a site that the person switched on: what names OpenRouter is held as if the page had called it; of the rest nobody hears.
import assert from 'node:assert/strict';
import { CORS, KEY, PROMPT, USER, elsewhere, inPage, origin, script, seen, test } from './lab.mjs';

const JSON_FIELDS = { 'Content-Type': 'application/json' };
const says = (status, body, headers = JSON_FIELDS) => ({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const stream = (...body) => says(200, body.join(''), { 'Content-Type': 'text/event-stream' });
/** What a relay says that has kept nothing of the failure. */
const bare = (status = 429) => says(status, { error: { message: 'Too Many Requests' } });
const whole = says(500, { detail: 'Provider returned error', user_id: USER });
const NAMES = { chat_completion_source: 'openrouter', model: 'a/b', stream: true, max_tokens: 300, messages: [{ role: 'user', content: PROMPT }] };
/** Each names it in another place, none in what the person wrote. */
const NAMED = {
  'a member': NAMES,
  'a member of a member': { 0: { json: { access: { dialect: 'openrouter', key: KEY }, model: { id: 'a/b' } } } },
  'its address': { custom_url: 'https://openrouter.ai/api/v1', messages: [] },
  'a model of a gateway': { model: 'openrouter/a/b', messages: [] },
  'spelled otherwise': { endpoint: 'OpenRouter', text: PROMPT },
};
/** None of them does. */
const UNNAMED = {
  'nothing': { model: 'a/b', messages: [{ role: 'user', content: PROMPT }] },
  'the person\'s words': { text: 'openrouter', messages: [{ role: 'user', content: 'openrouter' }, { role: 'user', content: 'https://openrouter.ai/api/v1' }] },
  'JSON that the person wrote': { messages: [{ role: 'user', content: '{"provider":"openrouter"}' }] },
  'a word that begins so': { provider: 'openrouters', url: 'https://openrouter.ai.example/' },
};

/** In the page: a call to its own server. */
const ASK = `
  const ask = (k, body, more = {}) => fetch('/api/chat?k=' + k, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': 'token' }, ...more });
  const byXhr = (k, body, set = () => {}) => new Promise((done) => {
    const xhr = new XMLHttpRequest(), heard = [];
    for (const type of ['readystatechange', 'load', 'error', 'loadend']) xhr.addEventListener(type, (e) => { if (type !== 'readystatechange' || xhr.readyState === 4) heard.push(type + (e.isTrusted ? '' : ' invented')); });
    xhr.open('POST', '/api/chat?k=' + k);
    xhr.setRequestHeader('Content-Type', 'application/json');
    set(xhr);
    xhr.addEventListener('loadend', () => done({ status: xhr.status, text: xhr.responseText, heard: heard.join() }));
    xhr.send(typeof body === 'string' ? body : JSON.stringify(body));
  });
`;
const page = (run, more = {}) => inPage(`async () => { ${ASK}; return (${run})(); }`, { watch: 'own', ...more });

test('a failing answer to a request that names OpenRouter is held, and sent again to the same address', async () => {
  for (const name in NAMED) script(name, bare());
  const { of } = await page(async () => {
    t.auto = 'retry';
    for (const name in context.NAMED) {
      const r = await ask(encodeURIComponent(name), context.NAMED[name]);
      same(r.status, 200, name); same(r.url, origin + '/api/chat?k=' + encodeURIComponent(name)); same((await r.json()).body, JSON.stringify(context.NAMED[name]));
    }
  }, { context: { NAMED } });
  assert.deepEqual(of('observed').map((m) => [m.request.relay, m.request.named, m.request.key, m.replayable, m.exchange.status, m.exchange.url]), Object.keys(NAMED).map(() => [true, true, false, true, 429, `${origin}/api/chat`]));
  assert.equal(of('observed')[0].request.model, 'a/b');
  for (const name in NAMED) {
    const [one, two] = seen.get(name);
    assert.deepEqual([two.body, two.url, two.headers], [one.body, one.url, one.headers], name);
  }
});

test('it may be named by the address, or in a header field', async () => {
  for (const k of ['path', 'field', 'encoded', 'request']) script(k, bare());
  const { of } = await page(async () => {
    t.auto = 'retry';
    same((await fetch('/webapi/chat/openrouter?k=path', { method: 'POST', body: '{}' })).status, 200);
    same((await ask('field', {}, { headers: { 'X-Base-Url': 'https://openrouter.ai/api/v1' } })).status, 200);
    same((await ask('encoded', {}, { headers: new Headers({ 'Risu-Url': encodeURIComponent('https://openrouter.ai/api/v1/chat/completions') }) })).status, 200);
    same((await fetch(new Request('/api/chat?k=request', { method: 'POST', body: JSON.stringify(context.NAMES), headers: { 'Content-Type': 'application/json' } }))).status, 200);
  }, { context: { NAMES } });
  assert.deepEqual(of('observed').map((m) => m.request.named), [true, true, true, true]);
});

test('it may be named by the failure alone', async () => {
  script('failure', whole);
  script('says', says(429, 'OpenRouter: slow down', { 'Content-Type': 'text/plain' }));
  const { of } = await page(async () => {
    t.auto = 'retry';
    for (const k of ['failure', 'says']) same((await ask(k, context.UNNAMED.nothing)).status, 200, k);
  }, { context: { UNNAMED } });
  assert.deepEqual(of('observed').map((m) => [m.request.relay, m.request.named]), [[true, false], [true, false]]);
});

test('of failures that name nobody nothing is heard, and they are not late', async () => {
  const endless = { ...says(500, ['{"error":"', 'never comes"}']), endless: true }, large = says(500, 'openrouter'.repeat(9_000)), document = says(502, '<!doctype html>OpenRouter', { 'Content-Type': 'text/html' });
  for (const name in UNNAMED) script(name, bare());
  for (const [k, answer] of Object.entries({ endless, large, document })) script(k, answer);
  const { result, log } = await page(async () => {
    t.auto = 'hold';
    for (const name in context.UNNAMED) {
      const r = await ask(encodeURIComponent(name), context.UNNAMED[name]);
      same(r.status, 429); same((await r.json()).error.message, 'Too Many Requests', name);
    }
    for (const k of ['large', 'document']) { const r = await ask(k, {}); same(r.bodyUsed, false); ok((await r.text()).includes('penRouter') || k === 'large'); }
    const since = performance.now();
    same((await ask('endless', {})).status, 500);
    return performance.now() - since;
  }, { context: { UNNAMED } });
  assert.ok(log.every((m) => m.type === 'failed'), JSON.stringify(log).slice(0, 400)); // that something failed, and not what
  assert.ok(result < 2_000, `${result} ms`); // 100 of ours, and a slow machine
});

test('the fields of a form are text as well: sent again as they were at the call, and the same ones asked anew are the app\'s own try', async () => {
  const busy = says(429, { error: { message: 'Provider returned error' } });
  for (const k of ['fetch-params', 'fetch-form', 'xhr-params', 'xhr-form']) script(k, busy);
  for (const k of ['params', 'form']) script(k, busy, busy);
  const { of } = await page(async () => {
    const made = (Kind, q) => { const fields = new Kind(); fields.append('q', q); return fields; };
    const post = (k, body) => fetch('/api/chat?k=' + k, { method: 'POST', body });
    const send = (k, body) => new Promise((done) => {
      const xhr = new XMLHttpRequest();
      xhr.addEventListener('loadend', () => done(xhr));
      xhr.open('POST', '/api/chat?k=' + k);
      xhr.send(body);
    });
    for (const [name, Kind] of [['params', URLSearchParams], ['form', FormData]]) {
      t.auto = 'retry';
      for (const [by, ask] of [['fetch', post], ['xhr', send]]) {
        const fields = made(Kind, 'Sky & sea'), held = ask(`${by}-${name}`, fields);
        fields.append('late', '1');
        same((await held).status, 200, `${by}-${name}`);
      }
      t.auto = 'release';
      const before = t.of('resent').length;
      for (const q of ['one', 'two']) same((await post(name, made(Kind, q))).status, 429);
      same(t.of('resent').length, before, 'other words');
      same((await post(name, made(Kind, 'two'))).status, 200);
      await t.message('resent', before + 1);
    }
  });
  assert.deepEqual(of('observed').map((m) => [m.request.relay, m.request.named, m.replayable]), Array(8).fill([true, false, true]));
  /** A browser makes a form's boundary anew each time. */
  const plain = ({ body, url, headers }) => {
    const boundary = /boundary=(.*)/.exec(headers['content-type'])?.[1] ?? '-';
    return JSON.parse(JSON.stringify({ body, url, headers: { ...headers, 'content-length': null } }).replaceAll(boundary, '-'));
  };
  for (const k of ['fetch-params', 'fetch-form', 'xhr-params', 'xhr-form']) {
    const [one, two] = seen.get(k);
    assert.ok(one.body.includes(k.endsWith('params') ? 'q=Sky+%26+sea' : 'name="q"\r\n\r\nSky & sea'), one.body);
    assert.deepEqual(plain(two), plain(one), k);
  }
});

test('an error in a good answer: whole, as the first event, or an event that is called one', async () => {
  const cases = {
    json: says(200, { error: { message: 'Too Many Requests' }, quota_error: true }), text: says(200, { error: 'Too Many Requests' }),
    flag: says(200, { error: true, message: 'Too Many Requests' }), sse: stream('data: {"error":{"message":"Too Many Requests"}}\n\n'), named: stream(': hello\n\n', 'event: error\n', 'data: {"text":"Too Many Requests"}\n\n'),
    untyped: says(200, 'data: {"error":{"message":"Too Many Requests"}}\n\n', {}),
  };
  for (const k in cases) script(k, cases[k]);
  const { of } = await page(async () => {
    t.auto = 'retry';
    for (const k of context.all) {
      const r = await ask(k, context.NAMES);
      same(r.status, 200); same(t.of('observed').length, context.all.indexOf(k), 'before the page reads');
      ok((await r.text()).includes('"method":"POST"'), k);
    }
  }, { context: { NAMES, all: Object.keys(cases) } });
  assert.deepEqual(of('observed').map((m) => m.exchange.surface), ['body200', 'body200', 'body200', 'sse', 'sse', 'sse']);
});

test('errors in good answers that name nobody are the page\'s alone, and so are good answers', async () => {
  script('no', says(200, { error: { message: 'Too Many Requests' } }), stream('data: {"error":{"message":"x"}}\n\n'), stream('data: {"delta":"Sky"}\n\n', 'data: {"error":{"message":"x"}}\n\n'), stream('event: error\ndata: x\n\n'));
  script('good', says(200, { text: 'what openrouter said' }), stream('data: {"delta":"openrouter"}\n\n'));
  const { log } = await page(async () => {
    t.auto = 'hold';
    same((await (await ask('no', context.UNNAMED.nothing)).json()).error.message, 'Too Many Requests');
    for (let i = 0; i < 3; i++) ok((await (await ask('no', context.UNNAMED.nothing)).text()).length > 0);
    same((await (await ask('good', context.NAMES)).json()).text, 'what openrouter said');
    const r = await ask('good', context.NAMES), reader = r.body.getReader();
    same(new TextDecoder().decode((await reader.read()).value), 'data: {"delta":"openrouter"}\n\n');
  }, { context: { NAMES, UNNAMED } });
  assert.ok(log.every((m) => m.type === 'failed'), JSON.stringify(log).slice(0, 400));
});

test('by an XMLHttpRequest: held where the request names it or the answer does; else the page hears it as natively', async () => {
  script('named', bare(), says(200, { error: { message: 'Bad Gateway' } }));
  script('inside', says(200, { error: { message: 'Provider returned error' } }));
  script('unnamed', bare(), says(200, { error: 'x' }));
  script('told', whole);
  script('body', says(429, { error: { message: 'Provider returned error' } }));
  script('refused', says(400, { error: { message: 'Provider returned error: this prompt is too long' } }));
  const { of } = await page(async () => {
    t.auto = 'retry';
    same((await byXhr('named', context.NAMES)).status, 200);
    ok((await byXhr('inside', context.UNNAMED.nothing)).text.includes('"method"'));
    same(t.of('observed').length, 3);
    for (const status of [429, 200]) {
      const r = await byXhr('unnamed', context.UNNAMED.nothing);
      same(r.status, status); same(r.heard, 'readystatechange,load,loadend');
    }
    same(t.of('observed').length, 3);
    const told = await byXhr('told', context.UNNAMED.nothing);
    same(told.status, 500); same(told.heard, 'readystatechange,load,loadend');
    await t.message('observed', 4);
    t.auto = 'retry';
    const body = await byXhr('body', context.UNNAMED.nothing);
    same(body.status, 200); same(body.heard, 'readystatechange,load,loadend');
    // No change can be made to what a site's own server sends on.
    const refused = await byXhr('refused', context.NAMES);
    same(refused.status, 400); same(refused.heard, 'readystatechange,load,loadend');
    await t.message('observed', 6);
  }, { context: { NAMES, UNNAMED } });
  assert.deepEqual(of('observed').map((m) => [m.replayable, m.request.relay]), [[true, true], [true, true], [true, true], [false, true], [true, true], [false, true]]);
});

test('not looked at: other methods, other origins, files, and everything on a site that was not switched on', async () => {
  const some = async () => {
    t.auto = 'hold';
    const body = JSON.stringify(context.NAMES), form = new FormData();
    form.append('provider', 'openrouter');
    form.append('file', new File([body], 'chat.json'));
    const calls = [
      ['/api/chat?k=no', { method: 'PUT', body }], [elsewhere + '/api/chat?k=no', { method: 'POST', body }], ['/api/chat?k=no', { method: 'POST', body: form }], ['/api/chat?k=no', { method: 'POST', body: new Blob([body]) }],
      ['/openrouter?k=no'], ['https://relay.example.org/proxy?k=no', { method: 'POST', body }], [origin + '.example/api', { method: 'POST', body }],
    ];
    for (const [url, init] of context.everything ? [...calls, ['/api/chat?k=no', { method: 'POST', body }]] : calls) same(fetch(url, init), globalThis.__stub.promise, url);
  };
  const before = 'globalThis.__stub = {}; globalThis.fetch = function fetch() { return (__stub.promise = Promise.resolve(new Response("{}", { status: 429 }))); };';
  for (const watch of ['own', 'openrouter']) {
    const { log } = await inPage(some, { watch, before, context: { NAMES, everything: watch === 'openrouter' } });
    assert.equal(log.length, 0);
  }
});

test('where a known app has its relay elsewhere, its address is watched too', async () => {
  const intercept = async (p) => {
    await p.setRequestInterception(true);
    p.on('request', (r) => (r.url().startsWith(origin) ? r.continue() : r.respond({ status: r.method() === 'OPTIONS' ? 204 : 429, headers: CORS, contentType: 'application/json', body: '{"error":"x"}' })));
  };
  const { of } = await page(async () => {
    t.auto = 'release';
    for (const url of ['https://relay.example/proxy2', 'https://relay.example/other', 'https://elsewhere.example/proxy2']) same((await fetch(url, { method: 'POST', body: '{}', headers: { 'risu-url': encodeURIComponent('https://openrouter.ai/api/v1') } })).status, 429);
  }, { prepare: intercept });
  assert.deepEqual(of('observed').map((m) => m.exchange.url), ['https://relay.example/proxy2']);
});

test('the page\'s abort ends the hold, and a hold that nobody decides ends', async () => {
  script('abort', bare());
  script('late', bare());
  const { of } = await page(async () => {
    t.auto = 'hold';
    const c = new AbortController(), p = ask('abort', context.NAMES, { signal: c.signal });
    await t.message('observed');
    c.abort('enough');
    same(await rejection(p), 'enough');
    t.auto = null;
    same((await ask('late', context.NAMES)).status, 429);
  }, { context: { NAMES } });
  assert.deepEqual(of('settled').map((m) => m.why), ['page', 'late']);
});
