// @ts-nocheck: most of its functions run in the page, by names that stand there.
// Living with others: libraries that wrap `fetch` and XMLHttpRequest too, before us (another extension's) and after us (the page's own), as
// esbuild bundles them for apps. Each call is made beside the library alone, with a failing and with a good answer, and beside both: what is
// held must end as the good answer does with the library alone, anything else as the failing one does.
import assert from 'node:assert/strict';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { bridge, error429, inPage, origin, script, seen, tap, test } from './lab.mjs';

/**
 * What comes of a watched failure. `held`: kept, and after a retry the app has the good answer; `explained`: told, while the app has what it has
 * with the library alone; `untouched`: not even told.
 * `records`: how many notes the library makes of one call, at the least.
 */
const held = { fetch: 'held', stream: 'held', xhr: 'held' };
const PEERS = {
  sentry: { records: { fetch: 2, stream: 2, xhr: 2 }, before: held, after: held },
  // Before us its tasks are of its own `send`: the one of a failed try, of which nobody hears, does not end.
  zone: { records: { fetch: 2, stream: 2, xhr: 2 }, before: held, after: held, fewer: { before: ['xhr-bad'] } },
  opentelemetry: { records: { fetch: 1, stream: 1, xhr: 1 }, before: held, after: held },
  // It hands out a Proxy around each object. Before us its listeners are there before ours: a failure held is one that they have heard already.
  interceptors: { records: { fetch: 2, stream: 2, xhr: 2 }, before: { ...held, xhr: 'explained' }, after: held },
  // Its facade stands in the place of XMLHttpRequest, with a prototype of its own: the browser's is nowhere to be found.
  xhook: { records: { fetch: 2, stream: 2, xhr: 2 }, before: { ...held, xhr: 'untouched' }, after: held },
  // Its facade adds the listeners of the page to an object of its own, before us before ours.
  'ajax-hook': { records: { fetch: 0, stream: 0, xhr: 2 }, before: { ...held, xhr: 'explained' }, after: held },
  'fetch-intercept': { records: { fetch: 2, stream: 2, xhr: 0 }, before: held, after: held },
};

const bundles = new Map();
const bundleOf = (name) => {
  if (!bundles.has(name)) {
    const [{ text }] = buildSync({
      entryPoints: [path.join(import.meta.dirname, '../../pages/peers', `${name}.js`)], bundle: true, minifyWhitespace: true, minifySyntax: true, write: false, format: 'iife', platform: 'browser', target: 'es2022', nodePaths: [path.join(import.meta.dirname, '../node_modules')],
      define: { 'process.env.NODE_ENV': '"production"' }, external: ['whatwg-fetch'], logLevel: 'error', // which nobody needs who has a fetch
    }).outputFiles;
    bundles.set(name, text);
  }
  return bundles.get(name);
};

const good = {
  fetch: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"choices":[{"message":{"content":"Sky"}}]}' },
  stream: { status: 200, headers: { 'Content-Type': 'text/event-stream' }, body: 'data: {"choices":[{"delta":{"content":"Sky"}}]}\n\ndata: [DONE]\n\n' },
};
good.xhr = good.fetch;
const bad = { fetch: error429, xhr: error429, stream: { ...good.stream, body: `data: ${error429.body}\n\n` } };
const CALLS = Object.keys(good);

