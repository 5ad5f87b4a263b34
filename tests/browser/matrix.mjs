// @ts-check
// Real client libraries, bundled as apps bundle them, each with each failure: node tests/browser/matrix.mjs [--browser chromium|firefox] [--only client]
// What must come of each is stated in matrix.cells.mjs. Prints a line a cell, the table, then "N passed, M failed"; fails if any cell differs.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { Driver } from './lib/browsers.mjs';
import { Card } from './lib/card.mjs';
import { built, copyPages, end, endInTime, explain, modules, root, startMock } from './lib/house.mjs';
import { Scene } from './lib/scene.mjs';
import { pause, until, within } from './lib/wait.mjs';
import { FAILURES, ROWS } from './matrix.cells.mjs';

/** @typedef {import('./lib/browsers.mjs').BrowserName} BrowserName */
/** @typedef {import('./lib/mock.mjs').Mock} Mock */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('./matrix.cells.mjs').Cell} Cell */
/** @typedef {import('./matrix.cells.mjs').Failure} Failure */
/** @typedef {import('./matrix.cells.mjs').Outcome} Outcome */
/** @typedef {import('./matrix.cells.mjs').Row} Row */
/** @typedef {import('../pages/chat-events.js').Told} Told */
/** What tests/pages/client.js keeps. `loose`: errors that nobody caught. `cards`: those that showed. @typedef {{told: Told[], loose: string[], cards: number}} State */
/** One cell to be looked at. @typedef {{row: Row, failure: Failure, cell: Cell, host: string}} Task */

const CELL_MS = 60_000;
/** Browsers at a time: most of a cell is waiting, for a client's own tries and for their absence. */
const LANES = 3;
/** From the question until the app has something or a card holds it: a client's own tries wait up to 4 s, twice. */
const END_MS = 20_000;
/** A card for an app that may try again waits 5 s; by then it shows, or never. */
const SHOWN_BY_MS = 7_000;
/** An app that was silent for 10 s after a failure makes no tries. */
const KNOWN_BY_MS = 15_000;

/** @type {BrowserName[]} */
const BROWSERS = ['chromium', 'firefox'];
const { values } = parseArgs({ options: { browser: { type: 'string' }, only: { type: 'string', default: '' } } });
const browsers = BROWSERS.filter((name) => values.browser === undefined || values.browser === name);
const rows = ROWS.filter(({ client }) => client.startsWith(values.only));
if (browsers.length === 0 || rows.length === 0) {
  console.error(`usage: node tests/browser/matrix.mjs [--browser chromium|firefox] [--only client]\nclients: ${[...new Set(ROWS.map(({ client }) => client))].join(', ')}`);
  process.exit(2);
}

const nameOf = (/** @type {Row} */ { client, stream }) => `${client}${stream ? ', streaming' : ''}`;
const failures = /** @type {Failure[]} */ (Object.keys(FAILURES));
/** @type {Task[]} */
const tasks = rows.flatMap((row) => failures.flatMap((failure) => {
  const cell = row.cells[failure];
  return 'not' in cell ? [] : [{ row, failure, cell, host: `${row.client}-${row.stream ? 'stream' : 'json'}-${failure}.example` }];
}));

/** The app's page with every client in a bundle, as a bundler for browsers makes it. */
const buildSite = () => {
  const site = copyPages();
  buildSync({
    entryPoints: [...new Set(rows.map(({ client }) => join(root, 'tests', 'pages', 'clients', `${client}.js`)))], outdir: join(site, 'clients'), allowOverwrite: true,
    bundle: true, format: 'esm', platform: 'browser', target: 'es2022', nodePaths: [modules], logLevel: 'error',
  });
  return site;
};

/** One question of the app, from its call to what comes of it. */
class Round {
  /** @param {Scene} t @param {Page} page @param {string} question @param {number} n which one on this page */
  constructor(t, page, question, n) {
    this.t = t;
    this.page = page;
    this.question = question;
    this.good = `The answer to: ${question}`;
    this.n = n;
    this.card = new Card(t.driver, page);
  }

  /** @returns {Promise<State>} */
  state() { return this.page.evaluate(() => /** @type {any} */ (globalThis).app.state()); }
  async told() {
    const one = (await this.state()).told[this.n];
    assert.ok(one, 'the question was asked');
    return one;
  }
  /** The requests of this question. */
  async log() { return (await this.t.log()).filter(({ body }) => body.includes(this.question)); }
  async settles() { return until('the app has an answer or an error', async () => (await this.told()).settled > 0, END_MS); }

