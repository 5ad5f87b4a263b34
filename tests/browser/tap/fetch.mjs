// @ts-nocheck: most of its functions run in the page, by names that stand there.
// fetch, and answers with a failing status.
import assert from 'node:assert/strict';
import { comes, CORS, KEY, PROMPT, SPIES, USER, bridge, error429, firefox, inPage, origin, prelude, script, seen, tap, test } from './lab.mjs';

// ---- who it is

test('fetch looks as it did: name, length, descriptor, receiver, no new enumerable global', async () => {
  const { log } = await inPage(async () => {
    same(fetch.name, 'fetch'); same(fetch.length, 1); same(Object.hasOwn(fetch, 'prototype'), false);
    const d = Object.getOwnPropertyDescriptor(globalThis, 'fetch');
    same(d.writable && d.enumerable && d.configurable, true, 'descriptor');
    same(Reflect.ownKeys(fetch).join(), Reflect.ownKeys(__native).join(), 'own keys');
    same(/^function \(\) \{\s+\[native code\]\s+\}$/.test(Function.prototype.toString.call(fetch)), true, 'toString');
    same(Object.keys(globalThis).filter((k) => !__globals.includes(k) && !k.startsWith('__')).join(), '', 'globals');
    same((await rejection(fetch.call({}, '/'))) instanceof TypeError, true);
    same((await rejection(fetch())) instanceof TypeError, true);
    let name = ''; try { new fetch('/'); } catch (e) { name = e.name; } same(name, 'TypeError');
  });
  assert.equal(log.length, 0);
});

test('what is not watched is the native call: same receiver, same arguments, the same promise', async () => {
  const { log } = await inPage(async () => {
    const init = { method: 'POST' }, self = globalThis;
    for (const url of ['/x', 'https://example.com/v1/chat/completions', new URL('https://openrouter.ai/api/v1/key'), { toString() { throw new Error('read'); } }, null, undefined, 7]) {
      const p = fetch.call(self, url, init, 'third');
      same(p, globalThis.__stub.promise); same(globalThis.__stub.self, self); same(globalThis.__stub.args.length, 3);
      same(globalThis.__stub.args[0], url); same(globalThis.__stub.args[1], init); same(globalThis.__stub.args[2], 'third');
    }
    fetch(); same(globalThis.__stub.args.length, 0);
    same(fetch('https://openrouter.ai/api/v1/chat/completions'), globalThis.__stub.promise, 'a GET');
  }, { watch: 'openrouter', before: 'globalThis.__stub = {}; globalThis.fetch = function fetch() { __stub.self = this; __stub.args = [...arguments]; return (__stub.promise = Promise.resolve(new Response())); };' });
  assert.equal(log.length, 0);
});

test('without a bridge everything is the native call', async () => {
  script('none', error429);
  await inPage(async () => {
    same(globalThis.fetch !== __native, true, 'installed');
    const r = await post('none');
    same(r.status, 429); same((await r.json()).error.code, 429);
  }, { order: [tap] });
});

test('the port is handed over whichever runs first', async () => {
  for (const order of [[bridge, tap], [tap, bridge]]) {
    script('order', error429);
    const { of } = await inPage(async () => { t.auto = 'release'; same((await post('order')).status, 429); same(t.offers, 1, 'offers'); }, { order });
    assert.equal(of('observed').length, 1);
  }
});

test('a locked fetch, or an accessor, is left alone and gets no port', async () => {
  for (const lock of ['{ value: fetch, writable: false, configurable: false }', '{ get: () => __native, configurable: true }']) {
    await inPage(() => { same(fetch, __native); same(t.offers, 0); }, { before: `Object.defineProperty(globalThis, 'fetch', ${lock});` });
  }
  await inPage(() => { same(fetch === __native, false, 'hooked'); }, { before: "Object.defineProperty(globalThis, 'fetch', { writable: true, configurable: false });" });
});

test('a newer tap with a newer bridge takes over; the old one lets go and passes through', async () => {
  script('new', error429, error429);
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const p = post('new');
    await t.message('observed');
    const old = t.port;
    t.port = null; // the newer bridge takes the next offer
    (0, eval)(context.tap);
    same(await Promise.race([p.then((r) => r.status), sleep(0)]), 429, 'at once'); // not only when the heartbeat fails
    const before = t.log.length;
    same(t.port !== old, true, 'a new port');
    t.auto = 'release';
    await sleep(150); // the new port's `configure` is on its way
    same((await post('new')).status, 429);
    same(t.log.slice(before).filter((m) => m.type === 'observed').length, 1, 'seen once');
  }, { context: { tap } });
  assert.equal(of('settled')[0].why, 'gone');
});

test('a second tap that finds no bridge leaves the first one its work', async () => {
  script('twice', error429);
  const { of } = await inPage(async () => {
    (0, eval)(context.tap);
    t.auto = 'retry';
    same((await post('twice')).status, 200);
  }, { context: { tap } });
  assert.equal(of('observed').length, 1);
});

// ---- what is watched

