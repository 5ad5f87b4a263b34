// @ts-check
// What is kept, where the browser has lost its shape, or has no room left. The card is as ever; the settings say what was not saved. Of what is damaged, newer
// or written twice at once in the settings tells options.suite.mjs, in the history history.suite.mjs.
import assert from 'node:assert/strict';
import { first, send } from './lib/app.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** A failure, from the card to the answer. @param {Scene} t */
const isRescued = async (t) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open();
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  await card.click('#retry');
  await first(page, 'answer');
  return page;
};
/** @param {Scene} t */
const openOptions = async (t) => {
  const page = await t.openExtensionPage('options.html');
  await until('the page is drawn', () => page.evaluate(() => document.documentElement.dir !== '' && document.querySelector('#does select') !== null));
  return page;
};
/** @param {Page} page @param {string} selector */
const reads = (page, selector) => page.evaluate((s) => /** @type {HTMLElement | null} */ (document.querySelector(s))?.innerText ?? '', selector);

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'store', build: 'test',
  tests: [
    {
      name: 'nonsense under each name of ours: a failure is held and answered, popup and settings are as ever, the settings say what was set aside', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(async (host) => {
          const wrong = { [host]: null, x: 7, '': 'x', 'remind 1': { at_ms: 'x', tab_id: 1, address: 'no address' } };
          await chrome.storage.local.set({
            version: 'one', off: 7, auto: { 0: host }, does: 'x', history: [], language: {}, theme: 3, corner: [], places: wrong, quiet: wrong, sync: 'yes', stamps: 'x', aside: 7, sync_trouble: { off: null, auto: 7 }, reminders: wrong,
          });
          await chrome.storage.session.set({ rules: wrong, pauses: wrong, own_retries: wrong, cards: wrong, auto_budget: wrong, history_trouble: wrong });
        }, t.host);
        await isRescued(t);
        const popup = await t.openPopup();
        assert.equal(await popup.evaluate(() => /** @type {HTMLElement} */ (document.getElementById('popup')).dataset.state), 'on');
        const options = await openOptions(t);
        await until('it is said', async () => (await reads(options, '#aside-says')).startsWith('A part of your settings could not be read.'));
        assert.equal(await options.evaluate(async () => /** @type {any} */ ((await chrome.storage.local.get('aside')).aside).settings.off), 7, 'nothing is thrown away');
        await isRescued(t);
      },
    },
    {
      // Firefox bounds it by the disk alone.
      name: 'no room left: the card is as ever, what was set stays, and the page says what was not saved; with room again it is', alone: true, browsers: ['chromium'],
      run: async (t) => {
        const options = await openOptions(t);
        const set = () => options.evaluate(async () => { const { theme, language } = await chrome.storage.local.get(); return [theme, language ?? null]; });
        await options.select('#theme', 'dark');
        await until('it is set', async () => (await set())[0] === 'dark');
        await options.evaluate(async () => {
          for (const area of [chrome.storage.local, chrome.storage.session]) {
            for (let size = Number(area.QUOTA_BYTES), n = 0; size >= 1; size = Math.floor(size / 2)) await area.set({ [`full ${n += 1}`]: 'x'.repeat(size) }).catch(() => {});
          }
        });
        const said = () => reads(options, '#said');
        await options.select('#language', 'de');
        await until('it is said', async () => (await said()).startsWith('The browser couldn\'t save that'));
        assert.deepEqual([await set(), await options.evaluate(() => /** @type {HTMLSelectElement} */ (document.querySelector('#language')).value)], [['dark', null], '']);
        const popup = await t.openExtensionPage('popup.html');
        await popup.select('#language', 'de');
        await until('the popup says it', async () => (await reads(popup, '#refused'))?.startsWith('The browser couldn\'t save that'));
        assert.equal(await popup.evaluate(() => /** @type {HTMLSelectElement} */ (document.querySelector('#language')).value), '');
        await isRescued(t);
        const onSite = await t.openPopup();
        await onSite.click('#by-itself-on');
        await until('it is said there too', async () => (await reads(onSite, '#refused'))?.startsWith('The browser couldn\'t save that'));
        assert.equal(await onSite.evaluate(() => /** @type {HTMLInputElement} */ (document.querySelector('#by-itself-on')).checked), false);
        await options.bringToFront();
        await options.evaluate(async () => {
          for (const area of [chrome.storage.local, chrome.storage.session]) await area.remove(Object.keys(await area.get()).filter((key) => key.startsWith('full ')));
        });
        await options.select('#language', 'de');
        await until('it is set', async () => (await set())[1] === 'de');
        await until('it is said', async () => (await said()).startsWith('Gespeichert.'));
      },
    },
  ],
};
