// @ts-check
// One driver for both browsers: started with a built extension, every host of the tests mapped to the mock, nothing else reachable.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { until, within } from './wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */
/** @typedef {'chromium' | 'firefox'} BrowserName */

/** A fixed host for Firefox's extension pages, which otherwise get a random one per profile. */
const FIREFOX_UUID = '11111111-2222-4333-8444-555555555555';
const SCHEME_PREF = 'layout.css.prefers-color-scheme.content-override';
export const PATHS = { chromium: process.env.COOLDOWN_CHROMIUM ?? '/usr/bin/chromium', firefox: process.env.COOLDOWN_FIREFOX ?? '/usr/bin/firefox-esr' };
const START_MS = 60_000;
const UP_MS = 3_000;
/** Where known apps live; here they are the mock's, as all else is. */
export const APP_HOSTS = ['janitorai.com', 'big-agi.com', 'lobechat.com', 'web.chatboxai.app'];

/** @type {Set<Driver>} those that run: whoever ends the process ends them first */
export const running = new Set();

export class Driver {
  /** @type {import('puppeteer-core').Browser} */ #browser;
  /** @type {string} */ #profile;
  /** the extension's id @type {string} */ id = '';
  /** what the browser's consoles said, for the canaries @type {string[]} */ console = [];

  /** @param {BrowserName} name @param {import('puppeteer-core').Browser} browser @param {string} profile */
  constructor(name, browser, profile) {
    this.name = name;
    this.#browser = browser;
    this.#profile = profile;
    running.add(this);
  }

  /**
   * @param {BrowserName} name
   * @param {{mock: import('./mock.mjs').Mock, extension: string | null, headed?: boolean, dark?: boolean, app?: string | null, home?: string}} options null: a plain browser;
   *   `app`: an address that Chromium opens in a window of its own, as it does for an installed app; `home`: where Firefox looks for what an organisation has set
   */
  static async start(name, { mock, extension, headed = false, dark = false, app = null, home }) {
    const driver = name === 'chromium' ? await startChromium(mock, headed, dark, app) : await startFirefox(mock, headed, extension, dark, home);
    try {
      if (extension !== null) await driver.install(extension);
    } catch (error) { await driver.stop(); throw error; }
    return driver;
  }

