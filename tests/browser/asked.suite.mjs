// @ts-check
// "Explain this error" in the context menu, on sites that were never allowed: the click's own leave is enough.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */
/** @typedef {import('puppeteer-core').Frame} Frame */

const KEY = 'sk-or-v1-c0ffee00canary00c0ffee00canary00';
const FAILURE = JSON.stringify({ error: { message: 'Provider returned error', code: 429, metadata: {
  raw: 'qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations',
  provider_name: 'Venice', is_byok: false, retry_after_seconds: 17 } }, user_id: 'user_2CanaryCanaryCanary' }, null, 2);

/** Shows a text and selects all of it, and where it is painted. @param {Page | Frame} where @param {string} said @param {'pre' | 'textarea'} [tag] */
const select = (where, said, tag = 'pre') => where.evaluate((text, name) => {
  const shown = document.createElement(name);
  shown.textContent = text;
  shown.style.cssText = 'display: block; inline-size: 500px; block-size: 200px; overflow: auto; margin: 0';
  document.body.prepend(shown);
  if (shown instanceof HTMLTextAreaElement) { shown.focus(); shown.select(); } else getSelection()?.selectAllChildren(shown);
  const { x, y } = shown.getBoundingClientRect();
  return { x: x + 12, y: y + 10 };
}, said, tag);

/** @param {Scene} t @param {string} said @param {'pre' | 'textarea'} [tag] */
const asked = async (t, said, tag) => {
  const page = await t.open();
  await page.bringToFront();
  await t.driver.explainSelection(page, await select(page, said, tag));
  return { page, card: await t.card(page) };
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'asked', build: 'shipped',
  tests: [
    {
      name: 'a selected failure is explained; nothing to retry, no secret, gone when it is closed',
      run: async (t) => {
        const { page, card } = await asked(t, `${FAILURE} ${KEY}`);
        await card.reaches('explained');
        assert.equal(await card.text('#title'), 'Venice is busy right now');
        assert.equal(await card.text('#retry'), null);
        assert.equal(await card.text('#note'), 'To try again, send from the app.');
        const all = await card.all();
        for (const secret of [KEY, 'user_2Canary']) assert.ok(!all.includes(secret), `the card holds ${secret}`);
        assert.equal(await page.evaluate(() => document.querySelector('div[data-cooldown]')?.shadowRoot ?? null), null);
        await card.click('#close');
        await Card.gone(page);
      },
    },
    {
      name: 'a selection that is no failure gets a short answer',
      run: async (t) => {
        const { page, card } = await asked(t, 'The weather is fine today, and OpenRouter is a router.');
        await card.reaches('nothing');
        assert.equal(await card.text('#title'), 'No OpenRouter failure here');
        assert.notEqual(await card.text('#body'), null);
        assert.equal(await card.text('#details'), null);
        await card.click('#close');
        await Card.gone(page);
      },
    },
    {
      name: 'a second selection takes the card of the first',
      run: async (t) => {
        const { page, card } = await asked(t, 'The weather is fine today.');
        await card.reaches('nothing');
        await t.driver.explainSelection(page, await select(page, FAILURE));
        await card.reaches('explained');
        assert.equal(await Card.count(page), 1);
      },
    },
    {
      name: 'in a field to type in',
      run: async (t) => {
        const { card } = await asked(t, FAILURE, 'textarea');
        await card.reaches('explained');
      },
    },
    {
      name: 'in a frame of another site: the card stands in the top frame',
      run: async (t) => {
        const page = await t.open('framed.html', { inside: 'elsewhere.example' });
        const inner = await until('the inner page', () => page.frames().find((frame) => new URL(frame.url()).hostname === 'elsewhere.example'));
        await until('it is ready', () => inner.evaluate(() => document.readyState === 'complete'));
        await page.bringToFront();
        const offset = await page.evaluate(() => {
          const { x, y } = /** @type {Element} */ (document.getElementById('inner')).getBoundingClientRect();
          return { x, y };
        });
        await page.mouse.click(offset.x + 580, offset.y + 280); // the focus goes where the person is
        const at = await select(inner, FAILURE);
        await t.driver.explainSelection(page, { x: at.x + offset.x, y: at.y + offset.y });
        const card = await t.card(page);
        await card.reaches('explained');
        assert.equal(await Card.count(page), 1);
      },
    },
    {
      name: 'on a page with a strict policy',
      run: async (t) => {
        const page = await t.open('chat.html', { csp: 'default-src \'none\'; script-src \'self\'' });
        await page.bringToFront();
        await t.driver.explainSelection(page, await select(page, FAILURE));
        await (await t.card(page)).reaches('explained');
      },
    },
  ],
};
