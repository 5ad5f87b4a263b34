// @ts-nocheck: most of its functions run in the page, by names that stand there.
// An error inside a 200: seen in what the page itself reads, held where nothing has reached the page, and told where something has.
import assert from 'node:assert/strict';
import { PROMPT, SPIES, USER, firefox, inPage, script, seen, test } from './lab.mjs';

const error = { error: { message: 'Provider returned error', code: 429, metadata: { provider_name: 'Liquid' } }, user_id: USER };
const json = { status: 200, headers: { 'Content-Type': 'application/json; charset=utf-8' }, body: JSON.stringify(error) };
const stream = (...body) => ({ status: 200, headers: { 'Content-Type': 'text/event-stream' }, body });
const data = (o) => `data: ${typeof o === 'string' ? o : JSON.stringify(o)}\n\n`;
const chunk = (content) => data({ id: 'gen-1', choices: [{ index: 0, delta: { role: 'assistant', content } }] });
const good = chunk('Sky') + chunk(' blue "error" {"error":{}}') + data('[DONE]');
const COMMENT = ': OPENROUTER PROCESSING\n\n';

/** In the page: every way to read a body, as a text. */
const READERS = `
  const decoder = new TextDecoder();
  const drain = async (next) => { let text = ''; for (;;) { const { done, value } = await next(); if (done) return text; text += typeof value === 'string' ? value : decoder.decode(value, { stream: true }); } };
  const readers = {
    text: (r) => r.text(),
    json: async (r) => JSON.stringify(await r.json()),
    arrayBuffer: async (r) => decoder.decode(await r.arrayBuffer()),
    bytes: async (r) => decoder.decode(r.bytes ? await r.bytes() : await r.arrayBuffer()),
    blob: async (r) => (await r.blob()).text(),
    reader: (r) => { const reader = r.body.getReader(); return drain(() => reader.read()); },
    'reads at once': async (r) => { const reader = r.body.getReader(), all = [1, 2, 3, 4, 5, 6].map(() => reader.read()); return drain(async () => (await all.shift()) ?? { done: true }); },
    iteration: async (r) => { let text = ''; for await (const value of r.body) text += decoder.decode(value, { stream: true }); return text; },
    values: async (r) => { const it = r.body.values(); return drain(() => it.next()); },
    pipeThrough: (r) => { const reader = r.body.pipeThrough(new TextDecoderStream()).getReader(); return drain(() => reader.read()); },
    pipeTo: async (r) => { let text = ''; await r.body.pipeTo(new WritableStream({ write(value) { text += decoder.decode(value, { stream: true }); } })); return text; },
    clone: (r) => r.clone().text(),
    'another reader': async (r) => { const a = r.body.getReader(), one = await a.read(); a.releaseLock(); const b = r.body.getReader(); return decoder.decode(one.value) + await drain(() => b.read()); },
  };
`;