  /** @param {string} extension an unpacked folder; the same folder again replaces it */
  async install(extension) {
    const isFirst = this.id === '', { host_permissions: granted } = JSON.parse(readFileSync(join(extension, 'manifest.json'), 'utf8'));
    this.id = await within('the extension is installed', START_MS, this.#browser.installExtension(extension));
    const isShipped = !granted.includes('<all_urls>');
    // What ships then opens its one page, in front of whatever is there; and a click into a page that just went behind never ends in Chromium.
    if (this.name === 'chromium' && isFirst && isShipped) await until('the page after the installation', () => this.#browser.targets().some((target) => target.url().endsWith('/welcome.html')));
    // Before its worker's first turn the browser has nobody to tell of a call.
    if (this.name === 'chromium' && isFirst && !isShipped) await this.#inWorker(() => {}, '');
    if (this.name === 'firefox') await until('the background page listens', () => this.#inFirefox(`WebExtensionPolicy.getByID(${JSON.stringify(this.id)})?.extension.backgroundState === 'running'`));
  }

  /**
   * As good as new, for the next suite: no page is left, and the extension knows nothing. Firefox alone: to start takes it five seconds of a
   * processor, this takes half a second. Chromium starts in as much.
   * @param {string} extension @param {boolean} dark @returns {Promise<boolean>}
   */
  async renew(extension, dark) {
    if (this.name === 'chromium') return false;
    const [first, ...others] = await this.#browser.pages();
    await first?.goto('about:blank');
    for (const page of others) await page.close();
    // What it kept is gone when this call is done: they follow one another.
    await this.#inFirefox(`(async () => {
      const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
      await (await AddonManager.getAddonByID(${JSON.stringify(this.id)}))?.uninstall();
      const principal = Services.scriptSecurityManager.createContentPrincipal(Services.io.newURI('moz-extension://${FIREFOX_UUID}/'), {});
      await new Promise((done) => { Services.qms.clearStoragesForPrincipal(principal).callback = done; });
      Services.prefs.setIntPref('${SCHEME_PREF}', ${dark ? 0 : 1});
    })()`);
    this.console = [];
    await this.install(extension);
    return true;
  }

  /** The browser's own process, by its pid. Its children follow it, and may write into the profile until then. */
  async stop() {
    running.delete(this);
    const child = this.#browser.process();
    const ended = new Promise((resolve) => { child?.once('exit', resolve); });
    if (child?.kill('SIGKILL')) await within('the browser ends', 5_000, ended).catch(() => {});
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }).catch(() => {});
  }

  /** The same for the last moment of this process, when nothing can be waited for. */
  kill() {
    running.delete(this);
    this.#browser.process()?.kill('SIGKILL');
    try { rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }); } catch { /* a folder in /tmp stays */ }
  }

  /** What the browser and all its processes have taken: memory now, work so far. On Linux. @returns {{mb: number, cpu_s: number}} */
  usage() {
    const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,rss=,cputimes='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    const ours = new Set([this.#browser.process()?.pid]);
    for (let before = 0; before !== ours.size;) {
      before = ours.size;
      for (const [pid, parent] of lines) if (ours.has(parent)) ours.add(pid);
    }
    let kb = 0, cpu_s = 0;
    for (const [pid, , rss = 0, time = 0] of lines) if (ours.has(pid)) { kb += rss; cpu_s += time; }
    return { mb: Math.round(kb / 1024), cpu_s };
  }

  /** @returns {Promise<string>} name and version of the browser */
  version() { return this.#browser.version(); }

  /** @returns {Promise<Page>} the one that the browser opened by itself: the app's, where it was started with one */
  async firstPage() {
    const [page] = await this.#browser.pages();
    return page ?? this.newPage();
  }

  /** @returns {Promise<Page>} an empty page of desktop size */
  async newPage({ width = 1000, height = 720 } = {}) {
    const page = await this.#browser.newPage();
    await page.setViewport({ width, height });
    // What a click takes away cannot say that it was clicked: Chromium may wait for its word for ever. Whether the click did anything, its test sees.
    const up = page.mouse.up.bind(page.mouse);
    page.mouse.up = (options) => within('the button is up', UP_MS, up(options)).catch((error) => { if (page.isClosed()) throw error; });
    page.on('console', (message) => { this.console.push(message.text()); });
    page.on('pageerror', (error) => { this.console.push(String(error)); });
    return page;
  }

  /** @returns {Promise<Page>} an empty page of a private window, in which the person lets the extension work */
  async newPrivatePage() {
    if (this.name === 'chromium') {
      const settings = await this.newPage();
      await settings.goto('chrome://extensions');
      await settings.evaluate(async (extensionId) => {
        const { developerPrivate } = /** @type {any} that page alone has it */ (chrome);
        await developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }); // else what is loaded anew from a folder stays off
        await developerPrivate.updateExtensionConfiguration({ extensionId, incognitoAccess: true });
      }, this.id);
      await settings.close();
      const ours = await this.newPage(); // the leave loads the extension anew
      await until('the leave is there', async () => await ours.goto(`chrome-extension://${this.id}/popup.html`) && await ours.evaluate(() => chrome.extension.isAllowedIncognitoAccess()));
      const before = await this.#browser.pages();
      await ours.evaluate(() => { chrome.windows.create({ incognito: true, url: 'about:blank' }); });
      return until('the private window', async () => (await this.#browser.pages()).find((one) => !before.includes(one)));
    }
    const before = await this.#browser.pages();
    await this.#inFirefox(`(async () => {
      const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
      const { extension } = WebExtensionPolicy.getByID(${JSON.stringify(this.id)});
      await ExtensionPermissions.add(extension.id, { permissions: ['internal:privateBrowsingAllowed'], origins: [] }, extension);
      const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
      await (await AddonManager.getAddonByID(extension.id)).reload();
      const { BrowserWindowTracker } = ChromeUtils.importESModule('resource:///modules/BrowserWindowTracker.sys.mjs');
      await BrowserWindowTracker.promiseOpenWindow({ private: true });
    })()`);
    const page = await until('the private window', async () => (await this.#browser.pages()).find((one) => !before.includes(one)));
    // It loads a page of its own first: where another is asked for meanwhile, Firefox may tell of neither that it is there.
    await until('its first page', () => page.evaluate(() => location.href !== 'about:blank' && document.readyState === 'complete'));
    return page;
  }

  /** @param {string} path a page of the extension, in a tab of its own */
  async openExtensionPage(path) {
    const page = await this.newPage({ width: 420, height: 640 });
    const scheme = this.name === 'chromium' ? `chrome-extension://${this.id}` : `moz-extension://${FIREFOX_UUID}`;
    const url = `${scheme}/${path}`;
    if (this.name === 'chromium') await page.goto(url);
    else {
      // page.goto waits for events that Firefox does not send for such pages
      await this.#bidi('browsingContext.navigate', { context: contextOf(page), url, wait: 'none' });
      await until(`${path} is there`, () => page.evaluate((u) => location.href === u && document.readyState === 'complete', url));
    }
    return page;
  }