  /** Asks, and waits until the app has something, or a card keeps it. */
  async ask() {
    await this.page.bringToFront();
    await this.page.evaluate((question) => { /** @type {any} */ (globalThis).app.ask(question); }, this.question);
    return until('the app has something, or a card holds it', async () => {
      if ((await this.told()).settled > 0) return 'settled';
      // A card that is there for another reason has no Retry.
      return await Card.count(this.page) > 0 && await this.card.phase() === 'held' && 'held';
    }, END_MS);
  }

  /** The app has exactly the good answer, once, and nothing else. */
  async assertAnswered() {
    const { pieces, settled, answer, error } = await this.told();
    assert.deepEqual({ settled, answer, error }, { settled: 1, answer: this.good, error: null });
    assert.ok(pieces === '' || pieces === this.good, `no piece of anything else: ${pieces}`);
  }
}

/**
 * What comes of the failure; throws where it is none of the outcomes.
 * @param {Round} round @param {number} fails @param {string[]} partials what text the app may have when it fails @param {boolean} isChanged by the remedy, and not by Retry
 * @returns {Promise<Outcome | 'unseen' | 'healed, with a card'>}
 */
const observe = async (round, fails, partials, isChanged) => {
  const { page, card } = round;
  const cardsBefore = (await round.state()).cards;
  if (await round.ask() === 'held') {
    const { pieces, settled } = await round.told();
    assert.deepEqual({ pieces, settled }, { pieces: '', settled: 0 }, 'the app knows nothing of the failure');
    assert.equal((await round.log()).length, fails, 'requests before the click');
    if (isChanged) await card.press('Leave out the middle'); else await card.click('#retry');
    await round.settles();
    await round.assertAnswered();
    await card.reaches('answered');
    const log = await round.log();
    assert.equal(log.length, fails + 1, 'one request for one click');
    // `priority` is Firefox's own hint: more urgent in the turn of a click of the page's.
    const [last, again] = log.slice(-2).map(({ method, path, headers: { priority, 'content-length': length, ...headers }, body }) => ({ method, path, headers, body }));
    assert.deepEqual(again, isChanged && last !== undefined ? { ...last, body: `${last.body.slice(0, -1)},"plugins":[{"id":"context-compression"}]}` } : last, 'the very same request, but for the change');
    return isChanged ? 'changed' : 'answered';
  }
  const log = await round.log();
  const { answer } = await round.told();
  if (answer === round.good) {
    await round.assertAnswered();
    assert.equal(log.length, fails + 1, 'requests of the client\'s own');
    // By then a card that waited for the app would have shown.
    const failedAt = log.at(-2)?.at_ms ?? 0;
    await pause(Math.max(0, failedAt + SHOWN_BY_MS - Date.now()));
    return (await round.state()).cards === cardsBefore ? 'healed' : 'healed, with a card';
  }
  const isShown = await until('a card shows', () => card.phase(), SHOWN_BY_MS).catch(() => null);
  if (isShown === null) return 'unseen';
  await card.reaches('released');
  assert.equal(await card.text('#retry'), null, 'what the app has got cannot be sent again');
  const { pieces, settled, answer: whole } = await round.told();
  assert.ok(settled === 1 && partials.includes(whole ?? pieces), `the app has what came, and no more: ${whole ?? pieces}`);
  assert.equal((await round.log()).length, fails, 'nothing is sent again');
  return 'explained';
};

/** From a first failure the extension learns what tries the client makes by itself. @param {Round} round @param {'dismissed' | 'silent'} how */
const makeKnown = async (round, how) => {
  const { t, page, card } = round;
  if (how === 'dismissed') {
    assert.equal(await round.ask(), 'held', 'of an unknown site the first failure is held');
    await card.click('#close');
    await round.settles();
    await round.assertAnswered();
    assert.equal((await round.log()).length, 2, 'it tries once more by itself');
  } else {
    assert.equal(await round.ask(), 'settled', 'its request says that it will try again, so the failure passes');
    await card.reaches('released');
  }
  const extension = await t.openExtensionPage('popup.html');
  await until('the site\'s own tries are known', () => extension.evaluate(async (host) => {
    const { own_retries: all } = await chrome.storage.session.get('own_retries');
    return typeof /** @type {any} */ (all)?.[host] === 'number';
  }, t.host), KNOWN_BY_MS);
  await extension.close();
  // A card that only explains is in nobody's way, but the next one must be told from it.
  if (how === 'silent') { await page.bringToFront(); await card.click('#close'); }
  await Card.gone(page);
};