test('watched: POST to the generation endpoints of OpenRouter, however the address is written; nothing else', async () => {
  const intercept = async (page) => {
    await page.setRequestInterception(true);
    page.on('request', (r) => (r.url().startsWith(origin) ? r.continue()
      : r.respond({ status: r.method() === 'OPTIONS' ? 204 : 429, headers: CORS, contentType: 'application/json', body: '{}' })));
  };
  const { of } = await inPage(async () => {
    t.auto = 'release';
    const yes = ['https://openrouter.ai/api/v1/chat/completions', 'https://OpenRouter.ai/api/v1/completions?x=1', 'https://eu.openrouter.ai/api/v1/responses', 'https://openrouter.ai/api/v1/messages#x',
      new URL('https://openrouter.ai/api/v1/embeddings'), '//openrouter.ai/api/./v1/chat/completions'.replace(/^/, 'https:')];
    const no = ['https://openrouter.ai/api/v1/key', 'https://openrouter.ai/api/v1/auth/keys', 'https://openrouter.ai/api/frontend/v1/chat/completions', 'https://openrouter.ai/api/v1/chat/completions/x', 'https://notopenrouter.ai/api/v1/chat/completions',
      'https://openrouter.ai.example/api/v1/chat/completions', 'https://example.com/?https://openrouter.ai/api/v1/chat/completions', 'https://example.com/api/v1/messages', { toString: () => 'https://openrouter.ai/api/v1/chat/completions' }];
    for (const url of [...yes, ...no]) same((await fetch(url, { method: 'post', body: '{}' })).status, 429, String(url));
    same((await fetch(new Request('https://openrouter.ai/api/v1/responses', { method: 'POST', body: '{}' }))).status, 429);
    await fetch('https://openrouter.ai/api/v1/responses');
    await fetch(new Request('https://openrouter.ai/api/v1/messages', { method: 'POST', body: '{}' }), { method: 'PUT' });
    const base = document.createElement('base');
    base.href = 'https://openrouter.ai/elsewhere/';
    document.head.append(base);
    same((await fetch('/api/v1/completions', { method: 'POST', body: '{}' })).status, 429);
  }, { watch: 'openrouter', prepare: intercept });
  assert.deepEqual(of('observed').map((m) => m.exchange.url), [
    'https://openrouter.ai/api/v1/chat/completions', 'https://openrouter.ai/api/v1/completions', 'https://eu.openrouter.ai/api/v1/responses', 'https://openrouter.ai/api/v1/messages', 'https://openrouter.ai/api/v1/embeddings',
    'https://openrouter.ai/api/v1/chat/completions', 'https://openrouter.ai/api/v1/responses', 'https://openrouter.ai/api/v1/completions']);
  assert.ok(of('observed').every((m) => m.exchange.method === 'POST'));
});

test('a good answer, an opaque one and a call that breaks are not looked at', async () => {
  script('good');
  script('redirect', { status: 302, headers: { Location: '/elsewhere' }, body: '' });
  const { log } = await inPage(async () => {
    const r = await post('good');
    same(r.status, 200); same(r.url, origin + '/api/v1/chat/completions?k=good'); same(r.bodyUsed, false);
    const o = await fetch(elsewhere + '/x?k=good', { method: 'POST', body: 'x', mode: 'no-cors' });
    same(o.type, 'opaque'); same(o.status, 0);
    same((await rejection(post('redirect', 'x', { redirect: 'error' }))) instanceof TypeError, true);
  });
  assert.equal(log.length, 0);
});

// ---- hold, retry, release

test('held, sent again: the page gets the native answer, the server the same request twice', async () => {
  script('retry', error429);
  const { result, log, of } = await inPage(async () => {
    t.auto = 'hold';
    let done = false;
    const p = post('retry', context.body, { headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + context.key, 'X-Title': 'app' } });
    p.then(() => { done = true; });
    const m = await t.message('observed');
    await sleep(150);
    same(done, false, 'handed over');
    same(p instanceof Promise && Object.getPrototypeOf(p) === Promise.prototype, true, 'promise');
    t.decide(m.id, 'retry');
    const r = await p;
    same(r.url, origin + '/api/v1/chat/completions?k=retry'); same(r.type, 'basic'); same(r.status, 200); same(Object.keys(r).join(), ''); same(r instanceof Response, true);
    await t.message('settled');
    return r.json();
  }, { context: { key: KEY, body: JSON.stringify({ model: 'a/b', messages: [{ role: 'user', content: PROMPT }], stream: true, max_completion_tokens: 9, provider: { only: ['x', 7], order: ['y'], allow_fallbacks: false } }) } });
  const [one, two] = seen.get('retry');
  assert.equal(seen.get('retry').length, 2);
  assert.deepEqual({ ...two, aborted: 0 }, { ...one, aborted: 0 });
  assert.equal(result.body, one.body);
  const { exchange, request, ...rest } = of('observed')[0];
  assert.deepEqual(rest, { v: 1, type: 'observed', id: 1, story: 1, attempt: 1, replayable: true });
  assert.deepEqual(request, { model: 'a/b', stream: true, max_tokens: 9, key: true, relay: false, named: false, only: ['x'], order: ['y'], allow_fallbacks: false, app_retries: null, ignore: [], members: ['model', 'max_completion_tokens', 'provider'], size: one.body.length, works_before: false });
  const { date, ...named } = exchange.headers;
  assert.ok(Math.abs(Date.parse(date) - Date.now()) < 600_000, 'the server\'s date, by which its clock is told');
  assert.deepEqual(named, { 'content-type': 'application/json', 'x-generation-id': 'gen-1' });
  assert.equal(exchange.url, `${origin}/api/v1/chat/completions`);
  assert.deepEqual(JSON.parse(exchange.body), { ...JSON.parse(error429.body), user_id: '' });
  assert.deepEqual(of('settled'), [{ v: 1, type: 'settled', id: 1, story: 1, attempt: 2, outcome: 'answered', why: 'page', by: null }]);
  assert.ok(log.some((m) => m.type === 'ping'), 'a heartbeat while held');
});

test('fails, fails again, and is answered: one id, attempts counted', async () => {
  script('again', error429, { ...error429, status: 502 });
  const { of } = await inPage(async () => {
    t.auto = ['retry', 'retry'];
    same((await post('again')).status, 200);
    await t.message('settled');
  });
  assert.deepEqual(of('observed').map((m) => [m.id, m.story, m.attempt, m.exchange.status]), [[1, 1, 1, 429], [1, 1, 2, 502]]);
  assert.deepEqual(of('settled').map((m) => [m.id, m.attempt, m.outcome]), [[1, 3, 'answered']]);
});