test('a first event that is an error is held, however the page reads; the good try answers the same reads', async () => {
  const names = ['text', 'arrayBuffer', 'bytes', 'blob', 'reader', 'reads at once', 'iteration', 'values', 'pipeThrough', 'pipeTo', 'clone', 'another reader'];
  for (const name of names) script(`first-${name}`, stream(COMMENT + data(error)), stream(good));
  const { of } = await inPage(`async () => { ${READERS}
    for (const name of ${JSON.stringify(names)}) {
      t.auto = 'retry';
      const r = await post('first-' + name, '{"stream":true}');
      same(r.status, 200);
      const text = await readers[name](r);
      same(text.replace(${JSON.stringify(COMMENT)}, ''), ${JSON.stringify(good)}, name);
      same(r.body.locked || r.bodyUsed || name === 'clone', true, name + ' used');
    }
    await t.message('settled', ${names.length});
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.exchange.status, m.attempt, m.replayable]), names.map(() => ['sse', 200, 1, true]));
  assert.deepEqual(of('observed')[0].exchange.body, JSON.stringify({ ...error, user_id: '' }));
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.attempt]), names.map(() => ['answered', 2]));
  for (const name of names) {
    const [one, two] = seen.get(`first-${name}`);
    assert.deepEqual({ ...two, aborted: 0 }, { ...one, aborted: 0 }, name);
  }
});

test('a JSON answer that is an error is held, however the page reads', async () => {
  const names = ['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'reader', 'iteration', 'pipeThrough', 'clone'];
  for (const name of names) script(`json-${name}`, json);
  const { of } = await inPage(`async () => { ${READERS}
    for (const name of ${JSON.stringify(names)}) {
      t.auto = 'retry';
      const r = await post('json-' + name, '{"model":"a/b"}');
      same(JSON.parse(await readers[name](r)).body, '{"model":"a/b"}', name);
    }
    await t.message('settled', ${names.length});
  }`);
  assert.deepEqual(of('observed').map((m) => m.exchange.surface), names.map(() => 'body200'));
  assert.deepEqual(JSON.parse(of('observed')[1].exchange.body), { ...error, user_id: '' });
  assert.deepEqual(of('settled').map((m) => m.outcome), names.map(() => 'answered'));
});

test('a request for a stream that has JSON for an answer: who takes it whole is answered without a stream, who reads pieces with one', async () => {
  const asked = '{"stream": true, "stream_options": {"include_usage": true}, "model": "a/b"}', whole = ['json', 'text', 'arrayBuffer', 'bytes', 'blob'], pieces = ['reader', 'iteration', 'pipeThrough'];
  for (const name of whole) script(`whole-${name}`, json);
  for (const name of pieces) script(`whole-${name}`, json, stream(good));
  script('whole-later', { ...json, status: 429 }, json, { ...json, status: 503 });
  script('whole-events', stream(data(error)), stream(good));
  const { of } = await inPage(`async () => { ${READERS}
    const asked = ${JSON.stringify(asked)};
    for (const name of ${JSON.stringify(whole)}) {
      t.auto = 'retry';
      same(JSON.parse(await readers[name](await post('whole-' + name, asked))).body, '{"stream": false, "model": "a/b"}', name);
    }
    for (const name of ${JSON.stringify(pieces)}) same(await readers[name](await post('whole-' + name, asked)), ${JSON.stringify(good)}, name);
    same(await (await post('whole-events', asked)).text(), ${JSON.stringify(good)});
    t.patch = [{ path: ['max_tokens'], json: '5' }];
    same((await (await post('whole-later', '{"stream":true}')).json()).body, '{"stream":false,"max_tokens":5}', 'with the change that a remedy makes');
  }`);
  assert.deepEqual(seen.get('whole-later').map(({ body }) => body), ['{"stream":true}', '{"stream":true,"max_tokens":5}', '{"stream":false,"max_tokens":5}', '{"stream":false,"max_tokens":5}']);
  for (const name of pieces) assert.deepEqual(seen.get(`whole-${name}`).map(({ body }) => body), [asked, asked]);
  assert.ok(of('observed').every(({ replayable }) => replayable));
  assert.deepEqual(of('observed').slice(-1).map(({ request }) => request.stream), [false], 'the facts are those of what was sent');
});

test('such an answer of which a copy is read, or whose request is no text, is told and not held', async () => {
  script('unwhole', json, json);
  const { of } = await inPage(async () => {
    t.auto = ['release', 'release'];
    const one = await post('unwhole', '{"stream":true}'), copy = one.clone();
    same((await one.json()).error.code, 429);
    same((await copy.json()).error.code, 429);
    const bytes = new TextEncoder().encode('{"stream":true,"x":"_"}');
    bytes[20] = 0xff;
    same((await (await post('unwhole', bytes)).json()).error.code, 429);
    await t.message('settled', 2);
  });
  assert.deepEqual(of('observed').map(({ replayable }) => replayable), [false, false]);
});

test('let go, the page gets the error byte for byte, in the pieces in which it came', async () => {
  const pieces = [COMMENT, 'data: {"er', `ror":${JSON.stringify(error.error)}}\n`, '\ndata: [DONE]\n\n'];
  script('release', stream(...pieces), stream(...pieces));
  const { of } = await inPage(`async () => { ${READERS}
    t.auto = 'release';
    for (const name of ['reader', 'iteration']) {
      const r = await post('release', '{"stream":true}'), text = readers[name](r);
      for (const n of [1, 2, 3]) await next('release');
      same(await text, ${JSON.stringify(pieces.join(''))}, name);
    }
  }`);
  assert.equal(of('observed').length, 2);
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why]), [['released', 'decision'], ['released', 'decision']]);
});

