// @ts-check
// The transparency suite: the same page code runs in a page with the extension and in one without it, in the same browser, and writes down
// what it observes; the two logs must be equal, line for line. The checks are in tests/pages/transparency, a theme a file.
//
//   node tests/browser/transparency.mjs --browser chromium|firefox [--only words] [--theme name] [--self-test] [--twice] [--slow] [--show]
//
// With --twice everything runs twice without the extension: what differs there is no observation and fails as such; for whoever writes checks.
// A run of everything begins with the self-test: clumsy wrappers (tests/pages/transparency/clumsy) stand in the extension's place, and the suite must find what each of them
// does to a page. --self-test runs that alone. --slow tells the checks that take more than a second,
// --show what was observed without the extension.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Driver } from './lib/browsers.mjs';
import { built, end, endInTime, root, startMock } from './lib/house.mjs';
import { pause, until, within } from './lib/wait.mjs';

/** @typedef {{name: string, lines: string[], took: number}} Observed */
/** What a page is asked to run: see harness.js. @typedef {{only?: string, names?: string[] | null, phases?: string[], limitMs?: number}} What */

const THEME_MS = 240_000;
/** The longest that a page may be busy with one thing. */
const STILL_MS = 40_000;
const SLOW_MS = 1_000;
const HOST = 'transparency.example';
/** Lines of a difference that are shown. */
const SHOWN = 6;

const site = join(root, 'tests', 'pages', 'transparency');

const { values } = parseArgs({ options: { 'browser': { type: 'string' }, 'only': { type: 'string', default: '' }, 'theme': { type: 'string', default: '' }, 'self-test': { type: 'boolean', default: false }, 'twice': { type: 'boolean', default: false }, 'show': { type: 'boolean', default: false }, 'slow': { type: 'boolean', default: false } } });
const browserName = values.browser;
if (browserName !== 'chromium' && browserName !== 'firefox') {
  console.error('usage: node tests/browser/transparency.mjs --browser chromium|firefox [--only words] [--theme name] [--self-test] [--twice] [--slow] [--show]');
  process.exit(2);
}
const NOT_THEMES = ['harness.js', 'server.js'];
const themes = readdirSync(site).filter((file) => file.endsWith('.js') && !NOT_THEMES.includes(file)).map((file) => file.replace(/\.js$/, '')).filter((name) => name.includes(values.theme)).sort();

endInTime();
/** @type {import('./lib/mock.mjs').Mock | null} */ let mock = null;

let pages = 0;

/**
 * One theme in a page of its own.
 * @param {Driver} driver @param {string} theme @param {What} what @param {string} [script] stands where the extension would
 * @returns {Promise<Observed[]>}
 */
const runTheme = async (driver, theme, what, script) => {
  const page = await driver.newPage();
  try {
    if (script !== undefined) await page.evaluateOnNewDocument(script);
    const run = `run-${String(pages += 1).padStart(3, '0')}`; // of one length: lengths are observed too
    const { control } = mock ?? end(1);
    await page.goto(`https://${HOST}/index.html?${new URLSearchParams({ theme, run, control: new URL(control).port })}`);
    await until('the page is ready', () => page.evaluate(() => document.readyState === 'complete'));
    await page.evaluate((w) => { /** @type {any} */ (globalThis).transparency.run(w); }, what);
    const isDone = () => page.evaluate(() => { const { now, isDone: done, out } = /** @type {any} */ (globalThis).transparency.state; return done ? null : `${now}, after ${out.length} others`; });
    // From a world of the driver's own: what it runs in the page's would be observed there.
    const beside = /** @type {any} */ (page.mainFrame()).isolatedRealm();
    for (const limit = performance.now() + THEME_MS; ; await pause(200)) {
      const at = await within(`the page of ${theme} answers`, STILL_MS, beside.evaluate(() => document.documentElement.dataset.at));
      if (at === 'done') break;
      if (performance.now() > limit) throw new Error(`the theme ${theme} takes more than ${THEME_MS / 1000} s: it is at “${at}”`);
    }
    /** @type {Observed[]} */
    const out = await page.evaluate(() => /** @type {any} */ (globalThis).transparency.out);
    if (values.slow) for (const { name, took } of out) if (took > SLOW_MS) console.log(`      ${String(Math.round(took)).padStart(6)} ms  ${theme}: ${name}`);
    return out;
  } finally { await within('the page closes', 5_000, page.close()).catch(() => {}); }
};