test('no answer at all, from elsewhere than OpenRouter: the page has its reason at once', async () => {
  script('lost', { status: 302, headers: { Location: 'nowhere://' }, body: '' });
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const gone = await rejection(post('lost'));
    same(gone instanceof TypeError, true); same(gone.constructor, TypeError);
  });
  assert.deepEqual(of('observed'), []);
});

test('a replay that breaks is a failure with status 0; release then gives the first answer, untouched', async () => {
  script('cut', error429, { status: 302, headers: { Location: '/elsewhere' }, body: '' }, { ...error429, status: 503, body: 'second' });
  const { result, of } = await inPage(async () => {
    t.auto = ['retry', 'retry', 'release'];
    const r = await post('cut', '{}', { redirect: 'error' });
    same(r.bodyUsed, false); same(r.body === r.body, true);
    return { status: r.status, type: r.type, url: r.url, redirected: r.redirected, body: await r.text(), header: r.headers.get('x-generation-id'), own: Object.keys(r).join() };
  });
  assert.deepEqual(result, { status: 429, type: 'basic', url: `${origin}/api/v1/chat/completions?k=cut`, redirected: false, body: error429.body, header: 'gen-1', own: '' });
  assert.deepEqual(of('observed').map((m) => [m.attempt, m.exchange.status, m.exchange.body]).slice(1), [[2, 0, ''], [3, 503, 'second']]);
  assert.deepEqual(of('settled').map((m) => [m.attempt, m.outcome, m.why]), [[3, 'released', 'decision']]);
});

test('the end of the hold gives the first answer; no hold without an end', async () => {
  script('end', error429);
  const { of } = await inPage(async () => {
    t.auto = 'hold'; t.deadline_ms = 200;
    const from = performance.now(), r = await post('end'), took = performance.now() - from;
    same(r.status, 429); same((await r.json()).error.code, 429);
    ok(took > 190, 'took ' + took);
    await t.message('settled');
  });
  assert.equal(of('settled')[0].why, 'deadline');
  script('long', error429, error429);
  const { result } = await inPage(async () => {
    t.auto = 'hold'; t.deadline_ms = 10_000_000; post('long', '1'); await t.until(() => __timers.length === 1, 'the first end');
    t.deadline_ms = null; post('long', '2'); await t.until(() => __timers.length === 2, 'the second end');
    return __timers;
  }, { before: 'globalThis.__timers = []; const later = setTimeout; globalThis.setTimeout = (f, ms, ...a) => { if (a[0] === "deadline") __timers.push(ms); return later(f, ms, ...a); };' });
  assert.deepEqual(result, [85_000, 50_000]);
});

test('no verdict within a second: the page gets its answer, a later decision finds nothing', async () => {
  script('late', error429);
  const { of } = await inPage(async () => {
    const from = performance.now(), r = await post('late'), took = performance.now() - from;
    ok(took > 950, 'took ' + took);
    same(r.status, 429);
    t.decide(t.of('observed')[0].id, 'retry');
    await sleep(100);
    same((await r.json()).error.code, 429);
  });
  assert.equal(seen.get('late').length, 1);
  assert.equal(of('settled')[0].why, 'late');
});

test('an error body that does not end is told as far as it came, in time for a verdict; a huge one is cut', async () => {
  script('slow', { ...error429, body: '{"error":', endless: true }, { ...error429, body: 'é'.repeat(400_000) }, { ...error429, body: '"user_id' + '\\'.repeat(65_000) });
  const { of } = await inPage(async () => {
    t.auto = 'release';
    const r = await post('slow');
    same(new TextDecoder().decode((await r.body.getReader().read()).value), '{"error":');
    same((await (await post('slow')).text()).length, 400_000);
    const then = performance.now();
    await post('slow', 'backslashes');
    ok(performance.now() - then < 3_000, 'in linear time');
  });
  assert.deepEqual(of('observed').map((m) => m.exchange.body.length), [9, 65_536, 65_008]);
  assert.deepEqual(of('settled').map(({ why }) => why), Array(3).fill('decision'));
});

test('the page aborts: while judged, while held, while sent again; its own reason, the same object', async () => {
  script('abort', error429, error429, error429, { hang: true });
  script('abort5', error429);
  const { of } = await inPage(async () => {
    for (const [n, auto] of [[1, null], [2, 'hold'], [3, 'retry']]) {
      t.auto = auto;
      const c = new AbortController(), why = { n }, p = post('abort', String(n), { signal: c.signal });
      await t.message('observed', n);
      await (auto === 'retry' ? reached('abort', 4) : sleep(120));
      c.abort(why);
      same(await rejection(p), why, 'reason');
      await t.message('settled', n);
    }
    const c = new AbortController(), turns = async (f) => {
      let n = 0, over = false;
      rejection(f(origin + '/x?k=abort', { method: 'POST', body: '4', signal: c.signal })).then((e) => { over = true; same(e, 'before'); });
      while (!over) { n++; await null; }
      return n;
    };
    c.abort('before');
    same(await turns((...a) => fetch(...a)), await turns((...a) => __native(...a)), 'turns until the rejection');
    t.auto = 'hold';
    same((await rejection(post('abort5', '5', { signal: AbortSignal.timeout(300) }))).name, 'TimeoutError');
  });
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why]).slice(0, 3), Array(3).fill(['aborted', 'page']));
  await comes(() => seen.get('abort')[3].aborted);
  assert.deepEqual(seen.get('abort').map((one) => one.aborted), [false, false, false, true]);
});