test('comments reach the page at once; half an event waits for its other half', async () => {
  script('slow', stream(COMMENT, ': more\r\n\r', '\nevent: chunk\n', chunk('a'), data('[DONE]')));
  const { log } = await inPage(async () => {
    const reader = (await post('slow', '{"stream":true}')).body.getReader(), text = (part) => new TextDecoder().decode(part.value);
    same(text(await reader.read()), ': OPENROUTER PROCESSING\n\n', 'comment');
    await next('slow');
    same(text(await reader.read()), ': more\r\n\r');
    await next('slow');
    let came = false;
    const half = reader.read().then((part) => { came = true; return part; });
    await sleep(60);
    same(came, false, 'half an event');
    await next('slow');
    same(text(await half), '\nevent: chunk\n');
    same(text(await reader.read()).includes('"a"'), true);
    await next('slow');
    same(text(await reader.read()), 'data: [DONE]\n\n');
    same((await reader.read()).done, true);
    await reader.closed;
  });
  assert.equal(log.length, 0);
});

test('every shape of an error, in every framing, cut anywhere', async () => {
  const shapes = [
    error, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, { type: 'error', code: 'server_error', message: 'x', error: null, sequence_number: 1 },
    { type: 'response.failed', response: { status: 'failed', error: { code: 'rate_limit_exceeded' } } }, { choices: [{ error: { code: 502, message: 'x' }, finish_reason: 'error' }] },
    { choices: [{ finish_reason: 'error', delta: {} }] }, { error: 'a text "error"' },
  ];
  const framings = [data, (o) => `event: error\r\ndata: ${JSON.stringify(o)}\r\n\r\n`, (o) => `\uFEFF${COMMENT}id: 1\rretry: 10\rdata: ${JSON.stringify(o)}\r\r:`, (o) => `data:${JSON.stringify(o, null, 1).replaceAll('\n', '\ndata: ')}\n\n`,
    (o) => `${COMMENT}data: ${JSON.stringify(o)}`]; // the last one without an end
  const cases = shapes.flatMap((shape) => framings.map((frame) => frame(shape)));
  cases.forEach((text, n) => {
    const bytes = Buffer.from(text), at = 1 + ((n * 7) % (bytes.length - 1));
    script(`shape-${n}`, stream(bytes.subarray(0, at), bytes.subarray(at)), stream(good));
  });
  const { of } = await inPage(`async () => { ${READERS}
    for (let n = 0; n < ${cases.length}; n++) {
      t.auto = 'retry';
      const text = readers.reader(await post('shape-' + n, '{"n":' + n + '}'));
      await next('shape-' + n);
      same((await text).endsWith(${JSON.stringify(good)}), true, 'shape ' + n);
    }
  }`);
  assert.equal(of('observed').length, cases.length);
  assert.ok(of('observed').every((m) => m.exchange.surface === 'sse' && m.exchange.body !== ''));
});

test('after content an error is told, and nothing is held', async () => {
  const late = chunk('Sky') + data({ ...error, choices: [{ delta: { content: '' }, finish_reason: 'error' }] });
  const created = `event: response.created\n${data({ type: 'response.created', response: { error: null } })}`;
  const ways = { reader: late, iteration: late, pipeThrough: late, text: late, created: created + data({ type: 'response.failed', response: { error: { message: 'x' } } }) };
  for (const [name, text] of Object.entries(ways)) script(`mid-${name}`, stream(text.slice(0, -20), text.slice(-20)));
  const { of, log } = await inPage(`async () => { ${READERS}
    const ways = ${JSON.stringify(ways)};
    for (const name in ways) {
      const text = (readers[name] ?? readers.reader)(await post('mid-' + name, '{"way":"' + name + '"}'));
      await next('mid-' + name);
      same(await text, ways[name], name);
    }
    await t.message('observed', 5);
  }`);
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.exchange.status, m.replayable]), Array(5).fill(['sse', 200, false]));
  assert.deepEqual(of('settled').map((m) => m.outcome), Array(5).fill('released'));
  assert.ok(log.every((m) => m.type !== 'ping'), 'nothing was held');
});

test('good answers are silent: quoted errors, empty bodies, other types, long ones', async () => {
  const long = chunk('x'.repeat(300)).repeat(200), quoted = JSON.stringify({ choices: [{ message: { content: '{"error":{"code":429}}' }, finish_reason: 'stop' }], error: null });
  script('good', stream(good), { ...json, body: quoted }, { ...json, body: '   ' }, stream(''), { status: 200, headers: { 'Content-Type': 'text/plain' }, body: JSON.stringify(error) }, stream(long), { ...json, body: JSON.stringify({ data: 'y'.repeat(40_000) }) }, stream(`data: ${'z'.repeat(20_000)}`));
  const { log } = await inPage(`async () => { ${READERS}
    for (const name of ['reader', 'json', 'text', 'iteration', 'text', 'pipeThrough', 'reader', 'reader']) await readers[name](await post('good', name));
  }`);
  assert.equal(log.length, 0);
});

