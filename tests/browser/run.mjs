// @ts-check
// The browser tests: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed] [--hard | --undefended]
// --hard: those of the long run too. --undefended: what holds a defence, each without that defence, to see that it notices.
// One line a test, one browser a suite, no second tries. Ends with "N passed, N failed"; fails if any failed or none ran.
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { APP_HOSTS, Driver } from './lib/browsers.mjs';
import { built, copyPages, end, endInTime, explain, here, modules, publicPage, startMock, target, workFolder } from './lib/house.mjs';
import { Scene } from './lib/scene.mjs';
import { findAll, takeOut } from './lib/undefended.mjs';
import { within } from './lib/wait.mjs';

/** @typedef {import('./lib/mock.mjs').Mock} Mock */
/** @typedef {import('./lib/scene.mjs').Suite} Suite */
/** @typedef {import('./lib/scene.mjs').Test} Test */

const TEST_MS = 60_000;

const { values } = parseArgs({ options: { browser: { type: 'string' }, only: { type: 'string', default: '' }, headed: { type: 'boolean', default: false }, hard: { type: 'boolean', default: false }, undefended: { type: 'boolean', default: false } } });
const browserName = values.browser;
if (browserName !== 'chromium' && browserName !== 'firefox') {
  console.error('usage: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed] [--hard | --undefended]');
  process.exit(2);
}
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

/** A shipped build is installed from a copy, since a test may change its manifest for a moment; so is one that its suite prepares. @param {Suite} suite */
const extensionOf = (suite) => {
  const folder = built(browserName, suite.build);
  if (suite.build === 'test' && suite.prepare === undefined) return folder;
  const copy = join(workFolder(), `extension-${suite.name}`);
  cpSync(folder, copy, { recursive: true });
  suite.prepare?.(copy);
  return copy;
};

/** @type {Mock | null} */ let mock = null;
/** @type {Array<{suite: Suite, tests: Array<{test: Test, host: string}>}>} */ let plan = [];
endInTime(values.hard || values.undefended ? 2 : 1);

let passed = 0, failed = 0;

/** @param {string} name @param {number} since @param {unknown} [error] */
const tell = (name, since, error) => {
  const took = `${((performance.now() - since) / 1000).toFixed(1)} s`;
  if (error === undefined) {
    passed++;
    console.log(`ok    ${browserName}  ${name}  (${took})`);
  } else {
    failed++;
    console.log(`FAIL  ${browserName}  ${name}  (${took})\n${explain(error)}`);
  }
};

/** @param {Suite} suite @param {Test} test @param {string} host @param {Driver} driver @param {string} extension */
const runTest = async (suite, test, host, driver, extension) => {
  const since = performance.now();
  const scene = new Scene({ driver, mock: /** @type {Mock} */ (mock), host, extension, undefended: values.undefended });
  try {
    await within('the test', test.limitMs ?? TEST_MS, test.run(scene));
    tell(`${suite.name}: ${test.name}`, since);
  } catch (error) {
    tell(`${suite.name}: ${test.name}`, since, error);
    const file = join(shots, `${host}.png`);
    const last = scene.pages.at(-1);
    await within('a screenshot', 5_000, last?.screenshot({ path: /** @type {`${string}.png`} */ (file) }) ?? Promise.reject()).then(() => console.log(`        see ${file}`), () => {});
  }
  await within('the pages close', 5_000, scene.end()).catch(() => {});
};

/** @param {Suite} suite @param {Array<{test: Test, host: string}>} tests */
const runSuite = async (suite, tests) => {
  /** @param {Array<{test: Test, host: string}>} some in one browser, which is started for them and ends after them */
  const runAll = async (some) => {
    if (some.length === 0) return;
    const { dark = false, without = [] } = some[0]?.test ?? {}, extension = values.undefended ? takeOut(browserName, without, plan) : extensionOf(suite);
    const driver = await Driver.start(browserName, { mock: /** @type {Mock} */ (mock), extension, headed: values.headed, dark });
    for (const { test, host } of some) await runTest(suite, test, host, driver, extension);
    await driver.stop();
  };
  // Those that go without the same are together.
  if (values.undefended) {
    const keys = tests.map(({ test }) => JSON.stringify(test.without));
    for (const key of new Set(keys)) await runAll(tests.filter((_, n) => keys[n] === key));
    return;
  }
  const beside = Promise.all(tests.filter(({ test }) => test.beside).map((one) => runAll([one])));
  await runAll(tests.filter(({ test }) => !test.beside && !test.alone));
  for (const one of tests) if (one.test.alone) await runAll([one]);
  await beside;
};

try {
  for (const build of /** @type {const} */ (['test', 'shipped'])) built(browserName, build);
  mkdirSync(shots, { recursive: true });
  /** @type {Suite[]} */
  const suites = await Promise.all(readdirSync(here).filter((file) => file.endsWith('.suite.mjs')).sort().map(async (file) => (await import(`./${file}`)).default));
  // Also of those that run in the long form alone.
  try { findAll(browserName, suites.flatMap(({ tests }) => tests.flatMap(({ without = [] }) => without))); } catch (error) { tell('hostile: each defence is where its attack says', performance.now(), error); }
  plan = suites.map((suite) => ({
    suite,
    tests: suite.tests.map((test, n) => ({ test, host: `${suite.name}-${n + 1}.example` }))
      .filter(({ test }) => `${suite.name}: ${test.name}`.includes(values.only) && (test.browsers ?? [browserName]).includes(browserName) && (values.undefended ? test.without !== undefined : values.hard || !test.hard)),
  })).filter(({ tests }) => tests.length > 0);

  const hosts = ['elsewhere.example', ...APP_HOSTS, ...plan.flatMap(({ tests }) => tests.map(({ host }) => host))];
  mock = await startMock(hosts, buildSite());
  for (const { suite, tests } of plan) {
    const since = performance.now();
    await runSuite(suite, tests).catch((error) => tell(`${suite.name}: the suite's browser`, since, error));
  }
} catch (error) {
  tell('setting up', 0, error);
}
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
