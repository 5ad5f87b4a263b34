// @ts-check
// The browser tests: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed]
// One line a test, one browser a suite, no second tries. Ends with "N passed, N failed"; fails if any failed or none ran.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Driver, running } from './lib/browsers.mjs';
import { Mock } from './lib/mock.mjs';
import { servePlain } from './lib/plain.mjs';
import { Scene } from './lib/scene.mjs';
import { within } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Suite} Suite */
/** @typedef {import('./lib/scene.mjs').Test} Test */

const TEST_MS = 60_000;
const RUN_MS = 18 * 60_000;

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

const { values } = parseArgs({ options: { browser: { type: 'string' }, only: { type: 'string', default: '' }, headed: { type: 'boolean', default: false } } });
const browserName = values.browser;
if (browserName !== 'chromium' && browserName !== 'firefox') {
  console.error('usage: node tests/browser/run.mjs --browser chromium|firefox [--only words] [--headed]');
  process.exit(2);
}
const dist = process.env.COOLDOWN_DIST ?? join(root, 'dist');
const folders = { test: join(dist, `test-${browserName}`), shipped: join(dist, browserName) };
const shots = join(target, 'browser-tests', browserName);

/** The test pages with the npm packages that they import, in one folder that the mock serves. */
const buildSite = () => {
  const site = join(/** @type {string} */ (work), 'site');
  cpSync(join(root, 'tests', 'pages'), site, { recursive: true });
  const modules = join(here, 'node_modules');
  cpSync(join(modules, 'openai'), join(site, 'npm', 'openai'), { recursive: true, filter: (from) => !/\.(d\.ts|d\.mts|cts|ts|map|js)$|\/src$/.test(from) });
  cpSync(join(modules, 'deep-chat', 'dist', 'deepChat.bundle.js'), join(site, 'npm', 'deep-chat', 'deepChat.bundle.js'));
  return site;
};

/** A shipped build is installed from a copy, since a test may change its manifest for a moment. @param {Suite} suite */
const extensionOf = (suite) => {
  if (suite.build === 'test') return folders.test;
  const copy = join(/** @type {string} */ (work), 'extension');
  cpSync(folders.shipped, copy, { recursive: true });
  return copy;
};

/** Everything of ours ends, whatever happened. @param {number} code @returns {never} */
const end = (code) => {
  for (const driver of running) driver.kill();
  mock?.stop();
  if (work !== null) rmSync(work, { recursive: true, force: true });
  process.exit(code);
};
/** @type {Mock | null} */ let mock = null;
/** @type {string | null} */ let work = null;
process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));
setTimeout(() => { console.log(`the whole run took longer than ${RUN_MS / 60_000} min`); end(1); }, RUN_MS).unref();

let passed = 0, failed = 0;

/** What went wrong and where in the tests; the driver's and Node's own frames say nothing. @param {unknown} error */
const explain = (error) => String(error instanceof Error ? error.stack : error).split('\n')
  .filter((line) => !/^\s+at /.test(line) || line.includes('.suite.mjs') || line.includes('node_modules')).map((line) => `        ${line.replace(`file://${here}/`, '')}`).join('\n');

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
  const scene = new Scene({ driver, mock: /** @type {Mock} */ (mock), host, extension });
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
    const extension = extensionOf(suite);
    const driver = await Driver.start(browserName, { mock: /** @type {Mock} */ (mock), extension, headed: values.headed, dark: some[0]?.test.dark === true });
    for (const { test, host } of some) await runTest(suite, test, host, driver, extension);
    await driver.stop();
  };
  const beside = Promise.all(tests.filter(({ test }) => test.beside).map((one) => runAll([one])));
  await runAll(tests.filter(({ test }) => !test.beside && !test.alone));
  for (const one of tests) if (one.test.alone) await runAll([one]);
  await beside;
};

try {
  for (const folder of Object.values(folders)) {
    if (!existsSync(join(folder, 'manifest.json'))) throw new Error(`${folder} is not there: run \`cargo xtask build\` and \`cargo xtask build --test\``);
  }
  execFileSync('cargo', ['build', '--quiet', '--package', 'mock'], { cwd: root, stdio: 'inherit' });
  mkdirSync(shots, { recursive: true });
  /** @type {Suite[]} */
  const suites = await Promise.all(readdirSync(here).filter((file) => file.endsWith('.suite.mjs')).sort().map(async (file) => (await import(`./${file}`)).default));
  const plan = suites.map((suite) => ({
    suite,
    tests: suite.tests.map((test, n) => ({ test, host: `${suite.name}-${n + 1}.example` }))
      .filter(({ test }) => `${suite.name}: ${test.name}`.includes(values.only) && (test.browsers ?? [browserName]).includes(browserName)),
  })).filter(({ tests }) => tests.length > 0);

  work = mkdtempSync(join(tmpdir(), 'cooldown-tests-'));
  const site = buildSite();
  const hosts = ['elsewhere.example', ...plan.flatMap(({ tests }) => tests.map(({ host }) => host))];
  mock = await Mock.start(join(target, 'debug', 'mock'), { sites: Object.fromEntries(hosts.map((host) => [host, site])) });
  mock.plainPort = await servePlain(site);
  for (const { suite, tests } of plan) {
    const since = performance.now();
    await runSuite(suite, tests).catch((error) => tell(`${suite.name}: the suite's browser`, since, error));
  }
} catch (error) {
  tell('setting up', 0, error);
}
console.log(`${passed} passed, ${failed} failed`);
end(failed > 0 || passed === 0 ? 1 : 0);
