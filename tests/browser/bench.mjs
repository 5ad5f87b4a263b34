// @ts-check
// The browser's part of `cargo xtask bench`: serves tests/bench and the built core on loopback, opens one page, and has it measure.
// node tests/browser/bench.mjs --browser chromium|firefox --extension FOLDER --made FOLDER writes <browser>.json into the latter.
import { createReadStream, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import puppeteer from 'puppeteer-core';
import { Driver, running } from './lib/browsers.mjs';
import { within } from './lib/wait.mjs';

const START_MS = 60_000;
const STEP_MS = 240_000;

const option = /** @type {const} */ ({ type: 'string', default: '' });
const { values } = parseArgs({ options: { browser: option, extension: option, made: option } });
const browserName = values.browser === 'firefox' ? 'firefox' : 'chromium';
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const FOLDERS = /** @type {const} */ ([['/extension/', values.extension], ['/made/', values.made], ['/tests/bench/', join(root, 'tests', 'bench')]]);
const TYPES = /** @type {Record<string, string>} */ ({ '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' });
const PAGE = '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/tests/bench/page.js"></script>';

/** @returns {Promise<string>} its address */
const serve = () => new Promise((ready) => {
  const server = createServer(({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://127.0.0.1').pathname);
    const [at, folder] = FOLDERS.find(([prefix]) => path.startsWith(prefix)) ?? ['', ''];
    const file = folder === '' ? '' : join(folder, path.slice(at.length));
    const isThere = file !== '' && existsSync(file);
    response.writeHead(path === '/' || isThere ? 200 : 404, {
      'content-type': path === '/' ? 'text/html' : TYPES[extname(path)] ?? 'text/plain',
      // A page by itself has the finer clock.
      'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp',
    });
    if (isThere) createReadStream(file).pipe(response); else response.end(path === '/' ? PAGE : '');
  });
  server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`));
  server.unref();
});

/** No extension, and no host but this machine. */
const start = async () => {
  const profile = mkdtempSync(join(tmpdir(), `cooldown-${browserName}-`));
  const common = { headless: true, userDataDir: profile, timeout: START_MS, protocolTimeout: STEP_MS };
  const launched = browserName === 'firefox'
    ? puppeteer.launch({
      ...common, browser: 'firefox', executablePath: process.env.COOLDOWN_FIREFOX ?? '/usr/bin/firefox-esr',
      extraPrefsFirefox: { 'network.dns.forceResolve': '127.0.0.1', 'privacy.reduceTimerPrecision': false },
    })
    : puppeteer.launch({
      ...common, pipe: true, executablePath: process.env.COOLDOWN_CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
  return new Driver(browserName, await within(`${browserName} starts`, START_MS, launched), profile);
};

/** @param {number} code @returns {never} */
const end = (code) => {
  for (const driver of running) driver.kill();
  process.exit(code);
};
process.on('SIGINT', () => end(130));
process.on('SIGTERM', () => end(143));

try {
  const address = await serve();
  const driver = await start();
  const page = await driver.newPage();
  await page.goto(address);
  await page.waitForFunction('globalThis.bench !== undefined', { timeout: START_MS });
  /** @param {'differences' | 'decode' | 'scan'} step @param {string} what @returns {Promise<any>} */
  const step = (step, what) => {
    console.log(`  ${what}`);
    return within(what, STEP_MS, page.evaluate(`globalThis.bench.${step}()`));
  };

  const differences = await step('differences', 'do both decoders say the same?');
  if (differences.length > 0) throw new Error(`the two decoders disagree:\n  ${differences.join('\n  ')}`);
  const decode = await step('decode', 'the ten bodies: wasm and JavaScript in turn');
  const scan = await step('scan', '10 MB of page text');
  writeFileSync(join(values.made, `${browserName}.json`), JSON.stringify({ version: await page.browser().version(), decode, scan }));
  end(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  end(1);
}
