// @ts-nocheck: most of its functions run in the page, by names that stand there.
// Where the tap is tried alone, in a real browser: page/tap.js as a classic script at document start, tests/pages/tap-bridge.js in the
// bridge's place, and a small server of its own.

import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import puppeteer from 'puppeteer-core';

const root = path.resolve(import.meta.dirname, '../../..');
/** A file of the project. */
export const source = (name) => readFileSync(path.join(root, name), 'utf8');
export const [tap, bridge, prelude] = ['extension/page/tap.js', 'tests/pages/tap-bridge.js', 'tests/pages/tap-prelude.js'].map(source);
vm.runInThisContext(source('extension/protocol.js'));
const { cooldownProtocol } = globalThis;

const args = process.argv.slice(2);
export const firefox = args.includes('--firefox');
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : '';
const RUN_S = firefox ? 900 : 600; // a page costs Firefox three times as much
setTimeout(() => { console.error(`tap: no end within ${RUN_S} s`); process.exit(1); }, RUN_S * 1000).unref();

// ---- the server: what a test scripted for a conversation, then 200 with what came

export const KEY = 'sk-or-v1-canary0123456789abcdef', PROMPT = 'canary prompt: the heron stands', USER = 'user_canary42';
export const error429 = {
  status: 429, headers: { 'Content-Type': 'application/json', 'X-Generation-Id': 'gen-1', 'Set-Cookie': 'a=b; Path=/' },
  body: JSON.stringify({ error: { message: 'Provider returned error', code: 429, metadata: { provider_name: 'Liquid' } }, user_id: USER }),
};
/** Waits until the server has seen what it is asked for. @param {() => boolean} get */
export const comes = async (get) => { for (const end = Date.now() + 5_000; !get() && Date.now() < end;) await new Promise((r) => setTimeout(r, 5)); };
/** How often the browser asked whether it may. */
export const preflights = new Map();
const scripts = new Map(), gates = new Map();
/** What the server has seen, by conversation. */
export const seen = new Map();
/** What the server answers in a conversation, one after the other; then it says what it was sent. A body may be a list: each piece but the first waits for `next(key)` of the page. */
export const script = (key, ...answers) => { scripts.set(key, answers); seen.set(key, []); };

export const CORS = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*, Authorization', 'Access-Control-Allow-Methods': '*', 'Access-Control-Expose-Headers': 'X-Generation-Id', 'Cache-Control': 'no-store' };
const server = http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://x'), key = url.searchParams.get('k');
  // The cookie is the one that a failure sets: no test is the first to set it.
  if (key === null) { response.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': 'a=b' }); response.end('<!doctype html><title>tap</title><body>'); return; }
  if (url.pathname === '/next') {
    while (!gates.has(key)) await new Promise((r) => setTimeout(r, 5));
    gates.get(key)();
    gates.delete(key);
    response.writeHead(204, CORS);
    response.end();
    return;
  }
  if (url.pathname === '/log') { response.writeHead(200, CORS); response.end(JSON.stringify(seen.get(key) ?? [])); return; }
  if (request.method === 'OPTIONS') preflights.set(key, (preflights.get(key) ?? 0) + 1);
  if (request.method === 'OPTIONS') { response.writeHead(204, CORS); response.end(); return; }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const one = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('latin1'), aborted: false };
  seen.get(key)?.push(one);
  response.on('close', () => { one.aborted = !response.writableFinished; });
  const answer = scripts.get(key)?.shift() ?? { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(one) };
  if (answer.cut) { request.socket.destroy(); return; }
  if (answer.hang) return;
  response.writeHead(answer.status, { ...(answer.refused ? {} : CORS), ...answer.headers });
  const [first, ...more] = Array.isArray(answer.body) ? answer.body : [answer.body];
  response.write(first);
  for (const piece of more) {
    await new Promise((go) => gates.set(key, go));
    if (piece === null) { request.socket.destroy(); return; }
    response.write(piece);
  }
  if (!answer.endless) response.end();
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
export const origin = `http://127.0.0.1:${server.address().port}`, elsewhere = `http://localhost:${server.address().port}`;

// ---- the browser

