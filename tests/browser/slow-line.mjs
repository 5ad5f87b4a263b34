// @ts-check
// How long the public page takes on a slow line: node tests/browser/slow-line.mjs, after `cargo xtask build`; Chromium alone, for its throttle.
//
// The line is the slow 4G that page measurements are made on: 1.6 Mbit/s, 150 ms a round trip. The server compresses, as web servers do.
// Prints what was transferred, and when there was something to read; fails where that, or another language, took a second.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import puppeteer from 'puppeteer-core';
import { publicPage } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

const LINE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const MOST_MS = 1_000;
const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
});

const folder = publicPage();
const server = createServer(({ url = '/' }, response) => {
  const path = normalize(new URL(url, 'http://here').pathname), file = path.endsWith('/') ? `${path}index.html` : path;
  try {
    const body = gzipSync(readFileSync(join(folder, file)), { level: 6 });
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-encoding': 'gzip' }).end(body);
  } catch { response.writeHead(404).end(); }
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', () => ready(null)); });
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const browser = await puppeteer.launch({ executablePath: process.env.COOLDOWN_CHROMIUM ?? '/usr/bin/chromium', headless: true, pipe: true, args: ['--no-sandbox', '--disable-gpu', '--no-first-run'] });
let slow = 0;

/** @param {string} path @param {string} lang */
const measure = async (path, lang) => {
  const page = await browser.newPage();
  await page.setViewport({ width: 1100, height: 800 });
  const cdp = await page.createCDPSession();
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  await cdp.send('Network.emulateNetworkConditions', LINE);
  let bytes = 0, requests = 0;
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; requests++; });
  await page.goto(`http://127.0.0.1:${port}/${path}?lang=${lang}`, { waitUntil: 'load' });
  const speaks = lang === 'en' ? 0 : await page.evaluate((tag) => new Promise((/** @type {(ms: number) => void} */ resolve) => {
    const look = () => { if (document.documentElement.lang === tag) resolve(performance.now()); else requestAnimationFrame(look); };
    look();
  }), lang);
  const painted = await until('the first paint is told', () => page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime));
  const there = { painted, speaks, bytes, requests };
  let card = 0;
  if (path === '') {
    await page.evaluate(() => { /** @type {HTMLTextAreaElement} */ (document.getElementById('text')).value = '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"rate-limited upstream","provider_name":"Chutes"}}}'; });
    card = await page.evaluate(() => new Promise((/** @type {(ms: number) => void} */ resolve) => {
      const since = performance.now();
      const look = () => { if (document.querySelector('#card-place .card')?.checkVisibility()) resolve(performance.now() - since); else requestAnimationFrame(look); };
      document.querySelector('form')?.requestSubmit();
      look();
    }));
  }
  await page.close();
  if (Math.max(painted, speaks) >= MOST_MS) slow++;
  const name = `${path === '' ? 'public page' : 'demo chat'}, ${lang}`;
  console.log(`${name.padEnd(20)}${String(there.requests).padStart(8)}${(there.bytes / 1000).toFixed(1).padStart(9)} kB${Math.round(painted).toString().padStart(9)} ms${(lang === 'en' ? '–' : `${Math.round(speaks)} ms`).padStart(12)}${(card === 0 ? '' : `${Math.round(card)} ms, ${((bytes - there.bytes) / 1000).toFixed(0)} kB more`).padStart(26)}`);
};

console.log(`${''.padEnd(20)}${'requests'.padStart(8)}${'transfer'.padStart(12)}${'painted'.padStart(12)}${'its language'.padStart(12)}${'then to the first card'.padStart(26)}`);
try {
  for (const lang of ['en', 'de', 'ar', 'ja']) await measure('', lang);
  await measure('demo.html', 'en');
  await measure('demo.html', 'ru');
} finally {
  browser.process()?.kill('SIGKILL');
  server.close();
}
console.log(slow === 0 ? `each within ${MOST_MS} ms` : `${slow} took longer than ${MOST_MS} ms`);
process.exit(slow === 0 ? 0 : 1);