/** In the page: each call as an app makes it, and all that the app can see of it. */
const APP = `
  const inTime = (promise) => Promise.race([promise, sleep(4_000).then(() => 'no end within 4 s')]);
  const blank = (url) => url.replace(/k=[^&]*/, 'k=');
  const look = ({ status, ok, url, type, redirected, bodyUsed }, own) => ({ status, ok, url: blank(url), type, redirected, bodyUsed, own });
  const addressOf = (call, k) => origin + '/' + call + '?k=' + k, sent = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"model":"a/b"}' };
  const app = {
    async fetch(k) {
      const r = await fetch(addressOf('fetch', k), sent);
      return { ...look(r, Object.keys(r).join()), text: await r.text() };
    },
    async stream(k) {
      const r = await fetch(addressOf('stream', k), sent), reader = r.body.getReader(), decoder = new TextDecoder();
      let text = '';
      for (let part; !(part = await reader.read()).done;) text += decoder.decode(part.value, { stream: true });
      return { ...look(r, Object.keys(r).join()), text };
    },
    xhr: (k) => new Promise((done) => {
      const xhr = new XMLHttpRequest(), events = [], handlers = [], told = [];
      const hear = (list) => (e) => {
        const one = e.type === 'readystatechange' ? 'rs' + xhr.readyState : e.type;
        if (!(one === 'rs3' || one === 'progress') || list.at(-1) !== one) list.push(one);
        if (e.type === 'readystatechange' && xhr.readyState > 1) told.push(xhr.status);
        if (e.type === 'loadend' && list === handlers) setTimeout(() => {
          const { status, statusText, responseText, responseURL, readyState } = xhr;
          done({ status, statusText, responseText, responseURL: blank(responseURL ?? ''), readyState, events: events.join(' '), handlers: handlers.join(' '), told: told.filter((x, n) => x !== told[n - 1]).join(), type: xhr.getResponseHeader('content-type'), own: Object.keys(xhr).filter((key) => !key.startsWith('__zone_symbol__')).join() });
        }, 20);
      };
      for (const type of ['readystatechange', 'loadstart', 'progress', 'load', 'error', 'abort', 'timeout', 'loadend']) {
        xhr.addEventListener(type, hear(events));
        xhr['on' + type] = hear(handlers);
      }
      xhr.open('POST', addressOf('xhr', k));
      xhr.setRequestHeader('Content-Type', 'application/json');
      xhr.send(sent.body);
    }),
  };
  const run = async (name) => {
    const [call] = name.split('-'), k = context.id + name, before = t.log.length;
    let result;
    try { result = await inTime(peer.inside(() => inTime(app[call](k)))); } catch (e) { result = String(e); }
    const records = () => peer.records.filter((one) => one.includes('k=' + k));
    try { await t.until(() => records().length >= context.records[call], 'records', 1_500); } catch { /* the test tells */ }
    try { await t.until(() => { const log = t.log.slice(before), of = (type) => log.filter((m) => m.type === type).length; return of('observed') === of('settled'); }, 'an end', 3_000); } catch { /* the test tells */ }
    return [name, { result, records: records().map(blank), log: t.log.slice(before) }];
  };
  if (context.late !== null) (0, eval)(context.late);
  // Of the first object of a page it is not known who listens before us; isFirst of the tap.
  new XMLHttpRequest().open('POST', origin + '/xhr');
`;

/** All calls in one page. @param {'alone' | 'before' | 'after' | 'between'} order */
const runs = new Map();
const runIn = (name, order, watch) => {
  const id = `${name}-${order}-${watch}-`;
  if (!runs.has(id)) runs.set(id, (async () => {
    const all = CALLS.flatMap((call) => [`${call}-bad`, `${call}-good`]), peer = bundleOf(name);
    for (const one of all) {
      const [call, kind] = one.split('-');
      script(id + one, ...(kind === 'bad' ? [bad[call], good[call]] : [good[call]]));
    }
    const order_ = { alone: [peer, bridge], before: [peer, bridge, tap], after: [bridge, tap], between: [bridge, tap] }[order];
    const { result, consoled } = await inPage(`async () => { ${APP}
      t.auto = Array(9).fill('retry');
      const all = [];
      for (const name of context.all) all.push(await run(name));
      return { calls: Object.fromEntries(all), isInstalled: peer.isInstalled() };
    }`, { order: order_, watch, context: { id, all, records: PEERS[name].records, late: { after: peer, between: `${peer}\n;${tap}` }[order] ?? null } });
    for (const one of all) result.calls[one].served = seen.get(id + one).map(({ method, url, headers, body }) => ({ method, url: url.replace(/k=.*/, ''), type: headers['content-type'], body }));
    return { ...result, consoled };
  })());
  return runs.get(id);
};

