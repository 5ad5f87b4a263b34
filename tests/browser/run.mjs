// @ts-check
// The browser tests: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed] [--lanes N] [--slowest N] [--hard | --undefended]
// --hard: those of the long run too. --undefended: what holds a defence, each without that defence, to see that it notices.
// One line a test, no second tries. Ends with "N passed, N failed"; fails if any failed or none ran.
// A suite has a browser of its own, and so has each test that needs one. They run in lanes, each with a stand-in of its own: most of a test is waiting.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { APP_HOSTS, Driver } from './lib/browsers.mjs';
import { built, copyPages, end, endInTime, explain, here, modules, publicPage, startMock, target, workFolder } from './lib/house.mjs';
import { Scene } from './lib/scene.mjs';
import { missing } from './lib/threats.mjs';
import { findAll, takeOut } from './lib/undefended.mjs';
import { within } from './lib/wait.mjs';

/** @typedef {import('./lib/mock.mjs').Mock} Mock */
/** @typedef {import('./lib/scene.mjs').Suite} Suite */
/** @typedef {import('./lib/scene.mjs').Test} Test */

const TEST_MS = 60_000;
const { values } = parseArgs({ options: { browser: { type: 'string' }, only: { type: 'string', default: '' }, headed: { type: 'boolean', default: false }, lanes: { type: 'string', default: '2' }, slowest: { type: 'string', default: '0' }, hard: { type: 'boolean', default: false }, undefended: { type: 'boolean', default: false } } });
const browserName = values.browser;
if (browserName !== 'chromium' && browserName !== 'firefox') {
  console.error('usage: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed] [--lanes N] [--slowest N] [--hard | --undefended]');
  process.exit(2);
}
/** Browsers at a time, beside the one that waits long. To build without a defence stops all else here. */
const LANES = values.undefended ? 1 : Number(values.lanes);
const shots = join(target, 'browser-tests', browserName);

/** The test pages with the npm packages that they import, in one folder that the mock serves. */
const buildSite = () => {
  const site = copyPages();
  cpSync(publicPage(), join(site, 'deep', 'cooldown'), { recursive: true });
  cpSync(join(modules, 'openai'), join(site, 'npm', 'openai'), { recursive: true, filter: (from) => !/\.(d\.ts|d\.mts|cts|ts|map|js)$|\/src$/.test(from) });
  cpSync(join(modules, 'deep-chat', 'dist', 'deepChat.bundle.js'), join(site, 'npm', 'deep-chat', 'deepChat.bundle.js'));
  buildSync({
    entryPoints: [join(site, 'peers', 'sentry.js')], outdir: join(site, 'peers'), allowOverwrite: true, bundle: true, format: 'iife', platform: 'browser', target: 'es2022', nodePaths: [modules], logLevel: 'error',
  });
  return site;
};

let copies = 0;
/** A shipped build is installed from a copy, since a test may change its manifest for a moment; so is one that its suite prepares. @param {Suite} suite */
const extensionOf = (suite) => {
  const folder = built(browserName, suite.build);
  if (suite.build === 'test' && suite.prepare === undefined) return folder;
  const copy = join(workFolder(), `extension-${suite.name}-${copies += 1}`);
  cpSync(folder, copy, { recursive: true });
  suite.prepare?.(copy);
  return copy;
};

/** @typedef {{test: Test, host: string}} Task */
/** Tasks of a suite that share a browser. @typedef {{suite: Suite, tasks: Task[]}} Group */

/** @type {Array<{suite: Suite, tests: Task[]}>} */ let plan = [];
endInTime(values.hard || values.undefended ? 2 : 1);

let passed = 0, failed = 0;
/** @type {Array<{name: string, ms: number}>} */ const times = [];

/** @param {string} name @param {number} since @param {unknown} [error] */
const tell = (name, since, error) => {
  const ms = performance.now() - since, took = `${(ms / 1000).toFixed(1)} s`;
  times.push({ name, ms });
  if (error === undefined) {
    passed++;
    console.log(`ok    ${browserName}  ${name}  (${took})`);
  } else {
    failed++;
    console.log(`FAIL  ${browserName}  ${name}  (${took})\n${explain(error)}`);
  }
};

