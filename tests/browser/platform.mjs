// @ts-check
// The web platform's own tests of fetch and XMLHttpRequest, without the tap and with it: no subtest that passes without may be lost.
//
//   ./wpt manifest -r -p MANIFEST.json fetch/api xhr && ./wpt serve --no-h2      in a copy of web-platform-tests, with its hosts in /etc/hosts
//   node tests/browser/platform.mjs --browser chromium|firefox --tests DIR [--manifest FILE] [--only TEXT] [--lanes N]
//
// The copy's `resources/testharnessreport.js`, which is there for it, is replaced. The tap stands in every frame, watching first nothing and then
// everything, with tests/pages/tap-prelude.js in the bridge's place. What differs is run twice more in both ways; what is lost each time is lost.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';
import { PATHS } from './lib/browsers.mjs';
import { built, root } from './lib/house.mjs';
import { pause, within } from './lib/wait.mjs';

/** @typedef {{status: number | string, tests: [name: string, status: number, message: string | null][]}} Report  status 0: passed */
/** @typedef {'none' | 'nothing' | 'everything'} Mode  what the tap watches */

const { values } = parseArgs({ options: { browser: { type: 'string' }, tests: { type: 'string' }, manifest: { type: 'string' }, only: { type: 'string', default: '' }, lanes: { type: 'string', default: '2' } } });
const { browser: name, tests } = values;
if ((name !== 'chromium' && name !== 'firefox') || tests === undefined) {
  console.error('usage: node tests/browser/platform.mjs --browser chromium|firefox --tests DIR [--manifest FILE] [--only TEXT] [--lanes N]');
  process.exit(2);
}

const START_MS = 60_000;
/** The most that a test's page may take, by what the manifest says of it. */
const PAGE_MS = 120_000, LONG_MS = 300_000;
/** Where the tap does not reach. */
const BESIDE = /\.(?:worker|sharedworker|serviceworker|shadowrealm)[-.\w]*\.html|\.h2\./;
const REPORT = `setup({ output: false, timeout_multiplier: 5 });
add_completion_callback((tests, { status }) => { globalThis.__report = { status, tests: tests.map((test) => [test.name, test.status, test.message]) }; });
`;

const work = mkdtempSync(join(tmpdir(), 'cooldown-platform-'));
writeFileSync(join(tests, 'resources', 'testharnessreport.js'), REPORT);

/** All pages of the manifest that run in a window. @returns {{url: string, isLong: boolean}[]} */
const pages = () => {
  /** @type {{url: string, isLong: boolean}[]} */
  const all = [];
  /** @param {any} node @param {string} path */
  const walk = (node, path) => {
    if (!Array.isArray(node)) { for (const key of Object.keys(node)) walk(node[key], path === '' ? key : `${path}/${key}`); return; }
    for (const [url, { timeout }] of node.slice(1)) {
      const at = url ?? path;
      all.push({ url: `${at.includes('.https.') ? 'https://web-platform.test:8443' : 'http://web-platform.test:8000'}/${at}`, isLong: timeout === 'long' });
    }
  };
  walk(JSON.parse(readFileSync(values.manifest ?? join(tests, 'MANIFEST.json'), 'utf8')).items.testharness, '');
  return all.filter(({ url }) => /\/(?:fetch\/api|xhr)\//.test(url) && !BESIDE.test(url) && url.includes(values.only));
};

/** The tap as an extension of its own. @param {Mode} mode @returns {string | null} */
const extension = (mode) => {
  if (mode === 'none') return null;
  const folder = join(work, mode), prelude = readFileSync(join(root, 'tests', 'pages', 'tap-prelude.js'), 'utf8'), all = 'globalThis.__COOLDOWN_WATCH_ALL__';
  mkdirSync(folder, { recursive: true });
  cpSync(join(built(name, 'test'), 'page', 'tap.js'), join(folder, 'tap.js'));
  writeFileSync(join(folder, 'prelude.js'), mode === 'everything' ? `${all} = true;\n${prelude}\ndelete ${all};\n` : prelude);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({
    manifest_version: 3, name: 'tap', version: '1', host_permissions: ['<all_urls>'], browser_specific_settings: { gecko: { id: 'tap@cooldown' } },
    content_scripts: [{ matches: ['<all_urls>'], js: ['prelude.js', 'tap.js'], run_at: 'document_start', all_frames: true, match_about_blank: true, match_origin_as_fallback: true, world: 'MAIN' }],
  }));
  return folder;
};

