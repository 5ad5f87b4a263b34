// @ts-nocheck: most of its functions run in the page, by names that stand there.
// What a remedy changes in a request, and what it leaves; and what is told of a key.
import assert from 'node:assert/strict';
import { KEY, PROMPT, SPIES, USER, error429, inPage, script, seen, test } from './lab.mjs';

const set = (path, json) => ({ path: path.split('.'), json });
const gone = (path) => ({ path: path.split('.'), json: null });
const skip = set('provider.ignore', '["cerebras"]');

/** The length follows the body, and the answer of the first try may have set a cookie. */
const fieldsOf = ({ headers: { 'content-length': length, cookie, ...fields } }) => fields;

/** Body, patch, and the body that is sent: what it was but for the change. */
const CASES = [
  // set: in an empty object, behind others, in the place of another value
  ['{}', [set('max_tokens', '855')], '{"max_tokens":855}'],
  [' { } ', [set('max_tokens', '855')], ' {"max_tokens":855 } '],
  ['{"model":"a/b"}', [skip], '{"model":"a/b","provider":{"ignore":["cerebras"]}}'],
  ['{ "model" : "a/b" , "max_tokens" : 32000 , "x":[1, 2] }\n', [set('max_tokens', '855')], '{ "model" : "a/b" , "max_tokens" : 855 , "x":[1, 2] }\n'],
  ['{"max_tokens":32000}', [set('max_tokens', '855')], '{"max_tokens":855}'],
  ['{"max_tokens":null\t}', [set('max_tokens', '855')], '{"max_tokens":855\t}'],
  ['{\n  "model": "a/b:free",\n  "n": 1\n}', [set('model', '"a/b"')], '{\n  "model": "a/b",\n  "n": 1\n}'],
  // within
  ['{"provider":{"sort":"price"},"n":1}', [skip], '{"provider":{"sort":"price","ignore":["cerebras"]},"n":1}'],
  ['{"provider":{ },"n":1}', [skip], '{"provider":{"ignore":["cerebras"] },"n":1}'],
  ['{"provider":null}', [skip], '{"provider":{"ignore":["cerebras"]}}'],
  ['{"provider":{"ignore" : ["groq",\n "x"] }}', [set('provider.ignore', '["groq","x","cerebras"]')], '{"provider":{"ignore" : ["groq","x","cerebras"] }}'],
  // taken out: the first, one between, the last, the only one, none
  ['{"provider":{"only":["cerebras"], "sort":"price"}}', [gone('provider.only')], '{"provider":{"sort":"price"}}'],
  ['{"provider":{"a":1, "only":["cerebras"] , "b":2}}', [gone('provider.only')], '{"provider":{"a":1, "b":2}}'],
  ['{"provider":{"a":1 , "only":["cerebras"] }}', [gone('provider.only')], '{"provider":{"a":1 }}'],
  ['{"provider":{ "only":["cerebras"] }}', [gone('provider.only')], '{"provider":{ }}'],
  ['{"provider":{"a":1}}', [gone('provider.only')], '{"provider":{"a":1}}'],
  ['{"provider":7}', [gone('provider.only')], '{"provider":7}'],
  ['{"n":1}', [gone('provider.only')], '{"n":1}'],
  // several
  ['{"provider":{"only":["cerebras"],"allow_fallbacks":false}}', [gone('provider.only'), set('provider.allow_fallbacks', 'true'), set('provider.order', '["together"]')], '{"provider":{"allow_fallbacks":true,"order":["together"]}}'],
  // equal names: the last one counts, and none is left behind
  ['{"model":"x","model":"a/b:free"}', [set('model', '"a/b"')], '{"model":"x","model":"a/b"}'],
  ['{"provider":{"only":["a"],"n":1,"only":["b"]}}', [gone('provider.only')], '{"provider":{"n":1}}'],
  // a name in escapes, names and braces inside texts, numbers that no parser keeps
  ['{"\\u006dodel":"a/b:free"}', [set('model', '"a/b"')], '{"\\u006dodel":"a/b"}'],
  ['{"messages":[{"content":"\\"model\\":\\"x\\" }]} \\\\"}],"model":"m","seed":12345678901234567890,"t":1.0e-7,"u":"\\u00e9\\/"}', [set('model', '"a/b"')],
    '{"messages":[{"content":"\\"model\\":\\"x\\" }]} \\\\"}],"model":"a/b","seed":12345678901234567890,"t":1.0e-7,"u":"\\u00e9\\/"}'],
  ['{"a":"\\\\","b":"\\\\\\"","c":"","model":"m"}', [set('model', '"a/b"')], '{"a":"\\\\","b":"\\\\\\"","c":"","model":"a/b"}'],
  ['{"messages":[{"model":"inner"},[[{}]]],"n":-0.5}', [set('model', '"a/b"')], '{"messages":[{"model":"inner"},[[{}]]],"n":-0.5,"model":"a/b"}'],
];

