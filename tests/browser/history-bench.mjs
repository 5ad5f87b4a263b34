// @ts-check
// How fast the history is with as many failures as it keeps: node tests/browser/history-bench.mjs [--browser chromium|firefox] [--count 100000]
// Seeds the store, opens the page anew a few times, and prints the medians. Fails over the aims: 300 ms until the first rows are painted,
// 100 ms for a filter. Time is the machine's: on a busy one it says little.
import { parseArgs } from 'node:util';
import { Driver } from './lib/browsers.mjs';
import { seed } from './lib/history.mjs';
import { built, copyPages, end, endInTime, startMock } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

const { values } = parseArgs({ options: { browser: { type: 'string' }, count: { type: 'string', default: '100000' } } });
const ROWS_MS = 300, FILTER_MS = 100, RUNS = 5, count = Number(values.count);
const browsers = /** @type {const} */ (['chromium', 'firefox']).filter((name) => values.browser === undefined || values.browser === name);

/** @param {number[]} times */
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN;

const KINDS = ['upstream_rate_limit', 'provider_overloaded', 'provider_error', 'free_per_minute', 'context_length', 'auth'], OUTCOMES = /** @type {const} */ (['answered', 'answered', 'given_up', 'explained', 'left']);
const first = Date.now() - 89 * 86_400_000, step = 89 * 86_400_000 / count;
/** Three months of failures. */
const MADE = Array.from({ length: count }, (_, n) => ({
  at_ms: Math.floor(first + n * step), site: `site-${n % 40}.example`, kind: KINDS[n % 6] ?? '', limit_owner: 'shared_pool', provider: `Provider ${n % 23}`, model: `author/model-${n % 60}:free`,
  status: 429, wait_s: n % 90, tries: 1 + n % 4, outcome: OUTCOMES[n % 5] ?? 'left',
}));

/** @param {import('./lib/browsers.mjs').BrowserName} name @param {import('./lib/mock.mjs').Mock} mock */
const measure = async (name, mock) => {
  const driver = await Driver.start(name, { mock, extension: built(name, 'test') });
  const page = await driver.openExtensionPage('popup.html');
  for (let from = 0; from < count; from += 10_000) await seed(page, MADE.slice(from, from + 10_000));
  /** @type {{rows: number, whole: number, memory: number}[]} */
  const opened = [];
  let last = page;
  for (let run = 0; run < RUNS; run++) {
    if (last !== page) await last.close();
    last = await driver.openExtensionPage('history.html');
    opened.push(await until('the page is whole', () => last.evaluate(() => {
      const at = (/** @type {string} */ mark) => performance.getEntriesByName(mark)[0]?.startTime;
      const rows = at('rows'), whole = at('whole');
      // Chromium alone tells.
      return rows === undefined || whole === undefined ? null : { rows, whole, memory: /** @type {any} */ (performance).memory?.usedJSHeapSize ?? NaN };
    }), 60_000));
  }
  /** Until the frame after is drawn. @param {string} id @param {string} value */
  const filter = (id, value) => last.evaluate(async (which, wanted) => {
    const control = /** @type {HTMLInputElement | HTMLSelectElement} */ (document.getElementById(which)), since = performance.now();
    control.value = wanted;
    control.dispatchEvent(new Event('input', { bubbles: true }));
    const acted = performance.now() - since;
    await new Promise((resolve) => { requestAnimationFrame(() => { setTimeout(resolve); }); });
    return { acted, painted: performance.now() - since };
  }, id, value);
  await last.bringToFront();
  /** @type {{acted: number, painted: number}[]} */
  const filtered = [];
  for (const [id, value] of /** @type {const} */ ([['days', ''], ['provider', 'Provider 7'], ['search', 'model-4'], ['kind', 'auth'], ['days', '7'], ['days', '']])) filtered.push(await filter(id, value));
  const added = await page.evaluate(async () => {
    const { add, openHistory, prune } = await import(chrome.runtime.getURL('history-store.js')), times = [];
    for (let n = 0; n < 20; n++) {
      const since = performance.now(), db = await openHistory();
      await add(db, { at_ms: Date.now(), site: 'site.example', kind: 'auth', limit_owner: 'key', provider: null, model: null, status: 401, wait_s: null, tries: 1, outcome: 'explained' });
      db.close();
      times.push(performance.now() - since);
    }
    const since = performance.now(), db = await openHistory();
    await prune(db, Date.now() - 90 * 86_400_000);
    db.close();
    return { write: times, prune: performance.now() - since };
  });
  const sums = await page.evaluate(async () => {
    const { byHour, byName, byStretch, fitting, stretches, sum } = await import(chrome.runtime.getURL('history-stats.js'));
    const { newest, openHistory } = await import(chrome.runtime.getURL('history-store.js'));
    const db = await openHistory(), all = await newest(db, 0, 1_000_000), since = performance.now();
    db.close();
    const some = fitting(all, 0, {}, '', String);
    sum(some); byName(some, 'provider'); byName(some, 'model'); byHour(some); byStretch(some, stretches(some[0].at_ms, Date.now()));
    return performance.now() - since;
  });
  await driver.stop();
  const rows = median(opened.map((one) => one.rows)), painted = median(filtered.map((one) => one.painted)), ms = (/** @type {number} */ time) => `${time.toFixed(0)} ms`;
  const memory = median(opened.map((one) => one.memory));
  console.log(`${name}, ${count} failures
  first rows painted, from the start of the page ${ms(rows)} (aim ${ROWS_MS})
  everything read and drawn                      ${ms(median(opened.map((one) => one.whole)))}
  a filter: done, and painted                    ${ms(median(filtered.map((one) => one.acted)))}, ${ms(painted)} (aim ${FILTER_MS}); the slowest ${ms(Math.max(...filtered.map((one) => one.painted)))}
  all sums once                                  ${ms(sums)}
  one failure written, with opening the store    ${ms(median(added.write))}
  pruning                                        ${ms(added.prune)}
  memory of the page                             ${Number.isNaN(memory) ? 'not told' : `${(memory / 2 ** 20).toFixed(0)} MB`}`);
  return rows <= ROWS_MS && painted <= FILTER_MS;
};

endInTime(browsers.length);
const mock = await startMock(['elsewhere.example'], copyPages());
let ok = browsers.length > 0;
for (const name of browsers) ok = await measure(name, mock) && ok;
end(ok ? 0 : 1);