test('the good try fails too, inside or by its status: held again under the same id; then it is answered', async () => {
  script('again', stream(COMMENT + data(error)), stream(data(error)), { ...json, status: 503 }, stream(good));
  const { of } = await inPage(`async () => { ${READERS}
    t.auto = ['retry', 'retry', 'retry'];
    const text = await readers.reader(await post('again', '{"stream":true}'));
    same(text, ${JSON.stringify(COMMENT)} === text.slice(0, 26) ? text : ${JSON.stringify(good)});
    await t.message('settled');
  }`);
  assert.deepEqual(of('observed').map((m) => [m.id, m.attempt, m.exchange.surface, m.exchange.status]), [[1, 1, 'sse', 200], [1, 2, 'sse', 200], [1, 3, 'http', 503]]);
  assert.deepEqual(of('settled').map((m) => [m.id, m.outcome, m.attempt]), [[1, 'answered', 4]]);
});

test('a failing status, then an error inside the answer to the retry: answered only when content is there', async () => {
  script('status', { ...json, status: 429 }, stream(COMMENT, data(error)), stream(COMMENT, good));
  const { of } = await inPage(async () => {
    t.auto = ['retry', 'hold'];
    const r = await post('status', '{"stream":true}'), reader = r.body.getReader(), parts = [];
    same(r.status, 200);
    const all = (async () => { for (let part; !(part = await reader.read()).done;) parts.push(new TextDecoder().decode(part.value)); })();
    await sleep(50);
    same(t.of('settled').length, 0, 'settled at the headers');
    await next('status');
    const m = await t.message('observed', 2);
    t.decide(m.id, 'retry');
    await sleep(100);
    same(t.of('settled').length, 0, 'settled by a comment');
    await next('status');
    await all;
    same(parts.join('').includes('Sky') && !parts.join('').includes('returned error'), true);
    await t.message('settled');
  });
  assert.deepEqual(of('observed').map((m) => [m.id, m.attempt]), [[1, 1], [1, 2]]);
  assert.deepEqual(of('settled').map((m) => [m.id, m.outcome, m.attempt]), [[1, 'answered', 3]]);
});

test('a good answer that the page never reads is taken for answered', async () => {
  script('unread', { ...json, status: 429 });
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    same((await post('unread')).status, 200);
    await t.message('settled');
  });
  assert.deepEqual(of('settled').map((m) => m.outcome), ['answered']);
});

test('the page aborts while an error inside is held: the read has its reason, the same object', async () => {
  script('abort', stream(data(error)), json);
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    for (const [n, read] of [[1, (r) => r.body.getReader().read()], [2, (r) => r.json()]]) {
      const c = new AbortController(), why = { n }, p = read(await post('abort', String(n), { signal: c.signal }));
      await t.message('observed', n);
      await sleep(60);
      c.abort(why);
      same(await rejection(p), why, 'reason');
      await t.message('settled', n);
    }
  });
  assert.deepEqual(of('settled').map((m) => [m.outcome, m.why]), [['aborted', 'page'], ['aborted', 'page']]);
});

test('the page cancels while an error inside is held: the read ends, the hold too', async () => {
  script('cancel', stream(data(error)), stream(data(error)), stream(data(error)));
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const reader = (await post('cancel', '1')).body.getReader(), read = reader.read();
    await t.message('observed', 1);
    await reader.cancel('enough');
    same((await read).done, true);
    const it = (await post('cancel', '2')).body.values(), step = it.next();
    await t.message('observed', 2);
    it.return('enough');
    same((await step).done, true);
    const branch = (await post('cancel', '3')).body.pipeThrough(new TextDecoderStream()).getReader();
    branch.read();
    await t.message('observed', 3);
    await branch.cancel('enough');
    await t.message('settled', 3);
  });
  assert.deepEqual(of('settled').map((m) => m.outcome), ['aborted', 'aborted', 'aborted']);
});

test('a clone and its original share one retry', async () => {
  script('clone', stream(data(error)), stream(good), json);
  const { of } = await inPage(`async () => { ${READERS}
    t.auto = ['retry', 'retry'];
    for (const name of ['reader', 'text']) {
      const r = await post('clone', name), copy = r.clone();
      const [a, b] = await Promise.all([readers[name](r), readers.text(copy)]);
      same(a, b, name);
      same(a.includes('returned error'), false);
    }
  }`);
  assert.equal(of('observed').length, 2);
  assert.equal(seen.get('clone').length, 4);
});