/** @param {Scene} t @param {Task} task */
const look = async (t, { row, failure, cell }) => {
  const failing = { preset: cell.preset ?? FAILURES[failure].presets[row.api], times: cell.fails };
  const before = cell.known === null ? [] : [{ ...failing, times: 1 }, ...cell.known === 'dismissed' ? [{ good: true }] : []];
  await t.script(...before, failing);
  const page = await t.open('client.html', { client: row.client, stream: row.stream ? 1 : 0 });
  await until('the client is there', () => page.evaluate(() => 'app' in globalThis));
  if (cell.known !== null) await makeKnown(new Round(t, page, 'how do you behave', 0), cell.known);
  const round = new Round(t, page, 'why is the sky blue', cell.known === null ? 0 : 1);
  const outcome = await observe(round, cell.fails, cell.partials ?? FAILURES[failure].partials, failure === 'change');
  const { loose } = await round.state();
  assert.deepEqual(loose, [], 'nothing beside the client\'s own promise');
  return outcome;
};

/** @typedef {{passed: boolean, word: string}} Result */
let passed = 0, failed = 0;

/** @param {Driver} driver @param {Mock} mock @param {Task} task @returns {Promise<Result>} */
const run = async (driver, mock, task) => {
  const since = performance.now();
  const scene = new Scene({ driver, mock, host: task.host, extension: '' });
  /** @param {string} word @param {string} [detail] @returns {Result} */
  const tell = (word, detail = '') => {
    const ok = word === task.cell.outcome && detail === '';
    if (ok) passed++; else failed++;
    const took = `${((performance.now() - since) / 1000).toFixed(1)} s`;
    console.log(`${ok ? 'ok  ' : 'FAIL'}  ${driver.name}  ${nameOf(task.row)}: ${FAILURES[task.failure].title}: ${word}${ok ? '' : `, must be ${task.cell.outcome}`}  (${took})${detail}`);
    return { passed: ok, word };
  };
  const said = await within('the cell', CELL_MS, look(scene, task)).then((outcome) => ({ outcome, error: null }), (error) => ({ outcome: 'broken', error }));
  const state = said.outcome === task.cell.outcome ? null : await within('the app tells', 2_000, scene.pages[0]?.evaluate(() => JSON.stringify(/** @type {any} */ (globalThis).app.state())) ?? Promise.reject()).catch(() => null);
  const detail = `${said.error === null ? '' : `\n${explain(said.error)}`}${state === null ? '' : `\n        the app: ${state}`}`;
  await within('the pages close', 5_000, scene.end()).catch(() => {});
  return tell(said.outcome, detail);
};

/** @param {string[][]} lines the first is the head */
const table = (lines) => {
  const widths = (lines[0] ?? []).map((_, n) => Math.max(...lines.map((line) => line[n]?.length ?? 0)));
  const write = (/** @type {string[]} */ line) => `| ${line.map((text, n) => text.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  const [head = [], ...rest] = lines;
  return [write(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(write)].join('\n');
};

/** @param {BrowserName} browserName @param {Map<Task, Result>} results */
const print = (browserName, results) => {
  const reasons = [...new Set(rows.flatMap(({ cells }) => Object.values(cells).flatMap((cell) => ('not' in cell ? [cell.not] : []))))];
  const lines = rows.map((row) => [nameOf(row), ...failures.map((failure) => {
    const cell = row.cells[failure];
    if ('not' in cell) return `- ${reasons.indexOf(cell.not) + 1}`;
    const result = [...results].find(([task]) => task.row === row && task.failure === failure)?.[1] ?? { passed: false, word: 'not run' };
    return result.passed ? result.word : `${result.word} ≠ ${cell.outcome}`;
  })]);
  console.log(`\n${table([[browserName, ...failures.map((failure) => FAILURES[failure].title)], ...lines])}\n`);
  for (const failure of failures) console.log(`${FAILURES[failure].title}: ${FAILURES[failure].means}`);
  for (const [n, reason] of reasons.entries()) console.log(`- ${n + 1}: ${reason}`);
};

endInTime(browsers.length);
try {
  const mock = await startMock(tasks.map(({ host }) => host), buildSite());
  for (const browserName of browsers) {
    /** @type {Map<Task, Result>} */
    const results = new Map();
    const queue = [...tasks];
    await Promise.all(Array.from({ length: Math.min(LANES, queue.length) }, async () => {
      const driver = await Driver.start(browserName, { mock, extension: built(browserName, 'test') });
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) results.set(task, await run(driver, mock, task));
      await driver.stop();
    }));
    await mock.reset();
    print(browserName, results);
  }
} catch (error) {
  failed++;
  console.log(`FAIL  the matrix\n${explain(error)}`);
}
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
