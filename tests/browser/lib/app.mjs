// @ts-check
// The chat page of tests/pages, driven and read as its user does.
import { until } from './wait.mjs';

/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {{kind: 'user' | 'answer' | 'error', text: string, details: any}} Said */

/** Types and presses Send. @param {Page} page @param {string} text */
export const send = async (page, text) => {
  await page.bringToFront();
  await page.click('#prompt');
  await page.keyboard.type(text);
  await page.click('#send');
};

/** What the app shows, from its own DOM. @param {Page} page @returns {Promise<Said[]>} */
export const talk = (page) => page.evaluate(() => Array.from(document.querySelectorAll('#talk > li'), (li) => ({
  kind: /** @type {any} */ (li.className), text: li.textContent ?? '', details: JSON.parse(/** @type {HTMLElement} */ (li).dataset.details ?? 'null'),
})));

/** @param {Page} page @param {Said['kind']} kind @param {number} [limitMs] @returns {Promise<Said>} */
export const first = async (page, kind, limitMs = 8_000) =>
  until(`the app shows ${kind === 'user' ? 'a message' : `an ${kind}`}`, async () => (await talk(page)).find((said) => said.kind === kind && (kind !== 'answer' || said.details !== null)), limitMs);