/** @param {Driver} driver @returns {Promise<Map<string, string[]>>} */
const runThemes = async (driver) => {
  const all = new Map();
  for (const theme of themes) {
    const since = performance.now();
    for (const { name, lines } of await runTheme(driver, theme, { only: values.only })) all.set(`${theme}: ${name}`, lines);
    if (values.slow) console.log(`      ${theme} took ${((performance.now() - since) / 1000).toFixed(0)} s`);
  }
  return all;
};

/** What differs, in both arms; null where nothing does. @param {string[]} one @param {string[] | undefined} other @param {[string, string]} arms */
const difference = (one, other, [first, second]) => {
  if (other === undefined) return `        only ${first} the extension`;
  /** @type {string[]} */
  const shown = [];
  for (let n = 0; n < Math.max(one.length, other.length) && shown.length < 2 * SHOWN; n++) {
    if (one[n] !== other[n]) shown.push(`        ${first.padEnd(8)} ${one[n] ?? '–'}`, `        ${second.padEnd(8)} ${other[n] ?? '–'}`);
  }
  return shown.length === 0 ? null : shown.join('\n');
};

let passed = 0, failed = 0;
/** @param {string} name @param {string | null} [wrong] */
const tell = (name, wrong = null) => {
  if (wrong === null) passed++; else failed++;
  console.log(wrong === null ? `ok    ${browserName}  ${name}` : `FAIL  ${browserName}  ${name}\n${wrong}`);
};

/** @param {string} what @param {() => Promise<Map<string, string[]>>} go */
const timed = async (what, go) => {
  const since = performance.now(), all = await go();
  console.log(`      ${browserName}  ${what}: ${all.size} checks, ${[...all.values()].flat().length} observations in ${((performance.now() - since) / 1000).toFixed(0)} s`);
  return all;
};

/**
 * Wrappers that must not pass for no wrapper, and the promises that each of them breaks. In a browser without the extension, at addresses
 * that are not watched: the suite must find them by itself.
 * @type {Record<string, Record<string, string[]>>}
 */
const CLUMSY = {
  function: {
    shape: ['fetch has its name, length, descriptor and no prototype, and is one function under all its names', 'fetch prints as a native function does, through every way of printing',
      'the window has the globals that it had, and no others', 'no marks are left where pages look for them', 'fetch takes undefined and windows as receivers, and rejects others'],
    fetch: ['each member of init is read once, in the browser\'s order', 'an init behind a Proxy is asked what the browser asks, and nothing else', 'what is rejected at the call is rejected as many microtasks later as natively', 'members that init inherits are read once too'],
  },
  clone: {
    fetch: ['a call that fails and that nobody handles is one unhandledrejection, of the page\'s own promise', 'what the page replaced of its own is not run by a call'],
    // Firefox itself does not close after a first read.
    ...browserName === 'firefox' ? {} : { streams: ['cancel by a reader ends pending reads and closes the connection', 'for await left by break, return or throw cancels and closes the connection'] },
  },
  rebuilt: {
    response: ['a Response is the browser\'s own: url, type, redirected, status, headers, and nothing added', 'headers are immutable', '204, 205 and 304 have no body'],
    fetch: ['a no-cors call stays opaque', 'redirects are followed, told, refused or handed over opaque'],
  },
  streams: {
    shape: ['ReadableStreamDefaultReader and its prototype have their members in their order, each native, with its name, length and descriptor', 'Response.prototype.json refuses a foreign receiver as it did: thrown or rejected, in its own words'],
    response: ['errors of a second reading come as many microtasks later as natively', 'a locked body refuses every other reader in the browser\'s own words, and is free afterwards'],
    streams: ['comments that keep the line alive come at once, one by one', 'the page\'s own streams are pulled, read and cancelled step by step as they were', 'reads asked before anything came are answered in their order'],
  },
  facade: {
    shape: ['XMLHttpRequest and its prototype have their members in their order, each native, with its name, length and descriptor', 'XMLHttpRequest.prototype.send refuses a foreign receiver as it did: thrown or rejected, in its own words'],
    xhr: ['the events come in the browser\'s order, each trusted, on the object itself', 'on… handlers run among listeners in the order in which they were set', 'a timeout ends a call as it did', 'withCredentials is kept and refused as it was', 'each method and setter throws in the states in which it threw'],
  },
  heir: {
    shape: ['XMLHttpRequest and its prototype have their members in their order, each native, with its name, length and descriptor', 'no marks are left where pages look for them'],
    xhr: ['own members over open and send, and methods borrowed, are the page\'s own', 'each responseType gives its value, the same object each time, and throws at the wrong door'],
  },
};