  /** The worker is stopped as the browser does it after half a minute without work. True if it was running. */
  async stopWorker() {
    if (this.name === 'firefox') {
      return this.#inFirefox(`(async () => {
        const { extension } = WebExtensionPolicy.getByID(${JSON.stringify(this.id)});
        const ran = extension.backgroundState === 'running';
        await extension.terminateBackground();
        return ran;
      })()`);
    }
    const target = this.#browser.targets().find((t) => t.type() === 'service_worker' && t.url().includes(this.id));
    if (!target || !await target.worker()) return false;
    // This very one: a message on its way may have started the next already. Told again, because one that is just starting does not listen.
    await until('the worker is gone', async () => {
      const worker = await target.worker();
      await worker?.close().catch(() => {}); // its session may have ended before it is detached from
      return !this.#browser.targets().includes(target);
    });
    return true;
  }

  /** What there is of ours, for the message of a test that misses it. @param {Page} page @returns {Promise<string>} */
  async state(page) {
    const hosts = await within('the page answers', 2_000, page.evaluate(() => [...document.querySelectorAll('div[data-cooldown]')].map((host) => host.shadowRoot?.innerHTML.slice(0, 200) ?? 'closed')));
    return `hosts: ${JSON.stringify(hosts)}, frames: ${page.frames().length - 1}, of the browser: ${this.#browser.targets().map((one) => one.type()).join(' ')}, console: ${JSON.stringify(this.console.slice(-3))}`;
  }

  /** What the desktop tells the browser when a person clicks a notification: no driver reaches the desktop. Chromium alone. @param {string} id */
  clickNotification(id) { return this.#inWorker((name) => { /** @type {any} its own binding has it */ (chrome.notifications.onClicked).dispatch(name); }, id); }

  /** The browser starts with the extension in it; no driver can do so with a profile of before. Chromium alone. */
  startAnew() { return this.#inWorker(() => { /** @type {any} as above */ (chrome.runtime.onStartup).dispatch(); }, ''); }

  /** The key that leads to the card, which the browser keeps from pages and drivers: Firefox's own binding of it is pressed, Chromium's event sent to the worker. @param {Page} page */
  async pressKeyForCard(page) {
    await page.bringToFront();
    if (this.name === 'chromium') {
      await this.#inWorker(async (url) => {
        const tab = (await chrome.tabs.query({ active: true })).find((one) => one.url === url);
        /** @type {any} its own binding has it */ (chrome.commands.onCommand).dispatch('go_to_card', tab);
      }, page.url());
      return;
    }
    await this.#inFirefox('document.querySelector("keyset[id^=ext-keyset-id] key[key=R][modifiers~=shift], keyset[id^=ext-keyset-id] key").doCommand()');
  }

