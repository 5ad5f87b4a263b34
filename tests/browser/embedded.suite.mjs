// @ts-check
// Apps that are no plain site: a frame of another site, a page from the disk, a page of this machine's own server, an installed app.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Driver } from './lib/browsers.mjs';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { workFolder } from './lib/house.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Frame} Frame */

/** @param {Scene} t @param {string} address */
const openAt = async (t, address) => {
  const page = await t.driver.newPage();
  t.pages.push(page);
  await page.goto(`${address}?conversation=${t.conversation}`);
  await until('the page is ready', () => page.evaluate(() => document.readyState === 'complete'));
  return page;
};
/** The main flow. @param {Scene} t @param {string} address */
const rescued = async (t, address) => {
  await t.script({ preset: 'seed429' });
  const page = await openAt(t, address);
  await send(page, 'one');
  const card = await t.card(page);
  await card.inFrame();
  await card.click('#retry');
  await first(page, 'answer');
  assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
  return page;
};
/** A frame of another site in which an app stands. @param {Scene} t */
const framed = async (t) => {
  const page = await t.open('framed.html', { inside: 'elsewhere.example' });
  /** @type {Frame} */
  const inner = await until('the inner page', () => page.frames().find((frame) => new URL(frame.url()).hostname === 'elsewhere.example'));
  await until('it is ready', () => inner.evaluate(() => document.readyState === 'complete' && 'askFromWorker' in globalThis));
  await page.bringToFront();
  return { page, inner };
};
/** @param {Scene} t @param {import('puppeteer-core').Page} page @param {Frame} inner */
const explainedOnTop = async (t, page, inner) => {
  const card = await t.card(page);
  await card.reaches('explained');
  assert.equal(await Card.count(page), 1);
  assert.equal(await inner.evaluate(() => document.querySelectorAll('div[data-cooldown]').length), 0);
  await card.click('#close');
  await Card.gone(page);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'embedded', build: 'test',
  tests: [
    { name: 'a page from the disk: rescued by one click', run: async (t) => { await rescued(t, pathToFileURL(join(workFolder(), 'site', 'chat.html')).href); } },
    { name: 'localhost, at a port of its own: rescued by one click', run: async (t) => { await rescued(t, `http://localhost:${t.mock.plainPort}/chat.html`); } },
    { name: 'an address of the home network: rescued by one click', run: async (t) => { await rescued(t, `http://127.0.0.1:${t.mock.plainPort}/chat.html`); } },
    {
      name: 'an app in a window of its own, as installed ones have: rescued by one click, and its worker\'s call is explained', browsers: ['chromium'], // Firefox has no such windows
      run: async (t) => {
        const address = `https://${t.host}/chat.html?conversation=${t.conversation}`;
        const driver = await Driver.start('chromium', { mock: t.mock, extension: t.extension, app: address });
        try {
          const page = await driver.firstPage();
          await t.script({ preset: 'seed429' });
          await page.goto(address);
          assert.equal(await page.evaluate(() => matchMedia('(display-mode: standalone)').matches), true);
          await send(page, 'one');
          await (await Card.on(driver, page)).click('#retry');
          await first(page, 'answer');
          await Card.gone(page);
          await t.script({ preset: 'pool429_17s' });
          await page.evaluate(() => { /** @type {any} */ (globalThis).askFromWorker('one'); });
          await (await Card.on(driver, page)).reaches('explained');
        } finally { await driver.stop(); }
      },
    },
    {
      name: 'a frame of another site: its worker\'s call is explained in the top frame',
      run: async (t) => {
        await t.script({ preset: 'pool429_17s' });
        const { page, inner } = await framed(t);
        await inner.evaluate(() => { /** @type {any} */ (globalThis).askFromWorker('one'); });
        await explainedOnTop(t, page, inner);
      },
    },
    {
      name: 'a frame of another site: its alert is explained in the top frame',
      run: async (t) => {
        const { page, inner } = await framed(t);
        await inner.evaluate(() => {
          const alert = document.createElement('div');
          alert.setAttribute('role', 'alert');
          alert.textContent = 'Rate limit exceeded: free-models-per-min. ';
          document.body.append(alert);
        });
        await explainedOnTop(t, page, inner);
      },
    },
  ],
};