test('the signal of a Request rules its hold and its replay', async () => {
  script('signal', error429, error429, { hang: true });
  await inPage(async () => {
    for (const [n, auto] of [[1, 'hold'], [2, 'retry']]) {
      t.auto = auto;
      const c = new AbortController(), why = { n };
      const p = fetch(new Request(origin + '/x?k=signal', { method: 'POST', body: 'x' + n, signal: c.signal }));
      await t.message('observed', n);
      await (auto === 'retry' ? reached('signal', 3) : sleep(120));
      c.abort(why);
      same(await rejection(p), why);
    }
  });
  await comes(() => seen.get('signal')[2].aborted);
  assert.deepEqual(seen.get('signal').map((one) => one.aborted), [false, false, true]);
});

test('several at once are independent; a decision on no id of ours, or no decision at all, does nothing', async () => {
  script('many', ...Array(5).fill(error429));
  const { result, of } = await inPage(async () => {
    t.auto = 'hold';
    const all = [0, 1, 2, 3, 4].map((n) => post('many', 'body ' + n));
    await t.message('observed', 5);
    for (const junk of [null, 'x', {}, { v: 2, type: 'decide', id: 1, action: 'release' }, { v: 1, type: 'decide', id: '__proto__', action: 'release' }, { v: 1, type: 'decide', id: 99, action: 'retry' }, { v: 1, type: 'decide', id: 1, action: 'now' }, { v: 1, type: 'decide' }, [1]]) t.send(junk);
    await sleep(100);
    same(t.of('settled').length, 0);
    t.decide(2, 'release'); t.decide(4, 'retry');
    await t.message('settled', 2);
    t.decide(1, 'release'); t.decide(3, 'release'); t.decide(5, 'release');
    return (await Promise.all(all)).map((r) => r.status).sort();
  });
  assert.deepEqual(result, [200, 429, 429, 429, 429]);
  assert.equal(new Set(of('observed').map((m) => m.story)).size, 5);
});

test('dismissed while a try is on its way: it may still win; failing, it ends at once', async () => {
  script('drop', error429, error429);
  script('win', error429);
  const { of } = await inPage(async () => {
    t.auto = ['retry'];
    for (const [k, status] of [['drop', 429], ['win', 200]]) {
      t.auto = 'hold';
      const n = t.of('observed').length + 1, p = post(k), m = await t.message('observed', n);
      t.decide(m.id, 'retry'); t.decide(m.id, 'release');
      const r = await p;
      same(r.status, status);
      await r.text();
    }
    await t.message('settled', 2);
  });
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why, m.attempt]), [['released', 'decision', 2], ['answered', 'page', 2]]);
  assert.equal(of('observed').length, 2, 'nothing more to judge after the dismissal');
});

test('one failure is one unhandledrejection, a handled one is none', async () => {
  script('unhandled', error429, error429);
  await inPage(async () => {
    let n = 0;
    addEventListener('unhandledrejection', (e) => { n++; e.preventDefault(); });
    t.auto = 'hold';
    const c = new AbortController();
    post('unhandled', '1', { signal: c.signal });
    const p = post('unhandled', '2', { signal: c.signal });
    p.catch(() => {});
    await t.message('observed', 2);
    fetch(origin + '/x?k=x', { method: 'POST', mode: 'navigate' });
    await sleep(50);
    c.abort();
    await t.until(() => n >= 2, 'the events');
    await sleep(50);
    same(n, 2, 'events');
  });
});

// ---- the heartbeat

test('the extension goes away: held answers go to the page within moments, the card is removed, all else passes through', async () => {
  script('gone', error429, error429, error429);
  const { of, result } = await inPage(async () => {
    for (const html of ['<div data-cooldown></div>', '<div data-cooldown="3">of the page</div>']) document.documentElement.insertAdjacentHTML('beforeend', html);
    t.auto = 'hold';
    const p = post('gone', '1'), q = post('gone', '2');
    await t.message('observed', 2);
    await sleep(200);
    t.answers = false;
    const from = performance.now();
    same((await p).status, 429); same((await q).status, 429);
    const took = performance.now() - from;
    same(document.querySelectorAll('[data-cooldown]').length, 1, 'cards');
    await t.message('settled', 2);
    const before = t.log.length;
    t.answers = true;
    same((await post('gone', '3')).status, 429);
    await sleep(100);
    same(t.log.length, before, 'messages');
    return took;
  });
  assert.deepEqual(of('settled').map((m) => m.why), ['gone', 'gone']);
  assert.ok(result < 1_500, `found after ${result} ms`);
});

test('a browser that is late with the answer to a heartbeat is not taken for a dead extension either', async () => {
  script('late-heart', error429);
  await inPage(async () => {
    t.auto = 'hold';
    const p = post('late-heart'), m = await t.message('observed');
    await t.message('ping', 2);
    const from = performance.now();
    t.answers = false;
    await sleep(200);
    t.answers = true;
    if (performance.now() - from > 350) return; // so late that it may be
    await sleep(100);
    same(t.of('settled').length, 0, 'let go');
    t.decide(m.id, 'retry');
    same((await p).status, 200);
  });
});

test('a busy page is not taken for a dead extension; the heart rests when nothing is kept', async () => {
  script('busy', error429, { hang: true });
  await inPage(async () => {
    t.auto = 'hold';
    const c = new AbortController(), p = post('busy', '1', { signal: c.signal }), m = await t.message('observed');
    for (let i = 0; i < 12; i++) { for (const end = performance.now() + 120; performance.now() < end;); await new Promise((r) => setTimeout(r)); }
    same(t.of('settled').length, 0, 'let go');
    t.decide(m.id, 'retry');
    await reached('busy', 2);
    await sleep(150);
    const pings = t.of('ping').length;
    await sleep(200);
    same(t.of('ping').length, pings, 'pings while the try is on its way');
    c.abort();
    await rejection(p);
    await sleep(150);
    same(t.of('ping').length, pings, 'pings afterwards');
  });
});