/**
 * What is seen all the same, and why. One that is not seen any more fails, so that the list stays true.
 * @type {Record<string, string>}
 */
const KNOWN = {
  'fetch: an init behind a Proxy is asked what the browser asks, and nothing else': 'the snapshot for a retry looks at property descriptors; no getter runs, and natively none is skipped',
  // Firefox's alone: a text that was asked for once, and we look at it for an error, outlives abort() at the end.
  ...browserName === 'firefox' ? {
    'xhr: abort in each state does what it did, event by event': 'responseText is still there after an abort() of what was over',
    'xhr: abort within a listener, of each event, does what it did': 'responseText is still there after an abort() of what was over',
  // Chromium's alone: V8 names an object in the words of a TypeError by its constructor, which a Proxy hides.
  } : { 'xhr: each method and setter throws in the states in which it threw': 'once a page has called OpenRouter by XMLHttpRequest, the words of a TypeError say [object XMLHttpRequest]' },
};
/** @type {Set<string>} */
const seen = new Set();

/** @param {Driver} driver */
const selfTest = async (driver) => {
  for (const [wrapper, promises] of Object.entries(CLUMSY)) {
    const script = readFileSync(join(site, 'clumsy', `${wrapper}.js`), 'utf8');
    for (const [theme, names] of Object.entries(promises)) {
      const what = { names, phases: ['before'], limitMs: 10_000 };
      const [without, with_] = [await runTheme(driver, theme, what), await runTheme(driver, theme, what, script)];
      for (const name of names) {
        const both = without.filter((one) => one.name.startsWith(`${name} [`)).map((one) => difference(one.lines, with_.find((other) => other.name === one.name)?.lines, ['without', 'with']));
        tell(`self-test: the wrapper ${wrapper} breaks “${theme}: ${name}”`, both.length > 0 && both.every((found) => found !== null) ? null : `        found at ${both.filter((found) => found !== null).length} of ${both.length} addresses`);
      }
    }
  }
};

try {
  const extension = built(browserName, 'test');
  mock = await startMock([HOST], site);
  const driver = await Driver.start(browserName, { mock, extension: null });
  if (values['self-test'] || values.only === '') await selfTest(driver);
  if (!values['self-test']) {
    const without = await timed('without', () => runThemes(driver));
    if (values.show) for (const [name, lines] of without) console.log([name, ...lines].join('\n        '));
    const again = values.twice ? await timed('without, again', () => runThemes(driver)) : without;
    await driver.install(extension);
    const with_ = await timed('with', () => runThemes(driver));
    for (const [name, lines] of without) {
      const varies = difference(lines, again.get(name), ['once', 'again']);
      const differs = varies === null ? difference(lines, with_.get(name), ['without', 'with']) : `        varies without the extension:\n${varies}`;
      const promise = name.replace(/ \[.*\]$/, ''), known = KNOWN[promise];
      if (varies === null && differs !== null && known !== undefined) {
        seen.add(promise);
        tell(`${name}, but that ${known}`);
      } else tell(name, differs);
    }
    if (values.only === '' && values.theme === '') for (const promise of Object.keys(KNOWN)) if (!seen.has(promise)) tell(promise, '        is kept by now: take it off the list of what is known');
  }
  await driver.stop();
} catch (error) {
  tell('the run', `        ${error instanceof Error ? error.stack : error}`);
}
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