  /** The next failure that a page asks about gets no answer, as if the question had been lost in the worker's death. Chromium alone. */
  loseQuestion() {
    return this.#inWorker(() => {
      const { session } = chrome.storage, get = session.get.bind(session);
      session.get = (/** @type {any} */ key) => {
        if (key !== 'own_retries') return get(key);
        session.get = get;
        return new Promise((resolve) => { Object.assign(globalThis, { lost: resolve }); }); // what nobody holds is collected, and then the asker is told
      };
    }, '');
  }

  /** The browser refuses the next style that the worker puts into a page, as it does while that is still on its way. Chromium alone. */
  refuseStyle() {
    return this.#inWorker(() => {
      const { scripting } = chrome, insert = scripting.insertCSS;
      scripting.insertCSS = async () => { scripting.insertCSS = insert; throw new Error('refused once'); };
    }, '');
  }

  /** As on a busy machine: the styles that the worker puts into pages come late, or its word that they are there. Chromium alone. @param {number} ms @param {number} [toldMs] */
  delayStyles(ms, toldMs = 0) {
    return this.#inWorker((late) => {
      const { scripting } = chrome, insert = scripting.insertCSS, [before = 0, after = 0] = JSON.parse(late);
      const pass = (/** @type {number} */ time) => new Promise((resolve) => { setTimeout(resolve, time); });
      scripting.insertCSS = async (/** @type {any} */ what) => {
        await pass(before);
        await /** @type {any} every overload */ (insert).call(scripting, what);
        await pass(after);
      };
    }, JSON.stringify([ms, toldMs]));
  }

  /** As on a busy machine: what the worker tells a page comes late, until it stops. Chromium alone. @param {number} ms */
  delayTelling(ms) {
    return this.#inWorker((late) => {
      const { tabs } = chrome, tell = tabs.sendMessage;
      /** @type {any} every overload */ (tabs).sendMessage = async (/** @type {any[]} */ ...all) => {
        await new Promise((resolve) => { setTimeout(resolve, Number(late)); });
        return Reflect.apply(tell, tabs, all);
      };
    }, `${ms}`);
  }

  /** @param {(argument: string) => void} run self-contained @param {string} argument */
  async #inWorker(run, argument) {
    const find = () => this.#browser.targets().find((t) => t.type() === 'service_worker' && t.url().includes(this.id));
    const worker = await until('the worker runs', async () => find()?.worker());
    await until('the worker listens', () => worker.evaluate(() => typeof chrome !== 'undefined' && chrome.runtime.onMessage.hasListeners()));
    await worker.evaluate(run, argument);
  }

  /**
   * What a page could do that owns the process in which our content script runs. Chromium alone.
   * @param {Page} page @param {string} expression @param {Frame} [frame]
   */
  async inContentScript(page, expression, frame = page.mainFrame()) {
    const session = await page.createCDPSession();
    try {
      /** @type {number | undefined} */
      let context;
      session.on('Runtime.executionContextCreated', ({ context: { id, origin, auxData } }) => {
        if (origin.includes(this.id) && auxData?.frameId === /** @type {any} */ (frame)._id) context = id;
      });
      await session.send('Runtime.enable');
      const contextId = await until('our script in the page', () => context);
      return (await session.send('Runtime.evaluate', { expression, contextId, awaitPromise: true, returnByValue: true })).result.value;
    } finally { await session.detach(); }
  }

  /** The person switches the extension off, or on again. @param {boolean} on */
  async setEnabled(on) {
    if (this.name === 'firefox') { await this.#asAddon(on ? 'enable' : 'disable'); return; }
    this.#manager ??= await this.newPage();
    if (this.#manager.url() !== 'chrome://extensions/') await this.#manager.goto('chrome://extensions/');
    await this.#manager.evaluate((id, isOn) => /** @type {any} the browser's own page has it */ (chrome).management.setEnabled(id, isOn), this.id, on);
  }
  /** @type {Page | null} the browser's own page of extensions */ #manager = null;

  /** @param {'enable' | 'disable'} what */
  #asAddon(what) {
    return this.#inFirefox(`(async () => {
      const { AddonManager } = ChromeUtils.importESModule('resource://gre/modules/AddonManager.sys.mjs');
      await (await AddonManager.getAddonByID(${JSON.stringify(this.id)})).${what}();
    })()`);
  }

  /** Takes the extension away under open pages. */
  async removeExtension() {
    if (this.name === 'firefox') { await this.#bidi('webExtension.uninstall', { extension: this.id }); return; }
    const page = await this.openExtensionPage('popup.html');
    await page.evaluate(() => { chrome.management.uninstallSelf(); }).catch(() => {}); // the page goes with its extension
  }

  /**
   * The person allows the extension on sites that it lists as optional.
   * Firefox lets its own context say so. Chromium asks in a window that no driver reaches; but what an earlier version required and had
   * stays granted when a version that only wishes for it takes its place.
   * @param {string} extension the installed folder, which is the test's own copy @param {string[]} origins @param {string[]} [permissions]
   */
  async grant(extension, origins, permissions = []) {
    if (this.name === 'firefox') {
      await this.#inFirefox(`(async () => {
        const { ExtensionPermissions } = ChromeUtils.importESModule('resource://gre/modules/ExtensionPermissions.sys.mjs');
        const { extension } = WebExtensionPolicy.getByID(${JSON.stringify(this.id)});
        await ExtensionPermissions.add(extension.id, { origins: ${JSON.stringify(origins)}, permissions: ${JSON.stringify(permissions)} }, extension);
      })()`);
      return;
    }
    const file = join(extension, 'manifest.json');
    const shipped = readFileSync(file, 'utf8');
    const manifest = JSON.parse(shipped);
    manifest.host_permissions.push(...origins);
    manifest.permissions.push(...permissions);
    manifest.optional_permissions = manifest.optional_permissions.filter((/** @type {string} */ name) => !permissions.includes(name));
    writeFileSync(file, JSON.stringify(manifest));
    await this.install(extension);
    writeFileSync(file, shipped);
    await this.install(extension);
  }

  /**
   * Presses "Explain this error" in the context menu, on what is selected in the page. Firefox's own menu is opened and pressed. Chromium's
   * cannot be seen without a window: its event is sent to the worker, and the leave that such a click gives comes from a click on the toolbar button.
   * @param {Page} page @param {{x: number, y: number}} at where something selected is painted
   * @returns {Promise<string>} what the entry says, where that can be seen
   */
  async explainSelection(page, at) {
    await page.bringToFront();
    if (this.name === 'firefox') {
      await page.mouse.click(at.x, at.y, { button: 'right' });
      const menu = 'const menu = document.getElementById("contentAreaContextMenu"), item = menu.querySelector("[id$=-menuitem-_explain]");';
      await until('the menu is open', () => this.#inFirefox(`(() => { ${menu} return menu.state === "open" && item !== null && !item.hidden; })()`));
      return this.#inFirefox(`(() => { ${menu} const { label } = item; menu.activateItem(item); return label; })()`);
    }
    const extension = (await this.#browser.extensions()).get(this.id);
    if (extension === undefined) throw new Error('the extension is not there');
    await page.triggerExtensionAction(extension);
    const worker = await this.#browser.targets().find((t) => t.type() === 'service_worker' && t.url().includes(this.id))?.worker();
    const selections = await Promise.all(page.frames().map((frame) => frame.evaluate(() => String(getSelection())).catch(() => '')));
    await worker?.evaluate(async (url, selectionText) => {
      const tab = (await chrome.tabs.query({ active: true })).find((one) => one.url === url);
      const found = await chrome.scripting.executeScript({ target: { tabId: tab?.id ?? -1, allFrames: true }, func: () => document.hasFocus() && document.activeElement?.localName !== 'iframe' });
      // A frame where nothing may run has a number that nobody tells us.
      const frameId = found.find(({ result }) => result === true)?.frameId ?? 4_711;
      /** @type {any} */ (chrome.contextMenus.onClicked).dispatch({ menuItemId: 'explain', frameId, selectionText, editable: false, pageUrl: url }, tab);
    }, page.url(), (selections.find((text) => text !== '') ?? '').replace(/\s+/g, ' '));
    return '';
  }

  /** Where a frame of a page lies in it, in CSS px, through closed shadow roots too. @param {Page} page @param {Frame} frame */
  async offsetOf(page, frame) {
    if (this.name === 'firefox') {
      const at = () => [/** @type {any} */ (globalThis).mozInnerScreenX, /** @type {any} */ (globalThis).mozInnerScreenY];
      const [inner, outer] = await Promise.all([frame.evaluate(at), page.evaluate(at)]);
      return { x: inner[0] - outer[0], y: inner[1] - outer[1] };
    }
    const cdp = await page.createCDPSession();
    try {
      const { backendNodeId } = await cdp.send('DOM.getFrameOwner', { frameId: /** @type {any} */ (frame)._id });
      const { model } = await cdp.send('DOM.getBoxModel', { backendNodeId });
      return { x: model.content[0] ?? NaN, y: model.content[1] ?? NaN };
    } finally { await cdp.detach(); }
  }

  /**
   * A page that Chromium had prepared and now shows. The driver's own page of that tab misses the moment if it comes before the driver knew
   * of what was prepared; this one is looked up anew.
   * @param {string} path part of its address
   * @returns {Promise<{evaluate: <T>(read: () => T) => Promise<T>, click: (x: number, y: number) => Promise<void>}>}
   */
  async shown(path) {
    const whole = await this.#browser.target().createCDPSession();
    const { targetInfos } = await whole.send('Target.getTargets');
    const target = targetInfos.find(({ type, url }) => type === 'page' && url.includes(path));
    if (target === undefined) throw new Error(`no page at ${path}`);
    const { sessionId } = await whole.send('Target.attachToTarget', { targetId: target.targetId, flatten: true });
    const session = whole.connection()?.session(sessionId);
    if (!session) throw new Error(`no session with ${path}`);
    return {
      evaluate: async (read) => (await session.send('Runtime.evaluate', { expression: `(${read})()`, returnByValue: true })).result.value,
      click: async (x, y) => {
        for (const type of /** @type {const} */ (['mousePressed', 'mouseReleased'])) await session.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
      },
    };
  }

  /** @param {string} method @param {object} params @returns {Promise<any>} */
  async #bidi(method, params) {
    const { result } = await /** @type {any} */ (this.#browser).connection.send(method, params);
    return result;
  }

  /** Runs in Firefox's own context, which `--remote-allow-system-access` opens. @param {string} expression @returns {Promise<any>} */
  async #inFirefox(expression) {
    const tree = await this.#bidi('browsingContext.getTree', { 'moz:scope': 'chrome' });
    const { type, result, exceptionDetails } = await this.#bidi('script.evaluate', { expression, target: { context: tree.contexts[0].context }, awaitPromise: true });
    if (type !== 'success') throw new Error(exceptionDetails.text);
    return result.value;
  }
}

/** @param {Page} page */
const contextOf = (page) => /** @type {any} */ (page.mainFrame())._id;

/** @param {import('./mock.mjs').Mock} mock @param {boolean} headed @param {boolean} dark @param {string | null} app */
const startChromium = async (mock, headed, dark, app) => {
  const profile = mkdtempSync(join(tmpdir(), 'cooldown-chromium-'));
  const to = `127.0.0.1:${mock.tlsPort}`;
  const browser = await within('Chromium starts', START_MS, puppeteer.launch({
    executablePath: PATHS.chromium, headless: !headed, pipe: true, userDataDir: profile, enableExtensions: true, timeout: START_MS,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      `--host-resolver-rules=MAP openrouter.ai:443 ${to}, MAP *.openrouter.ai:443 ${to}, ${APP_HOSTS.map((host) => `MAP ${host}:443 ${to}`).join(', ')}, MAP *.example:443 ${to}, MAP *.example:80 127.0.0.1:${mock.plainPort}, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
      `--ignore-certificate-errors-spki-list=${mock.spki}`, `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`,
      ...(app === null ? [] : [`--app=${app}`])],
  }));
  return new Driver('chromium', browser, profile);
};