test('a card that holds nothing goes with the extension too, and all else passes through; without one, and while we are there, nothing happens', async () => {
  script('card', error429);
  const { result } = await inPage(async () => {
    const card = () => document.querySelectorAll('[data-cooldown]:empty').length;
    document.documentElement.insertAdjacentHTML('beforeend', '<div data-cooldown></div>');
    t.send({ v: 1, type: 'card', open: true });
    await t.message('ping', 3);
    same(card(), 1, 'cards while somebody answers');
    t.send({ v: 1, type: 'card', open: false });
    await sleep(300);
    const pings = t.of('ping').length;
    await sleep(700);
    same(t.of('ping').length, pings, 'pings without a card');
    t.send({ v: 1, type: 'card', open: true });
    t.answers = false;
    const from = performance.now();
    await t.until(() => card() === 0, 'the card to go');
    const took = performance.now() - from, before = t.log.length;
    same((await post('card', '1')).status, 429);
    await sleep(700);
    same(t.log.length, before, 'messages');
    return took;
  });
  assert.ok(result < 5_000, `gone after ${result} ms`);
});

// ---- the request

test('every kind of body and of header list that can be sent again is, as it was at the call', async () => {
  const kinds = {
    string: () => ({ body: 'héllo' }),
    none: () => ({}),
    params: () => { const body = new URLSearchParams({ q: '1', '?': 'a b' }); return { body, after: () => body.append('late', '1') }; },
    blob: () => ({ body: new Blob(['b'], { type: 'application/x-q' }) }),
    buffer: () => { const u = new Uint8Array([65, 66]); return { body: u.buffer, after: () => u.fill(90) }; },
    part: () => { const u = new Uint8Array([65, 66, 67, 68]); return { body: u.subarray(1, 3), after: () => u.fill(90) }; },
    view: () => { const u = new Uint8Array([65, 66, 67]); return { body: new DataView(u.buffer, 1), after: () => u.fill(90) }; },
    Headers: () => { const headers = new Headers({ 'X-A': '1' }); headers.append('x-a', '2'); return { body: 'x', headers, after: () => headers.set('x-a', 'late') }; },
    pairs: () => { const headers = [['x-a', '1'], ['X-A', '2'], ['x-b', '3']]; return { body: 'x', headers, after: () => { headers.length = 0; } }; },
    record: () => { const headers = { 'X-A': 1, 'x-b': null }; return { body: 'x', headers, after: () => { delete headers['X-A']; } }; },
    inherited: () => { class Init { constructor() { this.body = 'mine'; } } Object.assign(Init.prototype, { headers: { 'x-a': '1' }, method: 'POST' }); return new Init(); },
    changed: () => { const init = { body: 'first', headers: { 'x-a': '1' } }; init.after = () => { init.body = 'second'; init.method = 'PUT'; init.headers = {}; }; return init; },
  };
  for (const name of Object.keys(kinds)) script(`kind-${name}`, error429, error429);
  script('kind-form', error429);
  for (const name of ['request', 'request-init', 'request-blob']) script(`kind-${name}`, error429, error429);
  const { of } = await inPage(`async () => {
    const kinds = {${Object.entries(kinds).map(([name, make]) => `${JSON.stringify(name)}: ${make}`).join(',')}};
    t.auto = ['retry', 'retry'];
    for (const name in kinds) {
      t.auto = ['retry', 'retry'];
      const init = kinds[name]();
      init.method ??= 'POST';
      const p = fetch(origin + '/x?k=kind-' + name, init);
      init.after?.();
      same((await p).status, 200, name);
    }
    const form = new FormData(); form.append('k', 'v'); form.append('f', new File(['text'], 'name.txt', { type: 'text/plain' }));
    t.auto = ['retry'];
    const sent = fetch(origin + '/x?k=kind-form', { method: 'POST', body: form });
    form.append('late', '1');
    same((await sent).status, 200, 'form');
    const mine = (body, more) => ({ method: 'POST', body, headers: { 'x-a': '1' }, credentials: 'omit', ...more });
    for (const [k, ...call] of [['request', new Request(origin + '/x?k=kind-request', mine('{"model":"in/request"}'))], ['request-blob', new Request(origin + '/x?k=kind-request-blob', mine(new Blob(['blob'])))],
      ['request-init', new Request(origin + '/x?k=kind-request-init', mine('old')), { body: 'new', headers: { 'x-b': '2' }, method: 'PUT' }]]) {
      const twin = call[0].clone();
      __native(twin, { ...call[1], signal: AbortSignal.abort() }).catch(() => {});
      t.auto = ['retry', 'retry'];
      const p = fetch(...call);
      same(call[0].bodyUsed, twin.bodyUsed, k + ' bodyUsed');
      same((await p).status, 200, k);
    }
  }`);
  const plain = ({ aborted, ...one }) => one;
  for (const [key, all] of seen) {
    if (!key.startsWith('kind-') || key === 'kind-form') continue;
    assert.equal(all.length, 3, key);
    assert.deepEqual(plain(all[1]), plain(all[0]), key);
    assert.deepEqual(plain(all[2]), plain(all[0]), key);
  }
  const bodies = Object.fromEntries([...seen].filter(([key]) => key.startsWith('kind-')).map(([key, [one]]) => [key.slice(5), one.body]));
  assert.equal(bodies.part, 'BC');
  assert.equal(bodies.changed, 'first');
  assert.equal(bodies['request-init'], 'new');
  const [one, two] = seen.get('kind-form'), parts = ({ body, headers }) => body.replaceAll(/boundary=(.*)/.exec(headers['content-type'])[1], 'B');
  assert.equal(parts(two), parts(one));
  assert.ok(one.body.includes('filename="name.txt"') && !one.body.includes('late'));
  assert.ok(of('observed').every((m) => m.replayable));
  assert.ok(of('observed').some((m) => m.request.model === 'in/request'), 'facts of a Request');
});