/** @param {Suite} suite @param {Task} task @param {Driver} driver @param {Mock} mock @param {string} extension @returns {Promise<boolean>} did it pass? */
const runTest = async (suite, { test, host }, driver, mock, extension) => {
  const since = performance.now(), name = `${suite.name}: ${test.name}`;
  const scene = new Scene({ driver, mock, host, extension, undefended: values.undefended });
  const error = await within('the test', test.limitMs ?? TEST_MS, test.run(scene)).then(() => undefined, (reason) => reason ?? 'for no reason');
  tell(name, since, error);
  if (error !== undefined) {
    const file = join(shots, `${host}.png`);
    const last = scene.pages.at(-1);
    await within('a screenshot', 5_000, last?.screenshot({ path: /** @type {`${string}.png`} */ (file) }) ?? Promise.reject()).then(() => console.log(`        see ${file}`), () => {});
  }
  await within('the pages close', 5_000, scene.end()).catch(() => {});
  return error === undefined;
};

/** Those of a suite that share a browser, and each that gets its own. Without defences: those that go without the same. @param {{suite: Suite, tests: Task[]}} of @returns {Group[]} */
const groupsOf = ({ suite, tests }) => {
  /** @type {Map<unknown, Task[]>} */ const groups = new Map();
  for (const task of tests) {
    const { test } = task, key = values.undefended ? JSON.stringify(test.without) : test.alone || test.beside ? test : null;
    groups.set(key, [...groups.get(key) ?? [], task]);
  }
  return [...groups.values()].map((tasks) => ({ suite, tasks }));
};

/** One group after the other, until none is left, each in a browser that nobody has used. @param {Group[]} queue @param {Mock} mock */
const runLane = async (queue, mock) => {
  /** @type {Driver | null} */ let driver = null;
  const stop = async () => { await driver?.stop(); driver = null; };
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
    const { suite, tasks } = group, since = performance.now();
    try {
      const { dark = false, without = [] } = tasks[0]?.test ?? {}, extension = values.undefended ? takeOut(browserName, without, plan) : extensionOf(suite);
      if (!await driver?.renew(extension, dark)) await stop();
      for (const task of tasks) {
        driver ??= await Driver.start(browserName, { mock, extension, headed: values.headed, dark });
        // What failed may have left anything.
        if (!await runTest(suite, task, driver, mock, extension)) await stop();
      }
    } catch (error) {
      tell(`${suite.name}: the suite's browser`, since, error);
      await stop();
    }
  }
  await stop();
};

try {
  for (const build of /** @type {const} */ (['test', 'shipped'])) built(browserName, build);
  mkdirSync(shots, { recursive: true });
  /** @type {Suite[]} */
  const suites = await Promise.all(readdirSync(here).filter((file) => file.endsWith('.suite.mjs')).sort().map(async (file) => (await import(`./${file}`)).default));
  // Also of those that run in the long form alone.
  try { findAll(browserName, suites.flatMap(({ tests }) => tests.flatMap(({ without = [] }) => without))); } catch (error) { tell('hostile: each defence is where its attack says', performance.now(), error); }
  const lost = missing(suites);
  if (lost.length > 0) tell(`SECURITY.md: each test that it names is there: ${lost.join('; ')}`, performance.now(), 'named, and not there');
  plan = suites.map((suite) => ({
    suite,
    tests: suite.tests.map((test, n) => ({ test, host: `${suite.name}-${n + 1}.example` }))
      .filter(({ test }) => `${suite.name}: ${test.name}`.includes(values.only) && (test.browsers ?? [browserName]).includes(browserName) && (values.undefended ? test.without !== undefined : values.hard || !test.hard)),
  })).filter(({ tests }) => tests.length > 0);

  const hosts = ['elsewhere.example', ...APP_HOSTS, ...plan.flatMap(({ tests }) => tests.map(({ host }) => host))];
  const site = buildSite(), groups = plan.flatMap(groupsOf);
  const isLong = (/** @type {Group} */ { tasks }) => tasks[0]?.test.beside === true;
  // The largest first, so that none is left alone at the end.
  const lanes = Array(LANES).fill(groups.filter((group) => !isLong(group)).sort((one, other) => other.tasks.length - one.tasks.length));
  await Promise.all([groups.filter(isLong), ...lanes].map(async (queue) => { if (queue.length > 0) await runLane(queue, await startMock(hosts, site)); }));
} catch (error) {
  tell('setting up', 0, error);
}
const slowest = times.sort((one, other) => other.ms - one.ms).slice(0, Number(values.slowest));
for (const { name, ms } of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(8)} s  ${name}`);
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