const profile = mkdtempSync(path.join(tmpdir(), 'cooldown-tap-'));
const browser = await puppeteer.launch(firefox
  ? { browser: 'firefox', executablePath: process.env.COOLDOWN_FIREFOX ?? '/usr/bin/firefox-esr', headless: true }
  : { executablePath: process.env.COOLDOWN_CHROMIUM ?? '/usr/bin/chromium', headless: true, userDataDir: profile, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'] });

/** Runs `run` in a fresh page; then holds every message the tap posted against the protocol, and against the canaries. */
export const inPage = async (run, { order = [bridge, tap], watch = 'all', before = '', context = {}, prepare } = {}) => {
  const page = await browser.newPage();
  const consoled = [];
  page.on('console', (m) => consoled.push(m.text()));
  page.on('pageerror', (e) => consoled.push(String(e)));
  try {
    await page.evaluateOnNewDocument(`globalThis.__globals = Object.keys(globalThis); globalThis.__native = fetch; globalThis.__TAP_WATCH__ = '${watch}'; globalThis.__TAP_BRIDGE__ = '${order.includes(bridge) ? 'yes' : 'none'}';\n${before};\n${[...order, ...(order.includes(bridge) ? [] : [bridge])].join('\n;\n')}`);
    await prepare?.(page);
    await page.goto(`${origin}/`);
    const result = await page.evaluate(`(async () => {
      const { tapTest: t } = globalThis, same = (a, b, what = '') => { if (!Object.is(a, b)) throw new Error(what + ' is ' + String(a) + ', not ' + String(b)); };
      const sleep = (ms) => new Promise((r) => setTimeout(r, ms)), origin = ${JSON.stringify(origin)}, elsewhere = ${JSON.stringify(elsewhere)}, context = ${JSON.stringify(context)};
      const post = (k, body = '{"model":"a/b"}', more = {}) => fetch(origin + '/api/v1/chat/completions?k=' + k, { method: 'POST', body, headers: { 'Content-Type': 'application/json' }, ...more });
      const native = globalThis.__native, next = (k) => native(origin + '/next?k=' + k), served = async (k) => (await native(origin + '/log?k=' + k)).json(), reached = (k, n) => t.until(async () => (await served(k)).length >= n, n + ' requests');
      const ok = (x, what = '') => { if (!x) throw new Error(what + ' does not hold'); };
      const rejection = async (p) => { try { await p; } catch (e) { return e; } throw new Error('not rejected'); };
      return (${run})();
    })()`);
    const log = await page.evaluate(() => globalThis.tapTest?.log ?? []);
    for (const m of log) assert.deepEqual(cooldownProtocol.fromTap(m), m, 'a message that the protocol does not know, or not all of');
    const all = JSON.stringify(log) + consoled.join('\n');
    for (const canary of [KEY, PROMPT, USER]) assert.ok(!all.includes(canary), `${canary} left the tap`);
    return { result, log, consoled, of: (type) => log.filter((m) => m.type === type) };
  } finally { await page.close(); }
};

/**
 * In the page: `spyOnAll()` replaces every method, getter and constructor that the tap might use by one that notes its use; `told()` gives
 * what was used since, and begins anew; `more(usual)` what was used besides. What a test does meanwhile it does by `apply`.
 */
export const SPIES = `
    const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect, Spy = Proxy, Names = Set, uses = [];
    let counted = false;
    const told = () => { counted = false; const all = new Names(uses); uses.length = 0; counted = true; return all; };
    const more = (usual) => { counted = false; return [...new Names(uses)].filter((use) => !usual.has(use)).join(' '); };
    const wrap = (object, key, owner) => {
      const d = getOwnPropertyDescriptor(object, key), name = \`\${owner}.\${String(key)}\`;
      if (d === undefined || !(d.configurable || d.writable)) return;
      for (const part of ['value', 'get', 'set']) {
        if (typeof d[part] !== 'function') continue;
        d[part] = new Spy(d[part], {
          apply(f, self, args) { if (counted) uses[uses.length] = name; return apply(f, self, args); },
          construct(f, args, target) { if (counted) uses[uses.length] = \`new \${name}\`; return construct(f, args, target); },
        });
      }
      defineProperty(object, key, d);
    };
    const spyOnAll = () => {
    const { onmessage } = t.port;
    t.port.onmessage = (e) => { const was = counted; counted = false; onmessage(e); counted = was; }; // the test's own bridge takes no such care
    const classes = [Object, Function, Array, String, Number, Symbol, RegExp, Promise, URL, URLSearchParams, FormData, Blob, Headers, Request, Response, ReadableStream, ReadableStreamDefaultReader, TextDecoder,
      AbortSignal, EventTarget, Event, MessageEvent, MessagePort, Node, Element, Document, ArrayBuffer, DataView, Uint8Array, Date, Error, TypeError, MessageChannel, WeakMap, WeakSet, TextEncoder, ProgressEvent, XMLHttpRequest, XMLHttpRequestUpload, XMLHttpRequestEventTarget, ReadableStreamDefaultController];
    const names = classes.map((c) => [c, c.name]), iterators = Object.getPrototypeOf([][Symbol.iterator]());
    for (const [c, name] of names) for (const key of ownKeys(c.prototype)) if (key !== 'constructor') wrap(c.prototype, key, name);
    for (const [o, name] of [...names, [Reflect, 'Reflect'], [JSON, 'JSON']]) for (const key of ownKeys(o)) if (key !== 'prototype') wrap(o, key, name);
    wrap(iterators, 'next', 'iterator');
    for (const name of ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Reflect', 'JSON', 'document', ...names.map((n) => n[1])]) wrap(globalThis, name, 'globalThis');
    counted = true;
    };
`;

const tests = [];
/** @param {string} name @param {() => Promise<void>} run */
export const test = (name, run) => { if (name.includes(only)) tests.push([name, run]); };

/** Runs each `of`th of what was registered, from `first` on, and ends the process. */
export const run = async (first, of) => {
  let failed = 0;
  const ours = tests.filter((_, n) => n % of === first);
  for (const [name, body] of ours) {
    try { await body(); console.log(`ok   ${name}`); } catch (e) { failed++; console.log(`FAIL ${name}\n     ${String(e?.stack ?? e).split('\n').slice(0, 14).join('\n     ')}`); }
  }
  await browser.close();
  server.closeAllConnections();
  server.close();
  rmSync(profile, { recursive: true, force: true });
  console.log(`${ours.length - failed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
};