test('a patch changes its members in the body\'s text, and not a byte beside; the next try is the page\'s own again', async () => {
  for (let i = 0; i < CASES.length; i++) script(`case${i}`, error429, error429);
  await inPage(async () => {
    for (let i = 0; i < context.length; i++) {
      const [body, patch] = context[i];
      t.patch = patch;
      const answer = post(`case${i}`, body), n = t.of('observed').length;
      const { id } = await t.message('observed', n + 1);
      t.decide(id, 'retry');
      await t.message('observed', n + 2);
      t.patch = null;
      t.decide(id, 'retry');
      same((await answer).status, 200);
    }
  }, { context: CASES });
  for (let i = 0; i < CASES.length; i++) {
    const [first, second, third] = seen.get(`case${i}`), [body, , expected] = CASES[i];
    assert.equal(second.body, Buffer.from(expected).toString('latin1'), `of ${body}`);
    assert.deepEqual(fieldsOf(second), fieldsOf(first));
    assert.equal(third.body, first.body);
  }
});

test('whatever kind of body it is: the type, the fields and the referrer are as they were', async () => {
  const kinds = ['string', 'bytes', 'blob', 'request', 'xhr', 'xhr-bytes', 'xhr-blob'];
  for (const kind of kinds) script(kind, error429);
  await inPage(async () => {
    const text = '{"model":"a/b","messages":[{"content":"é😀"}]}', headers = { Authorization: 'Bearer none-of-yours', 'X-Title': 'T' };
    t.patch = [{ path: ['max_tokens'], json: '9' }];
    t.auto = 'retry';
    const bytes = new TextEncoder().encode(text), blob = new Blob([text], { type: 'application/json' }), url = (k) => `${origin}/api/v1/chat/completions?k=${k}`;
    const more = { headers, referrer: '/from/here', referrerPolicy: 'unsafe-url' };
    same((await post('string', text, more)).status, 200);
    same((await post('bytes', bytes, more)).status, 200);
    same((await post('blob', blob, more)).status, 200);
    same((await fetch(new Request(url('request'), { method: 'POST', body: blob, ...more }))).status, 200);
    const xhr = async (k, body) => {
      const one = new XMLHttpRequest();
      one.open('POST', url(k));
      for (const name in headers) one.setRequestHeader(name, headers[name]);
      one.send(body);
      await new Promise((ok) => { one.onloadend = ok; });
      same(one.status, 200, k);
    };
    await xhr('xhr', text);
    await xhr('xhr-bytes', bytes);
    await xhr('xhr-blob', blob);
  });
  const utf8 = Buffer.from('{"model":"a/b","messages":[{"content":"é😀"}],"max_tokens":9}').toString('latin1');
  for (const kind of kinds) {
    const [first, second] = seen.get(kind);
    assert.equal(second.body, utf8, kind);
    assert.deepEqual(fieldsOf(second), fieldsOf(first), kind);
  }
});

