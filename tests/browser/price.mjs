// @ts-check
// What the extension costs a page: two browsers in one run, one with the test build and one without, the same page in both, in turns.
// node tests/browser/price.mjs [--browser chromium|firefox] [--rounds N]; prints medians, and their difference or ratio.
import { setTimeout as later } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Driver } from './lib/browsers.mjs';
import { built, copyPages, end, endInTime, startMock } from './lib/house.mjs';
import { within } from './lib/wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */

const { values } = parseArgs({ options: { browser: { type: 'string', default: 'chromium' }, rounds: { type: 'string', default: '9' } } });
const name = values.browser === 'firefox' ? 'firefox' : 'chromium';
const ROUNDS = Number(values.rounds);
const FAILURES = 1_000, STREAMS = 1_000, CARDS = 10;
const STEP_MS = 120_000;
endInTime();

/** @param {number[]} all */
const median = (all) => {
  const sorted = [...all].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};
/** @param {number[]} all @param {number} share */
const quantile = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(all.length * share) - 1)] ?? NaN;

const mock = await startMock(['price.example'], copyPages());
const sides = /** @type {const} */ (['with', 'without']);
/** @type {Record<string, Driver>} */
const drivers = {};
for (const side of sides) drivers[side] = await Driver.start(name, { mock, extension: side === 'with' ? built(name, 'test') : null });
/** @param {string} side */
const open = async (side) => {
  const page = await (drivers[side] ?? end(1)).newPage();
  await page.goto('https://price.example/price.html');
  await page.bringToFront();
  return page;
};
/** @param {Page} page @param {string} what @param {...unknown} how @returns {Promise<any>} */
const measure = (page, what, ...how) => within(what, STEP_MS, page.evaluate((method, given) => /** @type {any} */ (globalThis).price[method](...given), what, how));

const chunk = (/** @type {string} */ content) => ({ data: { id: 'gen-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content } }] } });
/** 30 MB that say nothing after one event; and eight MB of events. */
const LONG = { sse: [{ comment: 'OPENROUTER PROCESSING' }, chunk('Sky'), { fill: 480 }] };
const DENSE = { sse: [{ comment: 'OPENROUTER PROCESSING' }, ...Array.from({ length: 130 }, () => ({ raw: `data: ${JSON.stringify(chunk('a word or two').data)}\n\n`.repeat(450) }))] };
const SHORT = { sse: [{ comment: 'OPENROUTER PROCESSING' }, chunk('Sky'), { data: '[DONE]' }] };
const SLOW = { sse: [{ comment: 'OPENROUTER PROCESSING' }, { pause_ms: 40 }, chunk('Sky'), { data: '[DONE]' }] };

/** What is measured on both sides. @type {Array<[string, 'µs' | 'ms' | 'MB/s', (page: Page) => Promise<number>]>} */
const measures = [
  ['fetch, not watched, on the thread', 'µs', (page) => measure(page, 'call', 1_000)],
  ['XMLHttpRequest, not watched', 'µs', (page) => measure(page, 'xhr', 500)],
  ['fetch, watched, 2 KB, on the thread', 'µs', (page) => measure(page, 'watched', 40, 'watched')],
  ['a good JSON answer', 'ms', (page) => measure(page, 'answer', 20, 'answer')],
  ...(/** @type {const} */ (['reader', 'iteration', 'pipe', 'text'])).map((way) => /** @type {[string, 'MB/s', (page: Page) => Promise<number>]} */ ([`30 MB of stream, ${way}`, 'MB/s', async (page) => {
    await mock.script('long', [LONG]);
    return measure(page, 'stream', 'long', way);
  }])),
  ['8 MB of events, reader', 'MB/s', async (page) => { await mock.script('dense', [DENSE]); return measure(page, 'stream', 'dense', 'reader'); }],
  ['8 MB of events, pipe', 'MB/s', async (page) => { await mock.script('dense', [DENSE]); return measure(page, 'stream', 'dense', 'pipe'); }],
  ['first byte of a slow stream', 'ms', async (page) => { await mock.script('slow', [SLOW]); return measure(page, 'firstByte', 'slow'); }],
];
/** @type {Record<string, Record<string, number[]>>} */
const found = Object.fromEntries(measures.map(([what]) => [what, { with: [], without: [] }]));

const pages = { with: await open('with'), without: await open('without') };
for (let round = -1; round < ROUNDS; round++) { // the first one warms up
  for (const [what, , run] of measures) {
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      await pages[side].bringToFront();
      const value = await run(pages[side]);
      if (round >= 0) found[what]?.[side]?.push(value);
    }
  }
}
console.log(`What a page pays, medians of ${ROUNDS} rounds, ${await drivers.with?.version()}`);
console.log(`  ${''.padEnd(38)}${'without'.padStart(10)}${'with'.padStart(10)}${''.padStart(14)}`);
for (const [what, unit] of measures) {
  const [without, having] = [median(found[what]?.without ?? []), median(found[what]?.with ?? [])];
  const compared = unit === 'MB/s' ? `× ${(having / without).toFixed(2)}` : `${having >= without ? '+' : ''}${(having - without).toFixed(2)} ${unit}`;
  console.log(`  ${what.padEnd(38)}${without.toFixed(2).padStart(10)}${having.toFixed(2).padStart(10)}${compared.padStart(14)}`);
}

/** @type {number[]} */
const cards = [];
for (let n = 0; n <= CARDS; n++) {
  await mock.script('card', [{ preset: 'seed429' }]);
  const page = await open('with');
  const took = await within('a card', STEP_MS, page.evaluate(async () => (await /** @type {any} */ (globalThis).price.card('card')).took));
  if (n > 0) cards.push(took); // the first one wakes the worker
  await page.close();
}
console.log(`  from a failing answer to a painted card, worker awake: median ${median(cards).toFixed(0)} ms, p95 ${quantile(cards, 0.95).toFixed(0)} ms (${cards.length})`);

if (name === 'chromium') {
  for (const [what, count, answers] of /** @type {const} */ ([['failures', FAILURES, { preset: 'auth401', times: FAILURES }], ['streams', STREAMS, { ...SHORT, times: STREAMS }]])) {
    /** @type {Record<string, number>} */
    const grown = {};
    for (const side of sides) {
      const page = await open(side), cdp = await page.createCDPSession();
      const heap = async () => {
        for (let n = 0; n < 2; n++) { await cdp.send('HeapProfiler.collectGarbage'); await later(100); }
        return (await page.metrics()).JSHeapUsedSize ?? NaN;
      };
      await mock.script('many', [answers]);
      await measure(page, 'many', 100, 'many');
      const before = await heap();
      await measure(page, 'many', count - 100, 'many');
      grown[side] = (await heap() - before) / 1_024;
      await page.close();
    }
    console.log(`  memory of the page after ${count} ${what}: ${grown.without?.toFixed(0)} kB without, ${grown.with?.toFixed(0)} kB with (grown since the 100th)`);
  }
}
end(0);
