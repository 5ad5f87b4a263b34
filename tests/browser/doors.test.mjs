// @ts-check
// Every door by which values of others come in, under random ones: whatever comes, a validator gives null or a message that it would let in again, and
// throws never; no more does the core, which is asked what was let in. `node doors.test.mjs [--times N] [--seed N]`; without a browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import vm from 'node:vm';

const { values } = parseArgs({ options: { times: { type: 'string', default: '20000' }, seed: { type: 'string', default: String(Date.now() % 2 ** 31) } } });
const root = fileURLToPath(new URL('../../', import.meta.url)), core = `${root}dist/chromium/core/`;
vm.runInThisContext(readFileSync(`${root}extension/protocol.js`, 'utf8'));
Object.assign(globalThis, { cooldownCompat: { api: { storage: { onChanged: { addListener() {} } } } } });
const { fromTap, fromCard, toCard, toStage, fromStage, toBridge, toWorker, patch } = cooldownProtocol;
const { readSettings, fromFile, toFile } = await import(pathToFileURL(`${root}extension/settings.js`).href);
const { initSync, explain, set_words, auto_step, model_to_list, limits } = await import(pathToFileURL(`${core}core.js`).href);
initSync({ module: readFileSync(`${core}core_bg.wasm`) });
set_words('en', readFileSync(`${root}extension/_locales/en/messages.json`, 'utf8'));

// ---- chance, from a seed that a failure names