test('of a body that is no JSON object nothing is offered, of another what it has', async () => {
  const bodies = ['not json', '[1]', '"text"', 'null', '{"a":"\ufffd"}', '{"model":"a/b","provider":{"ignore":["groq"]},"messages":[],"max_tokens":3}'];
  bodies.forEach((_, i) => script(`members${i}`, error429));
  const { of } = await inPage(async () => {
    t.auto = 'release';
    for (let i = 0; i < context.length; i++) await post(`members${i}`, context[i]);
  }, { context: bodies });
  assert.deepEqual(of('observed').map(({ request }) => request.members), [null, null, null, null, null, ['model', 'max_tokens', 'provider']]);
  assert.deepEqual(of('observed').at(-1).request.ignore, ['groq']);
  assert.deepEqual(of('observed').map(({ request }) => request.size), bodies.map(({ length }) => length));
});

test('the facts of a failure are those of what was sent', async () => {
  script('facts', error429, error429);
  const { of } = await inPage(async () => {
    t.patch = [{ path: ['provider', 'only'], json: null }, { path: ['provider', 'ignore'], json: '["cerebras"]' }];
    t.auto = ['retry', 'release'];
    await post('facts', '{"model":"a/b","provider":{"only":["cerebras"]}}');
  });
  assert.deepEqual(of('observed').map(({ request: { only, ignore } }) => [only, ignore]), [[['cerebras'], []], [[], ['cerebras']]]);
  assert.equal(new Set(of('observed').map(({ story }) => story)).size, 1, 'it is one story all the same');
});

test('aborted while its change is made: the very reason, and nothing is sent', async () => {
  script('abort', error429);
  await inPage(async () => {
    const stop = new AbortController(), reason = { mine: true };
    const answer = post('abort', '{"model":"a/b"}', { signal: stop.signal }), { id } = await t.message('observed');
    t.patch = [{ path: ['max_tokens'], json: '9' }];
    t.decide(id, 'retry');
    stop.abort(reason);
    same(await rejection(answer), reason);
    await sleep(50); // a request of ours would be there by now
    same((await served('abort')).length, 1);
  });
});

test('who answered is told: by the field, by the first event, by the body; and nobody where nobody is named', async () => {
  const json = (body, headers = {}) => ({ status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });
  const good = { provider: 'Together', choices: [{ message: { content: 'my "provider":"Nobody" says' } }] };
  script('json', error429, json(good));
  script('text', error429, json(good));
  script('none', error429, json({ choices: [{ message: { content: '"provider":"Nobody"' } }] }));
  script('sse', error429, { status: 200, headers: { 'Content-Type': 'text/event-stream' }, body: ['data: {"provider":"Together","choices":[{"delta":{"content":"S"}}]}\n\n'] });
  script('xhr', error429, json(good));
  const { of } = await inPage(async () => {
    t.auto = 'retry';
    const told = async (n) => t.message('settled', n);
    await (await post('json')).json(); await told(1);
    await (await post('text')).text(); await told(2);
    await (await post('none')).json(); await told(3);
    await (await post('sse')).text(); await told(4);
    const one = new XMLHttpRequest();
    one.open('POST', `${origin}/api/v1/chat/completions?k=xhr`);
    one.send('{"model":"a/b"}');
    await told(5);
  });
  assert.deepEqual(of('settled').map(({ by }) => by), ['Together', 'Together', null, 'Together', 'Together']);
});

// ---- a key's numbers

const KEY_PATH = ({ url }) => new URL(url, 'http://x').pathname;

