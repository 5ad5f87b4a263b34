// @ts-check
// A failure in a frame inside: the card stands in the top frame where that is allowed, and the answer lands in the frame.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */

const OTHER = 'elsewhere.example';

/** A page whose frame has sent a question. @param {Scene} t @param {Record<string, string>} [setup] @returns {Promise<{page: Page, inner: Frame}>} */
const asked = async (t, setup = {}) => {
  const page = await t.open('framed.html', setup);
  const inner = await until('the inner page', () => {
    const frame = page.frames()[1];
    return frame?.evaluate(() => document.readyState === 'complete' && document.querySelector('#prompt') !== null).then((ready) => (ready ? frame : null));
  });
  await page.bringToFront();
  await (await inner.waitForSelector('#prompt'))?.type('one');
  await (await inner.waitForSelector('#send'))?.click();
  return { page, inner };
};
/** @param {Page | Frame} frame */
const hosts = (frame) => frame.evaluate(() => document.querySelectorAll('div[data-cooldown]').length);
/** @param {Frame} inner */
const said = (inner) => inner.evaluate(() => Array.from(document.querySelectorAll('#talk > li'), (li) => li.textContent));
/** @param {Card} card @param {Page} page */
const pressRetry = async (card, page) => {
  const rect = await card.steady('#retry');
  await page.mouse.click(rect.x + rect.width / 2, rect.y + rect.height / 2);
};

/** @param {Scene} t @param {Record<string, string>} setup */
const onTop = async (t, setup) => {
  await t.script({ preset: 'seed429' });
  const { page, inner } = await asked(t, setup);
  const card = await t.card(page);
  assert.deepEqual([await hosts(page), await hosts(inner)], [1, 0], 'in the top frame alone');
  await pressRetry(card, page);
  await until('the answer in the frame', async () => (await said(inner)).includes('The answer to: one'));
  await card.reaches('answered');
  assert.deepEqual(await said(inner), ['one', 'The answer to: one']);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'frames', build: 'test',
  tests: [
    { name: 'of the same site: one card, in the top frame, the answer in the frame', run: (t) => onTop(t, {}) },
    { name: 'of another site: one card, in the top frame, the answer in the frame', run: (t) => onTop(t, { inside: OTHER }) },
    {
      name: 'the worker is busy for a second: the card stands in the top frame all the same', browsers: ['chromium'],
      run: async (t) => {
        await onTop(t, {}); // the worker runs
        await t.driver.delayTelling(1_000);
        await onTop(t, { inside: OTHER });
        await t.driver.stopWorker();
      },
    },
    {
      name: 'of another site: a remedy pressed in the top frame changes the frame\'s request, and a list is looked up for it',
      run: async (t) => {
        await t.world({ providers: ['Cerebras', 'Together', 'DeepInfra'], busy: ['Cerebras'] });
        const { page, inner } = await asked(t, { inside: OTHER });
        const card = await t.card(page);
        await card.press('Who else serves it?');
        await card.press('DeepInfra');
        await until('the answer in the frame', async () => (await said(inner)).includes('The answer to: one'));
        const bodies = (await t.log()).map(({ body }) => JSON.parse(body).provider ?? null);
        assert.deepEqual(bodies, [null, { order: ['deepinfra'], ignore: ['cerebras'] }]);
      },
    },
    {
      name: 'the frame goes away while its answer is held: so does the card',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { page } = await asked(t);
        await (await t.card(page)).reaches('held');
        await page.evaluate(() => document.querySelector('#inner')?.remove());
        await Card.gone(page);
      },
    },
    {
      name: 'dismissed in the top frame: the app in the frame has its answer',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { page, inner } = await asked(t, { inside: OTHER });
        await (await t.card(page)).click('#close');
        await until('the error in the frame', async () => (await said(inner)).some((text) => text?.includes('429')));
        await Card.gone(page);
      },
    },
    {
      name: 'the worker stops meanwhile: Retry in the top frame still reaches the frame', alone: true,
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const { page, inner } = await asked(t);
        const card = await t.card(page);
        await card.reaches('held');
        await t.driver.stopWorker();
        await pressRetry(card, page);
        await until('the answer in the frame', async () => (await said(inner)).includes('The answer to: one'));
        await card.reaches('answered');
      },
    },
  ],
};
