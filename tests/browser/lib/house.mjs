// @ts-check
// What a program that runs the extension in a browser stands on: the built folders, a folder of its own, the stand-in, and one way out, which
// ends everything that it started.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { running } from './browsers.mjs';
import { Mock } from './mock.mjs';
import { servePlain } from './plain.mjs';

/** @typedef {import('./browsers.mjs').BrowserName} BrowserName */

/** The most that a run in one browser may take. */
const RUN_MS = 38 * 60_000;

/** tests/browser */
export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(dirname(here));
export const modules = join(here, 'node_modules');
export const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');

const dist = process.env.COOLDOWN_DIST ?? join(root, 'dist');
/** The built extension, unpacked. @param {BrowserName} browserName @param {'test' | 'shipped'} build */
export const built = (browserName, build) => {
  const folder = join(dist, build === 'test' ? `test-${browserName}` : browserName);
  if (!existsSync(join(folder, 'manifest.json'))) throw new Error(`${folder} is not there: run \`cargo xtask build\` and \`cargo xtask build --test\``);
  return folder;
};

/** The built public page. */
export const publicPage = () => {
  const folder = join(dist, 'www');
  if (!existsSync(folder)) throw new Error(`${folder} is not there: run \`cargo xtask build\``);
  return folder;
};

// What is told is told before the end: of a pipe that is full and not waited for, `exit` would lose the rest.
for (const stream of [process.stdout, process.stderr]) /** @type {any} */ (stream)._handle?.setBlocking?.(true);

/** @type {string | null} */ let work = null;
/** A folder for this run alone, gone at its end. */
export const workFolder = () => work ??= mkdtempSync(join(tmpdir(), 'cooldown-tests-'));

/** The test pages, in a folder to which a run adds the npm packages that they import. */
export const copyPages = () => {
  const site = join(workFolder(), 'site');
  cpSync(join(root, 'tests', 'pages'), site, { recursive: true });
  return site;
};

/** @type {Set<string>} */ const fresh = new Set();
/** A program of cargo's, built where that was not done before this run. @param {string} path below target/debug @param {string[]} what to build */
export const program = (path, ...what) => {
  if (process.env.COOLDOWN_BUILT === undefined && !fresh.has(path)) execFileSync('cargo', ['build', '--quiet', ...what], { cwd: root, stdio: 'inherit' });
  fresh.add(path);
  return join(target, 'debug', path);
};

/** The stand-in, with one folder for all hosts. @param {string[]} hosts @param {string} site */
export const startMock = async (hosts, site) => {
  const mock = await Mock.start(program('mock', '--package', 'mock'), { sites: Object.fromEntries(hosts.map((host) => [host, site])) });
  mock.plainPort = await servePlain(site);
  return mock;
};

/** Everything of ours ends, whatever happened; a stand-in does when its stdin closes. @param {number} code @returns {never} */
export const end = (code) => {
  for (const driver of running) driver.kill();
  if (work !== null) rmSync(work, { recursive: true, force: true });
  process.exit(code);
};

/** Ends this program when it is told to, and when it takes too long. @param {number} [browsers] one after the other */
export const endInTime = (browsers = 1) => {
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  setTimeout(() => { console.log(`the whole run took longer than ${browsers * RUN_MS / 60_000} min`); end(1); }, browsers * RUN_MS).unref();
};

/** What went wrong and where in the tests; the driver's and Node's own frames say nothing. @param {unknown} error */
export const explain = (error) => String(error instanceof Error ? error.stack : error).split('\n')
  .filter((line) => !/^\s+at /.test(line) || line.includes('.suite.mjs') || line.includes('node_modules')).map((line) => `        ${line.replace(`file://${here}/`, '')}`).join('\n');