let state = Number(values.seed) >>> 0;
const random = () => {
  state = (state + 0x6D2B79F5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
/** @param {number} below */
const upTo = (below) => Math.floor(random() * below);
/** @template T @param {readonly T[]} all @returns {T} */
const one = (all) => /** @type {T} */ (all[upTo(all.length)]);

const TEXTS = ['', 'x', '__proto__', 'constructor', 'javascript:alert(1)', 'https://openrouter.ai/', 'https://openrouter.ai.evil.example/', '\u202e\u200b\u2066', '\ud800', '\0', '1e999', '9'.repeat(400),
  '{"error":{"message":"Provider returned error","code":429}}', '{"error":'.repeat(300), '['.repeat(2_000), '"\\'.repeat(200), 'x'.repeat(70_000), 'data: {"error":{}}\n\n', '<b>', 'a/b', 'provider'];
/** What structured clone and JSON can carry. @returns {unknown} */
const anything = (depth = 0) => one([
  () => undefined, () => null, () => random() < 0.5, () => NaN, () => Infinity, () => -1, () => -0, () => 2 ** 53, () => 1e300, () => 0.5, () => upTo(1_000), () => Date.now(), () => 10n ** 30n, () => new Date(NaN),
  () => new Map([[{}, []]]), () => /x/g, () => new Uint8Array(9), () => new Error('x'), () => new Array(200), () => one(TEXTS), () => one(TEXTS) + one(TEXTS),
  () => (depth > 3 ? [] : Array.from({ length: upTo(45) }, () => anything(depth + 1))),
  () => (depth > 3 ? {} : JSON.parse('{"__proto__":{"v":1,"type":"ping"},"length":3,"toString":1}')),
  () => (depth > 3 ? {} : Object.fromEntries(Array.from({ length: upTo(6) }, () => [one([...NAMES, ...TEXTS.slice(0, 5)]), anything(depth + 1)]))),
])();

// ---- what is right, to be made wrong

const exchange = { surface: 'http', url: 'https://openrouter.ai/api/v1/chat/completions', method: 'POST', status: 429, headers: { 'retry-after': '5' }, body: '{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Liquid","retry_after_seconds":5}}}', at_ms: 1_700_000_000_000 };
const request = { model: 'a/b', stream: true, max_tokens: 5, key: true, relay: false, named: false, only: ['x'], order: [], ignore: [], allow_fallbacks: null, app_retries: 1, members: ['model', 'provider'], size: 9, works_before: false };
const question = { v: 1, exchange, request, replayable: true, attempt: 1, failures: 1, tries: 0, paid: false, patience_ms: null };
const view = { verdict: { remedies: [{ url: 'https://openrouter.ai/settings/keys', also: null }], diagnosis: {}, words: {}, plan: {} }, phase: 'held', requests: 1, attempt: 1, site: 'x' };
/** @type {[name: string, validate: (m: any) => unknown, right: object[]][]} */
const DOORS = [
  ['fromTap', fromTap, [
    { v: 1, type: 'ping' }, { v: 1, type: 'failed' }, { v: 1, type: 'observed', id: 1, story: 1, attempt: 1, replayable: true, exchange, request }, { v: 1, type: 'resent', story: 1, answered: true },
    { v: 1, type: 'settled', id: 1, story: 1, attempt: 2, outcome: 'answered', why: 'page', by: 'Liquid' }, { v: 1, type: 'limits', story: 1, numbers: { limit: 5, is_free_tier: false, limit_reset: 'daily' } },
  ]],
  ['fromCard', fromCard, [{ v: 1, type: 'hello' }, { v: 1, type: 'size', width: 300, height: 200 }, { v: 1, type: 'act', action: 'retry', index: 0 }]],
  ['toCard', toCard, [{ v: 1, type: 'show', view }]],
  ['toStage', toStage, [{ v: 1, type: 'guest', frame: 3, what: 'enter', view }]],
  ['fromStage', fromStage, [{ v: 1, type: 'seat', ok: true }, { v: 1, type: 'act', action: 'offer', index: 2 }]],
  ['toBridge', toBridge, [{ v: 1, type: 'failed' }, { v: 1, type: 'unheld', exchange }, { v: 1, type: 'healed', url: 'https://openrouter.ai/api/v1/messages', at_ms: 1 }, { v: 1, type: 'told', phase: 'explained', verdict: {} }]],
  ['toWorker', toWorker, [
    { ...question, type: 'explain' }, { ...question, type: 'look_up', asks: 'price' }, { v: 1, type: 'tell_limits', numbers: { limit: 1 }, at_ms: 5 }, { v: 1, type: 'skip', slug: 'liquid', name: 'Liquid' },
    { v: 1, type: 'auto', provider: 'Liquid', allowed: 3, tried: 0, ready_at_ms: null, ends_at_ms: 9, due_at_ms: null }, { v: 1, type: 'remind', at_ms: 9 }, { v: 1, type: 'claim', token: 'a'.repeat(36) },
    { v: 1, type: 'happened', what: 'needs_you', count: 1, inside: false }, { v: 1, type: 'stage', what: 'enter', view }, { v: 1, type: 'stage_act', frame: 3, action: 'retry', index: 0 },
    { v: 1, type: 'site_state', url: 'https://x/', tab_id: 1 }, { v: 1, type: 'set_site', url: 'https://x/', on: true }, { v: 1, type: 'set_auto', url: 'https://x/', on: true }, { v: 1, type: 'set_everywhere', on: true }, { v: 1, type: 'end_rule', url: 'https://x/' },
  ]],
  ['patch', (m) => patch(m), [[{ path: ['provider', 'ignore'], json: '["x"]' }, { path: ['max_tokens'], json: '5' }, { path: ['models'], json: null }]]],
];
const NAMES = [...new Set(DOORS.flatMap(([, , right]) => right.flatMap((m) => [...JSON.stringify(m).matchAll(/"(\w+)":/g)].map(([, name]) => name ?? ''))))];

/** A record or a list. @param {unknown} x */
const isOpen = (x) => Array.isArray(x) || (typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype);
/** The same with something else at a place or two, or more, or less. @param {any} right @returns {any} */
const wrong = (right) => {
  if (random() < 0.1) return anything();
  const copy = structuredClone(right);
  for (let n = upTo(3); n >= 0; n--) {
    let at = copy;
    for (;;) {
      const keys = Object.keys(at), key = keys.length === 0 || random() < 0.1 ? one(NAMES) : one(keys);
      if (isOpen(at[key]) && random() < 0.7) { at = at[key]; continue; }
      if (random() < 0.2) delete at[key]; else at[key] = anything();
      break;
    }
  }
  return copy;
};

/** Messages of ours are text, numbers and flags, of a size that can be sent. @param {unknown} x */
const isPlain = (x) => { try { return JSON.stringify(x).length < 400_000; } catch { return false; } };
const SHAPE_ONLY = new Set(['show', 'guest', 'stage', 'told']); // the worker's own words in them

/** @param {any} m let in by the worker's door */
const askCore = (m) => {
  if (m.type === 'explain' || m.type === 'look_up') {
    const verdict = explain({ ...m, random: random(), site: { own_retries: null, patience_ms: m.patience_ms, auto: true } });
    for (const { url, patch: edits } of verdict?.remedies ?? []) {
      assert.ok(url == null || /^https:\/\/(?:status\.)?openrouter\.ai(?:\/|$)/.test(url), `a link to ${url}`);
      assert.ok(edits == null || patch(edits) !== null, 'a change that nobody would make');
    }
    model_to_list(m, m.asks ?? 'price');
  } else if (m.type === 'auto') auto_step({ ...m, now_ms: Date.now(), random: random(), full_at_ms: one([0, NaN, Date.now(), 1e300, Object.prototype]) });
  else if (m.type === 'tell_limits') limits(JSON.stringify(m.numbers), m.at_ms);
};

let passed = 0, failed = 0, letIn = 0;
/** @param {string} name @param {() => void} run @param {string | number} [count] of the values that it tries */
const door = (name, run, count = values.times) => {
  const since = performance.now(), seed = state;
  letIn = 0;
  try { run(); passed++; console.log(`ok    ${name}: ${count} values, ${letIn} let in  (${((performance.now() - since) / 1000).toFixed(1)} s)`); } catch (error) {
    failed++;
    console.log(`FAIL  ${name}, from --seed ${seed}\n        ${String(error instanceof Error ? error.stack : error).replaceAll('\n', '\n        ').slice(0, 3_000)}`);
  }
};
const times = Number(values.times);
for (const [name, validate, right] of DOORS) {
  door(name, () => {
    for (const m of right) assert.notEqual(validate(m), null, `what is right is let in: ${JSON.stringify(m)}`);
    for (let n = 0; n < times; n++) {
      const out = /** @type {any} */ (validate(wrong(one(right))));
      if (out === null) continue;
      letIn++;
      if (SHAPE_ONLY.has(out.type)) continue;
      assert.ok(isPlain(out), 'no plain message');
      assert.deepEqual(validate(out), out);
      if (name === 'toWorker' && n % 20 === 0) askCore(out);
    }
    assert.ok(letIn > 0, 'nothing was let in: this tries nothing');
  });
}
door('the settings of a file', () => {
  const right = JSON.parse(toFile(readSettings({
    off: ['a.example', 'file:'], auto: ['[::1]'], does: { limits: 'auto', money: 'explain' }, history: { on: true, days: 7 }, language: 'pt-BR', theme: 'dark',
    places: { 'a.example': 'start-start' }, quiet: ['a.example call auth'], sync: true,
  })));
  for (let n = 0; n < times; n++) {
    let text = '';
    try { text = JSON.stringify(wrong(right)) ?? ''; } catch { continue; } // no JSON has it
    if (random() < 0.2) text = text.slice(0, upTo(text.length));
    const read = fromFile(text);
    if (typeof read === 'string') continue; // why it is none
    letIn++;
    const whole = readSettings(read.settings);
    assert.deepEqual(readSettings(whole), whole);
    assert.deepEqual(fromFile(toFile(whole)).left_out, []);
  }
  assert.ok(letIn > 0);
});
door('a link that would run in the page of a card', () => {
  for (const url of ['javascript:alert(1)', 'data:text/html,x', ' javascript:alert(1)', 'JAVASCRIPT:x', 'https:x', 'blob:https://x/y', 7, {}]) {
    for (const remedy of [{ url, also: null }, { url: null, also: url }]) {
      const bad = { ...view, verdict: { ...view.verdict, remedies: [remedy] } };
      assert.equal(/** @type {any} */ (toStage({ v: 1, type: 'guest', frame: 3, what: 'enter', view: bad })).view, null, String(url));
      assert.equal(/** @type {any} */ (toWorker({ v: 1, type: 'stage', what: 'enter', view: bad })).view, null, String(url));
    }
  }
}, 16);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
