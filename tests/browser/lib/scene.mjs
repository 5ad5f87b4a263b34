// @ts-check
// What one test has: a host and a conversation of its own, so that nothing learnt of a site or left in a script reaches the next test.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Card } from './card.mjs';
import { program } from './house.mjs';
import { until } from './wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('./browsers.mjs').Driver} Driver */
/** @typedef {import('./mock.mjs').Mock} Mock */
/** @typedef {import('./mock.mjs').Answer} Answer */

/**
 * @typedef {object} Test
 * @property {string} name
 * @property {(t: Scene) => Promise<void>} run
 * @property {number} [limitMs]
 * @property {boolean} [hard]   in the long run alone
 * @property {Edit[]} [without] takes out what this test holds: `--undefended` runs it so, and it must notice
 * @property {boolean} [alone]  gets a browser of its own, because it spoils it
 * @property {boolean} [beside] waits long and does little: in a browser of its own, at the same time as the others
 * @property {boolean} [dark]   with `alone`: the person prefers dark
 * @property {Array<import('./browsers.mjs').BrowserName>} [browsers] only in these
 */
/** One of the built files, or with `src/` of the core's: each place that reads `find` reads `replace`. @typedef {{file: string, find: string, replace: string}} Edit */
/** @typedef {{name: string, build: 'test' | 'shipped', prepare?: (folder: string) => void, tests: Test[]}} Suite `prepare` changes the suite's own copy of the build */

/** Where the tap is registered. @param {Page} ear a page of the extension @returns {Promise<string[]>} */
export const scriptsIn = (ear) => ear.evaluate(async () => (await chrome.scripting.getRegisteredContentScripts({ ids: ['tap'] }))[0]?.matches ?? []);

export class Scene {
  /** @type {Page[]} */ pages = [];

  /** @param {{driver: Driver, mock: Mock, host: string, extension: string, undefended?: boolean}} parts */
  constructor({ driver, mock, host, extension, undefended = false }) {
    /** without the defences that the test names */
    this.undefended = undefended;
    this.driver = driver;
    this.mock = mock;
    this.host = host;
    this.extension = extension;
    this.conversation = host.replace(/\.example$/, '');
  }

  /** What the API will say to this test's key, in order; a good answer after that. @param {...Answer} answers */
  script(...answers) { return this.mock.script(this.conversation, answers); }

  /** On what the API's answers to this test's key depend. @param {object} world */
  world(world) { return this.mock.world(this.conversation, world); }

  /** The requests that reached the API with this test's key. */
  log() { return this.mock.log(this.conversation); }

  /** @param {number} count @param {number} [limitMs] the log once it has so many */
  async logOf(count, limitMs = 8_000) {
    await until(`${count} requests`, async () => (await this.log()).length >= count, limitMs);
    return this.log();
  }

  /**
   * @param {string} [file] of tests/pages @param {Record<string, string | number>} [setup] for its address
   * @param {{width?: number, height?: number, host?: string, scheme?: 'https' | 'http'}} [size]
   */
  async open(file = 'chat.html', setup = {}, { host = this.host, scheme = 'https', ...size } = {}) {
    const page = await this.driver.newPage(size);
    this.pages.push(page);
    const query = new URLSearchParams({ conversation: this.conversation, ...Object.fromEntries(Object.entries(setup).map(([name, value]) => [name, String(value)])) });
    await page.goto(`${scheme}://${host}/${file}?${query}`);
    // An app that is late must not lose the first keys.
    await until('the page is ready', () => page.evaluate(() => document.readyState === 'complete'));
    return page;
  }

  /** @param {string} path @returns {Promise<Page>} */
  async openExtensionPage(path) {
    const page = await this.driver.openExtensionPage(path);
    this.pages.push(page);
    return page;
  }

  /** The popup, about this test's page. The extension must be allowed there: it sees no other tab's address. */
  async openPopup() {
    const popup = await this.openExtensionPage('popup.html');
    const tab = await until('the page\'s tab', () => popup.evaluate(async (url) => (await chrome.tabs.query({ url }))[0]?.id, `https://${this.host}/*`));
    await popup.evaluate((id) => { location.hash = String(id); location.reload(); }, tab);
    // The page of before the reload has a state too, but of no host.
    await until('the popup has its state', () => popup.evaluate((host) => document.getElementById('host')?.textContent === host && document.getElementById('popup')?.hasAttribute('aria-busy') === false, this.host));
    await popup.bringToFront();
    return popup;
  }

  /** What ships is allowed there, and its scripts are registered. @param {string[]} origins @param {string[]} [permissions] @returns {Promise<Page>} a page of the extension */
  async grant(origins, permissions) {
    await this.driver.grant(this.extension, origins, permissions);
    const ear = await this.openExtensionPage('popup.html');
    await until('the scripts are registered', async () => { const matched = await scriptsIn(ear); return origins.every((origin) => matched.includes(origin)); });
    return ear;
  }

  /** @param {Page} page @param {number} [limitMs] */
  card(page, limitMs) { return Card.on(this.driver, page, limitMs); }

  /** What `cargo run --example explain` says of a failure. @param {object} line @returns {Promise<Record<string, any>>} */
  async explain(line) {
    const child = spawn(program('examples/explain', '--package', 'cooldown', '--example', 'explain'), { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(`${JSON.stringify(line)}\n`);
    for await (const answer of createInterface({ input: child.stdout })) return JSON.parse(answer);
    throw new Error('the explain example said nothing');
  }

  async end() {
    for (const page of this.pages) await page.close().catch(() => {});
  }
}