/** @param {import('./mock.mjs').Mock} mock @param {boolean} headed @param {string | null} extension @param {boolean} dark @param {string} [home] */
const startFirefox = async (mock, headed, extension, dark, home) => {
  const profile = mkdtempSync(join(tmpdir(), 'cooldown-firefox-'));
  const gecko = extension === null ? null : JSON.parse(readFileSync(join(extension, 'manifest.json'), 'utf8')).browser_specific_settings.gecko;
  const browser = await within('Firefox starts', START_MS, puppeteer.launch({
    browser: 'firefox', executablePath: PATHS.firefox, headless: !headed, userDataDir: profile, acceptInsecureCerts: true, timeout: START_MS, args: ['--remote-allow-system-access'],
    ...(home === undefined ? {} : { env: { ...process.env, HOME: home } }),
    extraPrefsFirefox: {
      'network.dns.forceResolve': '127.0.0.1',
      'network.socket.forcePort': `443=${mock.tlsPort};80=${mock.plainPort}`,
      'extensions.webextensions.uuids': JSON.stringify(gecko === null ? {} : { [gecko.id]: FIREFOX_UUID }),
      'extensions.webextOptionalPermissionPrompts': false,
      'extensions.webextensions.fileSchemeAccess.requireOptIn': false, // the switch in about:addons, which a person turns for pages from the disk
      'extensions.webextensions.keepUuidOnUninstall': true,
      [SCHEME_PREF]: dark ? 0 : 1,
    },
  }));
  return new Driver('firefox', browser, profile);
};