test('what cannot be sent again as it was is told so, and the call itself is untouched', async () => {
  const names = ['stream', 'keepalive', 'keepalive-request', 'generator', 'map', 'accessor', 'getter', 'object-value', 'object-body'];
  for (const name of names) script(`not-${name}`, ...Array(3).fill(error429));
  const { of, result } = await inPage(async () => {
    t.auto = 'release';
    const all = {
      keepalive: { body: 'x', keepalive: true },
      generator: { body: 'x', headers: (function* () { yield ['x-a', '1']; })() },
      map: { body: 'x', headers: new Map([['x-a', '1']]) },
      accessor: { body: 'x', headers: { 'x-a': '1' }, get credentials() { return 'omit'; } },
      getter: { body: 'x', get headers() { globalThis.__reads = (globalThis.__reads ?? 0) + 1; return { 'x-a': '1' }; } },
      'object-value': { body: 'x', headers: { 'x-a': { toString() { globalThis.__strings = (globalThis.__strings ?? 0) + 1; return '1'; } } } },
      'object-body': { body: { toString() { globalThis.__bodies = (globalThis.__bodies ?? 0) + 1; return 'x'; } }, headers: { 'x-a': '1' } },
    };
    for (const k in all) same((await fetch(origin + '/x?k=not-' + k, Object.defineProperty(all[k], 'method', { value: 'POST' }))).status, 429, k);
    same((await fetch(new Request(origin + '/x?k=not-keepalive-request', { method: 'POST', body: 'x', keepalive: true }))).status, 429);
    same([globalThis.__reads, globalThis.__strings, globalThis.__bodies].join(), '1,1,1', 'reads');
    const stream = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([65])); c.close(); } });
    const p = fetch(origin + '/x?k=not-stream', { method: 'POST', body: stream, duplex: 'half' });
    await p.catch(() => {}); // HTTP/1.1 takes no upload stream in Chromium
    t.auto = null;
    const before = t.of('observed').length;
    const q = fetch(origin + '/x?k=not-map', { method: 'POST', body: 'x', headers: new Map() });
    const m = await t.message('observed', before + 1);
    t.decide(m.id, 'retry');
    await sleep(100);
    same(t.of('settled').length, before, 'a retry that cannot be');
    t.decide(m.id, 'release');
    same((await q).status, 429);
  });
  assert.equal(result, undefined);
  assert.ok(of('observed').length >= 9);
  assert.ok(of('observed').every((m) => !m.replayable || (firefox && m.exchange.url.endsWith('stream'))));
  for (const name of ['generator', 'map', 'accessor', 'getter', 'object-value', 'object-body']) assert.equal(seen.get(`not-${name}`)[0].headers['x-a'], '1', name);
});

test('no code of the page runs more often than natively: getters, traps, iterators, toString', async () => {
  script('traps');
  await inPage(async () => {
    const count = async (call) => {
      const log = [];
      const spy = (o, name) => new Proxy(o, { get: (x, p, r) => { log.push(name + '.' + String(p)); return Reflect.get(x, p, r); } });
      await call(origin + '/x?k=traps', spy({ method: 'POST', body: 'x', headers: spy({ 'x-a': '1' }, 'headers') }, 'init'));
      await call({ toString() { log.push('toString'); return origin + '/x?k=traps'; } }, { get method() { log.push('method'); return 'POST'; }, get body() { log.push('body'); return 'y'; } });
      await call(origin + '/x?k=traps', { method: { toString() { log.push('method.toString'); return 'POST'; } } });
      await call(spy(new URL(origin + '/x?k=traps'), 'url'), { method: 'POST' }).catch(() => log.push('rejected'));
      return log.join(' ');
    };
    same(await count((...a) => fetch(...a)), await count((...a) => __native(...a)), 'reads');
  });
});

test('whatever the page replaces afterwards, it sees nothing of the work and cannot break it', async () => {
  script('patched', ...Array(8).fill(error429));
  const { result, of } = await inPage(`async () => { ${SPIES}
    const hooked = fetch, url = origin + '/x?k=patched';
    const form = new FormData();
    form.append('a', 'b');
    const makeCalls = () => [
      [url, { method: 'POST', body: '{"model":"a/b"}', headers: new Headers({ 'x-a': '1', authorization: 'Bearer none' }), signal: new AbortController().signal }],
      [new URL(url), { method: 'POST', body: form, headers: { 'x-a': '1' } }], [url, { method: 'POST', body: new Uint8Array([1]), headers: [['x-a', '1']] }],
      [new Request(url, { method: 'POST', body: 'r', headers: { 'x-a': '1' } })],
    ];
    const calls = makeCalls(), natively = makeCalls();
    t.auto = 'retry';
    spyOnAll();
    const native = [apply(__native, undefined, natively[0]), apply(__native, undefined, natively[1]), apply(__native, undefined, natively[2]), apply(__native, undefined, natively[3])];
    const expected = [(await native[0]).status, (await native[1]).status, (await native[2]).status, (await native[3]).status];
    const usual = told();
    const answers = [apply(hooked, undefined, calls[0]), apply(hooked, undefined, calls[1]), apply(hooked, undefined, calls[2]), apply(hooked, undefined, calls[3])];
    const statuses = [(await answers[0]).status, (await answers[1]).status, (await answers[2]).status, (await answers[3]).status];
    return { expected, statuses, uses: more(usual) };
  }`);
  assert.deepEqual(result.expected, [429, 429, 429, 429]);
  assert.deepEqual(result.statuses, [200, 200, 200, 200]);
  assert.equal(result.uses, '');
  assert.deepEqual(of('observed').map((m) => m.replayable), [true, true, true, true]);
});