test('a connection that breaks: no byte is lost, and the failure is the browser\'s own', async () => {
  script('broken', stream(`${COMMENT}data: {"choi`, null), stream(chunk('Sky'), null));
  const { log } = await inPage(async () => {
    for (const [n, text] of [[1, 'data: {"choi'], [2, '"Sky"']]) {
      const reader = (await post('broken', String(n))).body.getReader();
      let got = '', why = null;
      const all = (async () => { try { for (let part; !(part = await reader.read()).done;) got += new TextDecoder().decode(part.value); } catch (e) { why = e; } })();
      await sleep(30);
      await next('broken').catch(() => {});
      await all;
      same(got.includes(text), true, got);
      same(why instanceof TypeError, true, String(why));
    }
  });
  assert.equal(log.length, 0);
});

test('other streams, bad receivers and locked bodies are native: same errors, same kinds', async () => {
  script('native', stream(good), stream(good), stream(good), stream(good), json);
  await inPage(async () => {
    const r = await post('native', '1'), d = Object.getOwnPropertyDescriptor;
    same(r.body, r.body);
    for (const [o, k] of [[Response.prototype, 'json'], [Response.prototype, 'clone'], [ReadableStream.prototype, 'getReader'], [ReadableStream.prototype, 'pipeTo'], [ReadableStreamDefaultReader.prototype, 'read']]) {
      same(Object.keys(d(o, k)).join(), 'value,writable,enumerable,configurable');
      same(o[k].name, k);
      same(Object.hasOwn(o[k], 'prototype'), false);
      same(/^function \(\) \{\s+\[native code\]\s+\}$/.test(Function.prototype.toString.call(o[k])), true);
    }
    same(d(Response.prototype, 'body').get.name, 'get body');
    same(ReadableStream.prototype.values, ReadableStream.prototype[Symbol.asyncIterator]);
    const reader = r.body.getReader();
    same(r.body.locked, true);
    for (const bad of [() => r.body.getReader(), () => r.body.pipeThrough(new TextDecoderStream()), () => r.clone(), () => Object.getOwnPropertyDescriptor(Response.prototype, 'body').get.call({})]) {
      let name = '';
      try { bad(); } catch (e) { name = e.name; }
      same(name, 'TypeError');
    }
    for (const bad of [() => r.text(), () => r.body.pipeTo(new WritableStream()), () => r.body.cancel(), () => ReadableStreamDefaultReader.prototype.read.call({}), () => Response.prototype.json.call(1)]) same((await rejection(bad())).name, 'TypeError');
    reader.releaseLock();
    same((await rejection(reader.read())).name, 'TypeError');
    const q = await post('native', '2');
    let name = '';
    try { q.body.pipeThrough({}); } catch (e) { name = e.name; }
    same(name, 'TypeError');
    same(q.body.locked, false, 'locked by a refused pipe');
    await rejection(q.body.pipeTo({}));
    same(q.body.locked, false, 'locked by a refused pipe');
    same((await q.text()).length > 9, true);
    const w = await post('native', '3'), controller = new AbortController();
    controller.abort('no');
    same(await rejection(w.body.pipeTo(new WritableStream(), { signal: controller.signal })), 'no');
    const own = new ReadableStream({ start(c) { c.enqueue('x'); c.close(); } });
    for await (const x of own) same(x, 'x');
    const p = own.getReader().read();
    same(Object.getPrototypeOf(p), Promise.prototype);
    const part = await (await post('native', '4')).body.getReader().read();
    same(Object.keys(part).sort().join(), 'done,value');
    same(part.value instanceof Uint8Array, true);
  });
});

test('a read into the page\'s own view is told, not held', async () => {
  script('byob', stream(data(error)));
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    const r = await post('byob', '1');
    let reader;
    try { reader = r.body.getReader({ mode: 'byob' }); } catch { return; } // no byte stream here
    const part = await reader.read(new Uint8Array(4096));
    same(new TextDecoder().decode(part.value).startsWith('data: {"error"'), true);
    await t.message('observed');
  });
  if (of('observed').length > 0) assert.deepEqual(of('observed').map((m) => m.replayable), [false]);
  else assert.ok(firefox);
});