test('"My limits" asks with the page\'s own key, at the address it called, and tells numbers alone', async () => {
  script('limits', error429);
  const { of, result } = await inPage(async () => {
    const native = globalThis.__native, asked = [];
    globalThis.__answers = (url, init) => { asked.push([new URL(url).pathname, init.headers.Authorization, init.credentials, new URL(url).origin === origin]); };
    t.auto = 'hold';
    post('limits', JSON.stringify({ messages: [{ content: context.prompt }] }), { headers: { Authorization: `Bearer ${context.key}` } });
    const { story } = await t.message('observed');
    t.send({ v: 1, type: 'ask_limits', story });
    await t.message('limits');
    t.send({ v: 1, type: 'ask_limits', story: story + 1 });
    await t.message('limits', 2);
    return asked;
  }, {
    context: { key: KEY, prompt: PROMPT },
    before: `
      const there = globalThis.fetch, data = {
        '/api/v1/key': { label: '${KEY}', creator_user_id: '${USER}', limit: 5, limit_remaining: 0.5, limit_reset: 'daily', is_free_tier: false, usage: 4.5, free_model_daily_requests: { used: 3, limit: 50, remaining: 47, note: '${KEY}' } },
        '/api/v1/credits': { total_credits: 10, total_usage: '${USER}' },
      };
      globalThis.fetch = (url, init) => {
        const body = data[new URL(url, location).pathname];
        if (body === undefined) return there(url, init);
        globalThis.__answers(url, init);
        return Promise.resolve(new Response(JSON.stringify({ data: body }), { headers: { 'Content-Type': 'application/json' } }));
      };`,
  });
  assert.deepEqual(result, [['/api/v1/key', `Bearer ${KEY}`, 'omit', true], ['/api/v1/credits', `Bearer ${KEY}`, 'omit', true]]);
  const numbers = { limit: 5, limit_remaining: 0.5, is_free_tier: false, total_credits: 10, free_used: 3, free_limit: 50, free_remaining: 47, limit_reset: 'daily' };
  assert.deepEqual(of('limits').map((m) => m.numbers), [numbers, {}], 'of another story nothing is known');
});

test('without a key nothing is asked', async () => {
  script('keyless', error429);
  const { of } = await inPage(async () => {
    t.auto = 'hold';
    post('keyless');
    t.send({ v: 1, type: 'ask_limits', story: (await t.message('observed')).story });
    await t.message('limits');
    same((await served('keyless')).length, 1);
  });
  assert.deepEqual(of('limits')[0].numbers, {});
});

test('nothing of the page runs while a body is changed, sent and asked for', async () => {
  script('poisoned', error429);
  script('poisoned-bytes', error429);
  const { result } = await inPage(`async () => { ${SPIES}
    const url = (k) => origin + '/api/v1/chat/completions?k=' + k, hooked = fetch, body = '{"model":"a/b","provider":{"only":["x"],"order":["y"]}}';
    const bytes = new TextEncoder().encode(body), fields = { 'Content-Type': 'application/json', Authorization: 'Bearer none-of-yours' };
    const calls = () => [[url('poisoned'), { method: 'POST', body, headers: fields }], [url('poisoned-bytes'), { method: 'POST', body: bytes, headers: fields }]];
    const a = calls(), b = calls();
    t.auto = 'retry';
    t.patch = [{ path: ['provider', 'only'], json: null }, { path: ['provider', 'order'], json: '["z"]' }, { path: ['max_tokens'], json: '9' }];
    spyOnAll();
    const native = [apply(__native, undefined, a[0]), apply(__native, undefined, a[1])];
    (await native[0]).status; (await native[1]).status;
    t.send({ v: 1, type: 'nothing' });
    const usual = told();
    const answers = [apply(hooked, undefined, b[0]), apply(hooked, undefined, b[1])];
    const statuses = [(await answers[0]).status, (await answers[1]).status];
    t.send({ v: 1, type: 'ask_limits', story: 1 });
    const { log } = t;
    for (let i = 0, done = false; !done; i = log.length) { await null; await apply(__native, undefined, [origin + '/?k=turn']); for (let j = 0; j < log.length; j++) if (log[j].type === 'limits') done = true; }
    return { statuses, uses: more(usual) };
  }`);
  assert.deepEqual(result, { statuses: [200, 200], uses: '' });
});