/** @param {import('puppeteer-core').Browser} browser @param {{url: string, isLong: boolean}} test @returns {Promise<Report>} */
const runPage = async (browser, { url, isLong }) => {
  const page = await browser.newPage();
  try {
    return await within('the page reports', isLong ? LONG_MS : PAGE_MS, (async () => {
      await page.goto(url, { waitUntil: 'domcontentloaded' });
      for (;;) {
        const report = await page.evaluate(() => /** @type {any} */ (globalThis).__report ?? null).catch(() => null);
        if (report !== null) return report;
        await pause(100);
      }
    })());
  } catch (error) { return { status: String(error), tests: [] }; } finally { await within('the page closes', 5_000, page.close()).catch(() => {}); }
};

/** @param {Mode} mode @param {{url: string, isLong: boolean}[]} list @returns {Promise<Map<string, Report>>} */
const run = async (mode, list) => {
  const profile = mkdtempSync(join(work, 'profile-')), tap = extension(mode), out = new Map(), left = [...list];
  const browser = await within('the browser starts', START_MS, puppeteer.launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox', executablePath: PATHS[name], headless: true, userDataDir: profile, acceptInsecureCerts: true,
    ...name === 'chromium' ? { pipe: true, enableExtensions: true, args: ['--no-sandbox', '--disable-dev-shm-usage', '--ignore-certificate-errors', '--disable-popup-blocking'] } : {},
  }));
  const child = browser.process(), ended = new Promise((resolve) => { child?.once('exit', resolve); }), stop = () => { child?.kill('SIGKILL'); };
  process.once('exit', stop);
  try {
    if (tap !== null) await browser.installExtension(tap);
    await Promise.all(Array.from({ length: Number(values.lanes) }, async () => {
      for (let test = left.shift(); test !== undefined; test = left.shift()) {
        out.set(test.url, await runPage(browser, test));
        if (out.size % 100 === 0) console.log(`      ${name}, ${mode}: ${out.size} of ${list.length} pages`);
      }
    }));
  } finally {
    stop();
    await within('the browser ends', 5_000, ended).catch(() => {});
    process.off('exit', stop);
  }
  const all = [...out.values()].flatMap((report) => report.tests);
  console.log(`${name}, ${mode === 'none' ? 'without the tap' : `the tap watching ${mode}`}: ${list.length} pages, ${all.length} subtests, ${all.filter(([, status]) => status === 0).length} passed`);
  return out;
};

/** Subtests that pass without and not with. @param {Report | undefined} without @param {Report | undefined} withTap */
const lostIn = (without, withTap) => {
  const got = new Map((withTap?.tests ?? []).map(([test, status]) => [test, status]));
  return (without?.tests ?? []).filter(([test, status]) => status === 0 && got.get(test) !== 0).map(([test]) => test);
};

const list = pages(), without = await run('none', list);
let lost = 0;
for (const mode of /** @type {const} */ (['nothing', 'everything'])) {
  const withTap = await run(mode, list);
  /** @type {Map<string, Set<string>>} */
  const suspects = new Map(list.map(({ url }) => [url, new Set(lostIn(without.get(url), withTap.get(url)))]));
  for (let again = 0; again < 2; again++) {
    const few = list.filter(({ url }) => (suspects.get(url)?.size ?? 0) > 0);
    if (few.length === 0) break;
    const first = await run('none', few), second = await run(mode, few);
    for (const { url } of few) suspects.set(url, new Set(lostIn(first.get(url), second.get(url)).filter((test) => suspects.get(url)?.has(test))));
  }
  for (const [url, subtests] of suspects) for (const test of subtests) { lost++; console.log(`LOST  ${name}, watching ${mode}: ${url}: ${test}`); }
}
await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }).catch(() => {}); // the browser's processes may still write there
console.log(`${lost} lost`);
process.exit(lost === 0 && list.length > 0 ? 0 : 1);