test('one failure inside is one unhandledrejection, a handled one is none', async () => {
  script('unhandled', json, json);
  await inPage(async () => {
    let n = 0;
    addEventListener('unhandledrejection', (e) => { n++; e.preventDefault(); });
    t.auto = 'hold';
    const c = new AbortController(), a = await post('unhandled', '1', { signal: c.signal }), b = await post('unhandled', '2', { signal: c.signal });
    a.json();
    b.body.getReader().read().catch(() => {});
    await t.message('observed', 2);
    c.abort();
    await t.until(() => n >= 1, 'the event');
    await sleep(50);
    same(n, 1, 'events');
  });
});

test('neither key nor prompt is in a message of an error inside', async () => {
  script('canary', { ...json, body: JSON.stringify({ error: { ...error.error, flagged_input: PROMPT }, user_id: USER }) }, stream(data({ error: { flagged_input: PROMPT }, user_id: USER })));
  const { of } = await inPage(async () => {
    t.auto = 'release';
    await (await post('canary', '1')).json();
    await (await post('canary', '2')).text();
    await t.message('observed', 2);
  });
  assert.ok(of('observed').every((m) => m.exchange.body.includes('flagged_input')));
});

test('whatever the page replaces afterwards, it sees nothing of the looking, the holding and the reading on', async () => {
  const calm = [json, stream(good), stream(good)];
  script('spied', stream(good), ...calm, ...calm, json, stream(good), stream(COMMENT + data(error)), stream(good), stream(chunk('Sky') + data(error)));
  const { result, of } = await inPage(`async () => { ${SPIES}
    await (await post('spied', '0')).text(); // from here on everything is in place
    const hooked = fetch, { json, text } = Response.prototype, { getReader, values } = ReadableStream.prototype, { read } = ReadableStreamDefaultReader.prototype;
    const bodyOf = getOwnPropertyDescriptor(Response.prototype, 'body').get, { next } = Object.getPrototypeOf(values.call(new ReadableStream()));
    const init = (body) => ({ method: 'POST', body }), url = origin + '/x?k=spied', inits = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [url, init('body ' + n)]);
    const run = async (send) => {
      try { await apply(json, await apply(send, undefined, inits[0]), []); } catch { /* no JSON after the retry */ }
      const reader = apply(getReader, apply(bodyOf, await apply(send, undefined, inits[1]), []), []);
      while (!(await apply(read, reader, [])).done);
      const steps = apply(values, apply(bodyOf, await apply(send, undefined, inits[2]), []), []);
      while (!(await apply(next, steps, [])).done);
    };
    t.auto = 'retry';
    spyOnAll();
    await run(__native);
    await run(__native);
    const usual = told();
    await run(hooked);
    const used = more(usual);
    await t.message('settled', 2);
    return used;
  }`);
  assert.equal(result, '');
  assert.ok(of('observed').length >= 2);
});

test('a retry whose answer breaks when it is read is over: the page has the browser\'s own error, and nobody waits on', async () => {
  script('unreadable', { ...json, status: 429 }, { ...json, body: 'no JSON' });
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    same((await rejection((await post('unreadable')).json())).name, 'SyntaxError');
    await t.message('settled');
  });
  assert.deepEqual(of('settled').map((m) => m.outcome), ['aborted']);
});

test('a retry that the page reads late: an error inside is held anew, and so is the next one', async () => {
  script('late', { ...json, status: 429 }, stream(data(error)), stream(data(error)), stream(good));
  const { of } = await inPage(async () => {
    t.auto = ['retry', 'retry', 'retry'];
    const r = await post('late', '{"stream":true}');
    await t.message('settled'); // taken for answered
    same((await r.text()).includes('Sky'), true);
    await t.message('settled', 2);
  });
  assert.deepEqual(of('settled').map((m) => [m.id, m.outcome]), [[1, 'answered'], [2, 'answered']]);
});

test('a retry whose first bytes hold content and an error: answered, and the error is told', async () => {
  script('both', { ...json, status: 429 }, stream(chunk('Sky') + data(error)));
  const { of } = await inPage(async () => {
    t.auto = ['retry', 'release'];
    await (await post('both', '{"stream":true}')).body.pipeTo(new WritableStream());
    await t.message('observed', 2);
  });
  assert.deepEqual(of('observed').map((m) => [m.exchange.surface, m.replayable]), [['http', true], ['sse', false]]);
  assert.equal(of('settled')[0].outcome, 'answered');
});
