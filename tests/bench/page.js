// @ts-check
// What `cargo xtask bench` runs inside one page of a browser: the core through the binding that the worker calls, beside decoder.js.
// Served with its own origin isolated, so that the clock ticks in 5 µs instead of 100.

import init, { explain, set_words } from '../../extension/core/core.js';
import { decoder } from './decoder.js';

/** @typedef {import('./decoder.js').Question} Question */
/** @typedef {{id: string, question: Question}} Case */
/** @typedef {{id: string, wasm_us: number, js_us: number}} Timed */

/** A batch is long enough for the clock, and short enough that a busy machine spoils few of them. */
const BATCH_MS = 4;
const WARM_UP_MS = 1_500;
const ROUNDS = 61;
const SCANS = 5;

/** @param {string} path @returns {Promise<any>} */
const read = async (path) => (await fetch(path)).json();

/** Results end here, so that no engine may leave work out. */
let sink = 0;
/** @param {Verdict | null} verdict */
const use = (verdict) => { sink += verdict === null ? 1 : verdict.words.report.length + verdict.words.body.length + verdict.remedies.length; };

/** @param {number[]} all */
const median = (all) => {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** @param {(question: Question) => Verdict | null} decode @param {Question} question @param {number} times @returns {number} µs for each */
const batch = (decode, question, times) => {
  const started = performance.now();
  for (let n = 0; n < times; n++) use(decode(question));
  return (performance.now() - started) * 1_000 / times;
};

const ready = (async () => {
  const [, messages, cases, pieces] = await Promise.all([
    init({ module_or_path: '/extension/core/core_bg.wasm' }), read('/extension/_locales/en/messages.json'), read('/made/questions.json'), read('/made/text.json'),
  ]);
  set_words('en', JSON.stringify(messages));
  return { wasm: /** @type {(question: Question) => Verdict | null} */ (explain), js: decoder(messages), cases: /** @type {Case[]} */ (cases), pieces: /** @type {string[]} */ (pieces) };
})();

/** Both have to say the same before their times are worth a comparison. @returns {Promise<string[]>} what differs */
export const differences = async () => {
  const { wasm, js, cases } = await ready;
  const all = [];
  for (const { id, question } of cases) {
    /** @param {Verdict | null} verdict @returns {Record<string, unknown>} */
    const shown = (verdict) => ({
      kind: verdict?.diagnosis.kind, limit_owner: verdict?.diagnosis.limit_owner, provider: verdict?.diagnosis.provider, title: verdict?.words.title,
    });
    const [ours, theirs] = [shown(wasm(question)), shown(js(question))];
    if (ours.title === undefined) all.push(`${id}: the core is silent`);
    for (const [name, value] of Object.entries(ours)) if (value !== theirs[name]) all.push(`${id}: ${name} is ${JSON.stringify(value)} in wasm and ${JSON.stringify(theirs[name])} in JavaScript`);
  }
  return all;
};

/** Medians over many short batches, the two in turn, so that what disturbs one disturbs the other. @returns {Promise<Timed[]>} */
export const decode = async () => {
  const { wasm, js, cases } = await ready;
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) for (const { question } of cases) for (const one of [wasm, js]) batch(one, question, 20);
  const timed = cases.map(({ id, question }) => {
    /** @param {(question: Question) => Verdict | null} one */
    const times = (one) => Math.max(1, Math.round(BATCH_MS * 1_000 / batch(one, question, 50)));
    return { id, question, wasm: /** @type {number[]} */ ([]), js: /** @type {number[]} */ ([]), wasmTimes: times(wasm), jsTimes: times(js) };
  });
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of timed) {
      if (round % 2 === 0) one.wasm.push(batch(wasm, one.question, one.wasmTimes));
      one.js.push(batch(js, one.question, one.jsTimes));
      if (round % 2 === 1) one.wasm.push(batch(wasm, one.question, one.wasmTimes));
    }
  }
  return timed.map((one) => ({ id: one.id, wasm_us: median(one.wasm), js_us: median(one.js) }));
};

/** Ordinary text of a page, node by node. @returns {Promise<{bytes: number, mb_per_s: number, spoken: number}>} */
export const scan = async () => {
  const { wasm, pieces } = await ready;
  const bytes = pieces.reduce((sum, piece) => sum + new TextEncoder().encode(piece).length, 0);
  const took = [];
  let spoken = 0;
  for (let pass = 0; pass < SCANS; pass++) {
    spoken = 0;
    const started = performance.now();
    for (const body of pieces) {
      const exchange = /** @type {Exchange} */ ({ surface: 'page', url: '', method: '', status: 0, headers: {}, body, at_ms: 0 });
      if (wasm({ exchange, request: null, replayable: false, attempt: 1, site: { own_retries: null } }) !== null) spoken++;
    }
    took.push(performance.now() - started);
  }
  return { bytes, mb_per_s: bytes / 1_000 / median(took), spoken };
};

/** For whoever profiles: the core alone, for so long. @param {number} ms @returns {Promise<number>} how many it decoded */
export const spin = async (ms) => {
  const { wasm, cases } = await ready;
  let count = 0;
  for (const end = performance.now() + ms; performance.now() < end; count += cases.length) for (const { question } of cases) use(wasm(question));
  return count;
};

// Read from outside as well, which is one more reason to compute it.
Object.assign(globalThis, { bench: { differences, decode, scan, spin, sink: () => sink } });