test('members that the page gives to every object are no traps and no facts', async () => {
  script('polluted', error429);
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    for (const name of ['get', 'has', 'set', 'construct', 'model', 'stream', 'provider', 'story', '1', 'flatMap']) Object.prototype[name] = () => { throw new Error(name); };
    try {
      same(fetch.name, 'fetch'); same('name' in fetch, true);
      same((await post('polluted', '{"max_tokens":1}')).status, 200);
      await t.message('settled');
    } finally { for (const name in {}) delete Object.prototype[name]; }
  });
  assert.deepEqual([of('observed')[0].request.model, of('observed')[0].request.stream, of('observed')[0].request.max_tokens], [null, false, 1]);
});

// ---- stories

test('the same body again within a minute is the same story: told when the app sends it, and when it has its answer', async () => {
  script('story', error429, error429);
  const { log } = await inPage(async () => {
    t.auto = 'release';
    same((await post('story', 'A')).status, 429);
    same((await post('story', 'A')).status, 429);
    for (const n of [1, 2]) { const r = await post('story', 'A'); same(r.status, 200); await r.text(); }
    await t.message('resent', 3);
  });
  assert.deepEqual(log.filter((m) => m.type !== 'ping').map((m) => [m.type, m.story, m.attempt ?? m.answered]), [
    ['observed', 1, 1], ['settled', 1, 1], ['resent', 1, false], ['observed', 1, 2], ['settled', 1, 1], ['resent', 1, false], ['resent', 1, true]]);
});

test('another body, another address, or a minute later is another story; so is what follows an answer', async () => {
  script('stories', ...Array(7).fill(error429));
  const { of } = await inPage(async () => {
    t.auto = 'release';
    await post('stories', 'A');
    await post('stories', 'B');
    await fetch(origin + '/other?k=stories', { method: 'POST', body: 'A' });
    globalThis.__later = 61_000;
    await post('stories', 'A');
    t.auto = 'retry';
    await post('stories', 'C'); // fails once more (B's answer list), then is answered
    await t.message('settled', 5);
    t.auto = 'release';
    await post('stories', 'C');
  }, { before: 'const clock = Date.now; globalThis.__later = 0; Date.now = () => clock() + __later;' });
  assert.deepEqual(of('observed').map((m) => [m.story, m.attempt]).slice(0, 4), [[1, 1], [2, 1], [3, 1], [4, 1]]);
  assert.deepEqual(of('observed').map((m) => [m.story, m.attempt]).slice(4, 7), [[5, 1], [5, 2], [5, 3]]);
  assert.equal(of('resent').length, 0);
});

test('the same body twice at once is one story, and no second try of the app', async () => {
  script('twin', ...Array(4).fill(error429));
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const p = [post('twin', 'A'), post('twin', 'A')];
    await t.message('observed', 2);
    p.push(fetch(new Request(origin + '/api/v1/chat/completions?k=twin', { method: 'POST', body: 'A' })));
    await t.message('observed', 3);
    p.push(post('twin', 'A')); // the app cannot know yet that the others failed
    await t.message('observed', 4);
    for (const m of t.of('observed')) t.decide(m.id, 'release');
    await Promise.all(p);
  });
  // Which of the first two fails first is the network's to say.
  assert.deepEqual(of('observed').map((m) => [m.story, m.attempt]), [[1, 1], [1, 2], [1, 3], [1, 4]]);
  assert.deepEqual(of('observed').map((m) => m.id).sort(), [1, 2, 3, 4]);
  assert.equal(of('resent').length, 0);
});

test('held, and the page asks the very same anew: it has given up on the one that is held, which has its first answer', async () => {
  script('anew', error429);
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const one = post('anew', 'A');
    await t.message('observed');
    globalThis.__later = 1_500; // longer than what is sent at once needs
    const two = post('anew', 'A');
    same((await one).status, 429);
    same((await one).bodyUsed, false);
    same((await two).status, 200);
    await t.message('settled');
  }, { before: 'const clock = Date.now; globalThis.__later = 0; Date.now = () => clock() + __later;' });
  assert.deepEqual(of('settled').map((m) => [m.id, m.outcome, m.why]), [[1, 'aborted', 'page']]);
  assert.equal(of('resent').length, 0, 'no try after a failure that it knows of');
});

test('sent again, and the page asks the very same anew: the try that is on its way may still win', async () => {
  script('anew-way', error429, { hang: true });
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    let isDone = false;
    post('anew-way', 'A').then(() => { isDone = true; });
    while ((await (await fetch(origin + '/log?k=anew-way')).json()).length < 2) await sleep(20);
    globalThis.__later = 1_500;
    same((await post('anew-way', 'A')).status, 200);
    same(isDone, false);
  }, { before: 'const clock = Date.now; globalThis.__later = 0; Date.now = () => clock() + __later;' });
  assert.equal(of('settled').length, 0);
});

test('the app goes on to another model with what it was refused: its own next try of the same story, which is not held', async () => {
  for (const way of ['text', 'bytes', 'request', 'xhr']) script(`next-${way}`, error429, error429, error429);
  const { log } = await inPage(async () => {
    const bodies = ['{"model":"a/b","messages":[{"content":"one"}]}', '{"model":"c/d","provider":{"only":["x"]},"messages":[{"content":"one"}]}', '{"models":["e/f"],"messages":[{"content":"one"}]}'];
    const ways = {
      text: (k, body) => post(k, body), bytes: (k, body) => post(k, new TextEncoder().encode(body)),
      request: (k, body) => fetch(new Request(origin + '/api/v1/chat/completions?k=' + k, { method: 'POST', body })),
      xhr: (k, body) => new Promise((ok) => { const x = new XMLHttpRequest(); x.open('POST', origin + '/api/v1/chat/completions?k=' + k); x.onloadend = () => ok(x); x.send(body); }),
    };
    for (const way in ways) {
      t.auto = ['release', 'hold', 'hold']; // who would hold comes too late
      for (const body of bodies) same(await Promise.race([ways[way]('next-' + way, body).then(({ status }) => status), sleep(2_000)]), 429, way);
      const good = await ways[way]('next-' + way, bodies[0]);
      same(good.status, 200);
      if (way !== 'xhr') await good.text();
    }
    await t.message('settled', 12);
  });
  const of = (story) => log.filter((m) => m.story === story).map((m) => [m.type, m.answered ?? m.replayable ?? m.outcome]);
  const first = [['observed', true], ['settled', 'released']], next = [['observed', false], ['settled', 'released']], sent = ['resent', false];
  for (const story of [1, 4]) assert.deepEqual(of(story), [...first, sent, ...next, sent, ...next, sent, ['resent', true]]);
  for (const story of [2, 3]) assert.deepEqual(of(story), [...first, ...next, ...next], 'bytes show what they are when they fail');
});