/** What came of a failure. */
const outcomeOf = ({ log, served }) => {
  const observed = log.filter((m) => m.type === 'observed'), settled = log.filter((m) => m.type === 'settled');
  if (observed.length === 0) return served.length === 1 ? 'untouched' : `untouched, ${served.length} requests`;
  const ends = settled.map((m) => m.outcome).join();
  if (observed.length === 1 && served.length === 2 && ends === 'answered') return 'held';
  return observed.length === 1 && served.length === 1 && ends === 'released' ? 'explained' : `${observed.length} told, ${ends}, ${served.length} requests`;
};

// A copy of ours that finds no bridge, as one that is left over by a version of before.
for (const name of Object.keys(PEERS)) test(`${name}, between two copies of the tap: each failure is told once, and what is sent again is sent once`, async () => {
  const [alone, both] = await Promise.all([runIn(name, 'alone', 'all'), runIn(name, 'between', 'all')]);
  for (const call of CALLS) {
    const expected = PEERS[name].after[call];
    assert.equal(outcomeOf(both.calls[`${call}-bad`]), expected, call);
    assert.deepEqual(both.calls[`${call}-bad`].result, alone.calls[`${call}-${expected === 'held' ? 'good' : 'bad'}`].result, call);
  }
});

const WHERE = { before: 'loaded before the tap', after: 'loaded after the tap' };
const SAY = { fetch: 'a 429 by fetch', stream: 'an error as the first event of a stream', xhr: 'a 429 by XMLHttpRequest' };
for (const name of Object.keys(PEERS)) for (const order of ['before', 'after']) {
  const title = `${name}, ${WHERE[order]}`;
  for (const call of CALLS) test(`${title}: ${SAY[call]} is ${PEERS[name][order][call]}, and the app has what it has with ${name} alone`, async () => {
    const [alone, both] = await Promise.all([runIn(name, 'alone', 'all'), runIn(name, order, 'all')]), one = both.calls[`${call}-bad`], expected = PEERS[name][order][call];
    assert.equal(outcomeOf(one), expected, JSON.stringify(one));
    assert.deepEqual(one.result, alone.calls[`${call}-${expected === 'held' ? 'good' : 'bad'}`].result);
    assert.deepEqual(both.calls[`${call}-good`].result, alone.calls[`${call}-good`].result, 'a good answer');
    if (expected === 'held') assert.deepEqual(one.served[1], one.served[0], 'the very same request');
  });
  test(`${title}: it is still in place, and notes no less than alone`, async () => {
    const [alone, both] = await Promise.all([runIn(name, 'alone', 'all'), runIn(name, order, 'all')]);
    assert.equal(alone.isInstalled, true, 'alone');
    assert.equal(both.isInstalled, true);
    for (const one of Object.keys(both.calls)) {
      const least = PEERS[name].records[one.split('-')[0]];
      assert.ok(alone.calls[one].records.length >= least, `${one} alone: ${alone.calls[one].records.join('; ')}`);
      if (!PEERS[name].fewer?.[order]?.includes(one)) assert.ok(both.calls[one].records.length >= alone.calls[one].records.length, `${one}: ${both.calls[one].records.join('; ')} | alone ${alone.calls[one].records.join('; ')}`);
    }
    assert.deepEqual(both.consoled, alone.consoled);
  });
  test(`${title}: what is not watched is as with ${name} alone`, async () => {
    const [alone, both] = await Promise.all([runIn(name, 'alone', 'openrouter'), runIn(name, order, 'openrouter')]);
    const plain = ({ calls, consoled }) => ({ calls: Object.fromEntries(Object.entries(calls).map(([key, { result, records, served }]) => [key, { result, records, served }])), consoled });
    assert.deepEqual(plain(both), plain(alone));
    assert.ok(Object.values(both.calls).every(({ log }) => log.length === 0), 'the bridge hears nothing');
  });
}
