// @ts-check
// Cooldown's card as a person meets it: found in its frame (or as the strip in the page), read, and clicked with the real pointer at
// the place on the page where it is painted.
import { pause, until, within } from './wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */
/** @typedef {import('./browsers.mjs').Driver} Driver */

const HOST = 'div[data-cooldown]';
/** A card ignores clicks for half a second at most after it appeared, moved or changed. A person is slower. */
const STEADY_MS = 600;

export class Card {
  /** @param {Driver} driver @param {Page} page */
  constructor(driver, page) {
    this.driver = driver;
    this.page = page;
  }

  /**
   * The card of a page, once it shows something.
   * @param {Driver} driver @param {Page} page @param {number} [limitMs]
   */
  static async on(driver, page, limitMs = 8_000) {
    const card = new Card(driver, page);
    await until('a card shows', () => card.phase(), limitMs).catch(async (error) => {
      throw new Error(`${error.message}; ${await driver.state(page).catch(String)}`);
    });
    return card;
  }

  /** How many hosts of ours are in the page. @param {Page} page */
  static count(page) { return page.evaluate((host) => document.querySelectorAll(host).length, HOST); }

  /** @param {Page} page @param {number} [limitMs] */
  static async gone(page, limitMs = 8_000) { await until('the card is gone', async () => await Card.count(page) === 0, limitMs); }

  /** The card's frame; null where the strip stands in, or nothing. @returns {Promise<Frame | null>} */
  async frame() {
    for (const frame of this.page.frames()) {
      if (frame === this.page.mainFrame()) continue;
      const isOurs = await within('a frame answers', 3_000, frame.evaluate(() => location.protocol.endsWith('-extension:') && document.getElementById('card') !== null)).catch(() => false);
      if (isOurs) return frame;
    }
    return null;
  }

  /** The same, where there will be one: on a slow machine the strip stands in for a moment. */
  inFrame() { return until('the card lives in its frame', () => this.frame()); }

  /**
   * Runs a function on the card's document, or on the shadow root that holds the strip (open in test builds).
   * @template T
   * @param {(root: Document | ShadowRoot, argument: any) => T} read  self-contained: only its text travels
   * @param {unknown} [argument]
   * @returns {Promise<Awaited<T>>}
   */
  async read(read, argument = null) {
    const frame = await this.frame();
    const code = (/** @type {string} */ root) => `(${read})(${root}, ${JSON.stringify(argument)})`;
    return /** @type {any} */ (frame !== null ? frame.evaluate(code('document')) : this.page.evaluate(code(`document.querySelector('${HOST}').shadowRoot`)));
  }

  /** @returns {Promise<string | null>} */
  phase() { return this.read((root) => /** @type {HTMLElement | null} */ (root.querySelector('#card'))?.dataset.phase ?? null); }

  /** @param {string} phase @param {number} [limitMs] */
  async reaches(phase, limitMs = 8_000) { await until(`the card is ${phase}`, async () => await this.phase() === phase, limitMs); }

  /** What a person reads at an element; null where it is missing or hidden. @param {string} selector @returns {Promise<string | null>} */
  async text(selector) {
    // A frame that has just taken over from the strip is drawn before it is laid out.
    const isLaidOut = () => this.read((root) => (root.querySelector('#card')?.getClientRects().length ?? 1) > 0);
    await until('the card is laid out', isLaidOut, 1_000).catch(() => {});
    return this.read((root, s) => {
      const element = root.querySelector(s);
      return element === null || element.getClientRects().length === 0 ? null : /** @type {HTMLElement} */ (element).innerText.trim();
    }, selector);
  }

  /** The button with these words, as a selector. @param {string} label */
  button(label) {
    return until(`a button "${label}"`, () => this.read((root, words) => {
      const all = Array.from(root.querySelectorAll('[data-act]'));
      const found = all.find((one) => one.querySelector('.label')?.textContent === words && one.getClientRects().length > 0);
      return found === undefined ? null : `[data-act="${found.getAttribute('data-act')}"][data-index="${found.getAttribute('data-index')}"]`;
    }, label));
  }

  /** Presses the button with these words, which say their price too; what it says. @param {string} label */
  async press(label) {
    const selector = await this.button(label), said = await this.text(selector) ?? '';
    await this.click(selector);
    return said.replace(/\s+/g, ' ');
  }

  /** @returns {Promise<string>} everything it holds, closed details too */
  all() { return this.read((root) => root.querySelector('#card')?.outerHTML ?? ''); }

  /** The words, none longer than a label's, of which one part stands below the other. @returns {Promise<string[]>} */
  torn() {
    return this.read((root) => {
      const found = /** @type {string[]} */ ([]), range = document.createRange(), texts = document.createTreeWalker(/** @type {Element} */ (root.querySelector('#card')), NodeFilter.SHOW_TEXT);
      for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
        if (node.parentElement?.closest('pre, textarea, code') !== null || !node.parentElement.checkVisibility()) continue;
        for (const { 0: word, index } of (node.nodeValue ?? '').matchAll(/(?<![\p{L}\w])\p{L}{2,12}(?![\p{L}\w])/gu)) {
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(word);
        }
      }
      return found;
    });
  }

  /** Where an element is painted on the page. @param {string} selector @returns {Promise<{x: number, y: number, width: number, height: number}>} */
  async rect(selector) {
    const inner = await this.read((root, s) => {
      const element = root.querySelector(s);
      if (element === null || element.getClientRects().length === 0) return null;
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    }, selector);
    if (inner === null) throw new Error(`the card has no visible ${selector}`);
    const frame = await this.frame();
    const at = frame === null ? { x: 0, y: 0 } : await this.driver.offsetOf(this.page, frame);
    return { ...inner, x: inner.x + at.x, y: inner.y + at.y };
  }

  /** Where an element is, as soon as it has stood still as long as a person needs to aim. @param {string} selector */
  async steady(selector) {
    let last = '', since = performance.now();
    return until(`${selector} stands still`, async () => {
      const rect = await this.rect(selector);
      const now = JSON.stringify(rect);
      if (now !== last) { last = now; since = performance.now(); }
      return performance.now() - since >= STEADY_MS ? rect : null;
    });
  }

  /** A real click. @param {string} selector */
  async click(selector) {
    // What its frame has no room for is scrolled to.
    await this.read((root, s) => { root.querySelector(s)?.scrollIntoView({ block: 'nearest' }); }, selector);
    const target = await this.steady(selector);
    const x = target.x + target.width / 2, y = target.y + target.height / 2;
    const hit = await this.page.evaluate((px, py, host) => {
      const top = document.elementFromPoint(px, py);
      return top !== null && top.matches(host) ? '' : `${top?.localName ?? 'nothing'} in a page of ${innerWidth}×${innerHeight}`;
    }, x, y, HOST);
    if (hit !== '') throw new Error(`a click on ${selector} at ${Math.round(x)},${Math.round(y)} would hit ${hit}`);
    await this.page.mouse.move(x - 4, y - 2);
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await pause(30); // as long as a quick finger stays down
    await this.page.mouse.up();
  }
}