test('no next try of the app: beside the first, beside another, another message, another address, later, after a try of ours, of no JSON', async () => {
  script('other', ...Array(20).fill(error429));
  const { of } = await inPage(async () => {
    const ask = (model, text) => JSON.stringify({ model, messages: [text] });
    t.auto = 'hold';
    const first = post('other', ask('a/a', 'compared')), beside = post('other', ask('b/b', 'compared'));
    await t.message('observed', 2);
    t.decide(t.of('observed')[0].id, 'release');
    t.decide(t.of('observed')[1].id, 'release');
    await Promise.all([first, beside]); // stories 1, 2
    t.auto = 'release';
    await Promise.all(['c/c', 'd/d', 'e/e'].map((model) => post('other', ask(model, 'compared')))); // one goes on for each of the two, and one for none
    await t.message('observed', 5);
    await post('other', ask('a/a', 'another')); // story 4
    await fetch(origin + '/other?k=other', { method: 'POST', body: ask('b/b', 'another') }); // 5
    __later += 11_000;
    await post('other', ask('c/c', 'another')); // 6
    t.auto = ['retry', 'release'];
    await post('other', ask('a/a', 'sent')); // 7
    t.auto = 'release';
    await post('other', ask('b/b', 'sent')); // 8
    await post('other', '["model","b:c"]'); // 9
    await post('other', '"model"'); // 10
  }, { before: 'const clock = Date.now; globalThis.__later = 0; Date.now = () => clock() + __later;' });
  assert.deepEqual(of('observed').slice(0, 5).map((m) => [m.story, m.replayable]).sort(), [[1, false], [1, true], [2, false], [2, true], [3, true]]);
  assert.deepEqual(of('observed').slice(5).map((m) => [m.story, m.replayable]), [[4, true], [5, true], [6, true], [7, true], [7, true], [8, true], [9, true], [10, true]]);
  assert.equal(of('resent').length, 2);
});

// ---- what stays in the page

test('the key, the prompt and the person are in no message, even where the server repeats them', async () => {
  const inner = JSON.stringify({ error: { flagged_input: `${PROMPT} "so" …`, user_id: USER, message: 'x' } });
  script('canary', {
    ...error429, status: 403, body: JSON.stringify({ error: { message: `No such key: ${KEY}, nor sk-or-v1-another for ${USER} of org_2Canary12`, code: 403, metadata: { flagged_input: PROMPT, raw: inner, deeper: JSON.stringify({ raw: inner }) } }, user_id: USER }, null, 1),
  }, { ...error429, body: `{'error': {'flagged_input': '${PROMPT}'}, 'user_id': '${USER}'}` }, { ...error429, body: `{"user_id":"${USER}` });
  const { of } = await inPage(async () => {
    t.auto = 'release';
    for (const n of [1, 2, 3]) same((await post('canary', context.body + ' '.repeat(n), { headers: { authorization: 'bearer ' + context.key, 'x-stainless-retry-count': '1' } })).ok, false);
  }, { context: { key: KEY, body: JSON.stringify({ model: 'a/b', user: USER, messages: [{ role: 'user', content: PROMPT }] }) } });
  const [one, two, three] = of('observed');
  assert.equal(one.request.app_retries, 1);
  assert.equal(one.request.key, true);
  const body = JSON.parse(one.exchange.body);
  assert.deepEqual(body, { error: { message: 'No such key: …, nor … for … of …', code: 403, metadata: { flagged_input: '', raw: JSON.stringify({ error: { flagged_input: '', user_id: '', message: 'x' } }), deeper: JSON.stringify({ raw: JSON.stringify({ error: { flagged_input: '', user_id: '', message: 'x' } }) }) } }, user_id: '' });
  assert.equal(two.exchange.body, "{'error': {'flagged_input': ''}, 'user_id': ''}");
  assert.equal(three.exchange.body, '{"user_id":"');
});

test('the prelude plays the bridge', async () => {
  script('prelude', error429, error429);
  await inPage(async () => { await sleep(150); same((await post('prelude')).status, 200); }, { order: [prelude, tap], before: 'globalThis.__YARD_CFG__ = { retry: true };' });
  script('prelude', error429);
  await inPage(async () => { await sleep(150); same((await post('prelude')).status, 429); }, { order: [tap, prelude], before: 'globalThis.__COOLDOWN_WATCH_ALL__ = true;' });
});

test('an app\'s own try that is held and answered by ours is told once', async () => {
  script('own', error429, error429);
  const { log } = await inPage(async () => {
    t.auto = ['release', 'retry'];
    same((await post('own', 'A')).status, 429);
    await (await post('own', 'A')).text();
    await t.message('settled', 2);
    await sleep(50);
  });
  assert.deepEqual(log.filter((m) => m.type !== 'ping').map((m) => [m.type, m.attempt ?? m.answered]), [['observed', 1], ['settled', 1], ['resent', false], ['observed', 2], ['settled', 2]]);
});
