// @ts-check
// Tries without a click: only where the person switched them on, few, never early, stopped by anything that the person does.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** In the popup, as a person does it. @param {Scene} t */
const switchOn = async (t) => {
  const popup = await t.openPopup();
  assert.equal(await popup.evaluate(() => /** @type {HTMLInputElement} */ (document.getElementById('by-itself-on')).checked), false, 'off at first');
  await popup.click('#by-itself-on');
  await until('it is kept', () => popup.evaluate(async (host) => JSON.stringify(await chrome.storage.local.get('auto')).includes(`"${host}"`), t.host));
  await popup.close();
};

/** The chat page of a site where it is switched on. @param {Scene} t @returns {Promise<Page>} */
const openWith = async (t) => {
  const page = await t.open();
  await switchOn(t);
  await page.bringToFront();
  return page;
};

/** A failure whose try without a click is 5 to 10 s away. @param {Scene} t */
const pending = async (t) => {
  await t.script(poolWait(5), poolWait(5));
  const page = await openWith(t);
  await send(page, 'one');
  const card = await t.card(page);
  await until('it counts', async () => /\d/.test(await card.text('#auto') ?? ''));
  return { page, card, since: performance.now() };
};

/** Nothing is sent any more by itself, though its time passes; the person may still. @param {Scene} t @param {Page} page @param {Card} card @param {number} since */
const stopped = async (t, page, card, since) => {
  await until('it counts no more', async () => await card.text('#auto') === null);
  assert.equal(await card.phase(), 'held', 'the answer is still kept for the person');
  await pause(10_500 - (performance.now() - since));
  assert.equal((await t.log()).length, 1);
  assert.deepEqual((await talk(page)).map(({ kind }) => kind), ['user']);
};

/** @param {import('./lib/mock.mjs').Logged[]} log */
const gaps = (log) => log.slice(1).map(({ at_ms }, n) => at_ms - (log[n]?.at_ms ?? 0));

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'auto', build: 'test',
  tests: [
    {
      name: 'switched on: sent again by itself, never before the stated wait, and answered in the app', beside: true,
      run: async (t) => {
        await t.script(poolWait(4));
        const page = await openWith(t);
        await send(page, 'one');
        const card = await t.card(page);
        await until('the card says so', async () => /\d/.test(await card.text('#auto') ?? ''));
        assert.notEqual(await card.text('#stop'), null);
        await first(page, 'answer', 14_000);
        await card.reaches('answered');
        const [gap = 0] = gaps(await t.log());
        assert.ok(gap >= 3_950, `sent after ${gap} ms`);
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'off at first: nothing is sent, and nothing says so', beside: true,
      run: async (t) => {
        await t.script({ preset: 'pool429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await pause(5_000); // the longest that the first one may take
        assert.equal(await card.text('#auto'), null);
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'three tries and no more, each later than the one before; then it asks', beside: true, limitMs: 120_000,
      run: async (t) => {
        await t.script({ preset: 'pool429', times: 9 });
        const page = await openWith(t);
        await send(page, 'one');
        const card = await t.card(page);
        await t.logOf(4, 80_000);
        await card.reaches('failed');
        await until('it counts no more', async () => await card.text('#auto') === null);
        await pause(10_000);
        assert.equal((await t.log()).length, 4);
        assert.notEqual(await card.text('#retry'), null);
      },
    },
    {
      name: 'Stop stops it', beside: true,
      run: async (t) => {
        const { page, card, since } = await pending(t);
        await card.click('#stop');
        await stopped(t, page, card, since);
      },
    },
    {
      name: 'Escape in the card stops it; a second one closes', beside: true,
      run: async (t) => {
        const { page, card, since } = await pending(t);
        await card.click('#title');
        await page.keyboard.press('Escape');
        await stopped(t, page, card, since);
        await page.keyboard.press('Escape');
        await first(page, 'error');
        await Card.gone(page);
      },
    },
    {
      name: 'an edit of the message box stops it; what a script does there does not', beside: true,
      run: async (t) => {
        const { page, card, since } = await pending(t);
        await page.evaluate(() => document.querySelector('#prompt')?.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true })));
        await pause(300); // as long as a wrong stop would need to show
        assert.notEqual(await card.text('#auto'), null);
        await page.click('#prompt');
        await page.keyboard.type('x');
        await stopped(t, page, card, since);
      },
    },
    {
      name: 'the app goes to another address of its own: stopped', beside: true,
      run: async (t) => {
        const { page, card, since } = await pending(t);
        await page.evaluate(() => history.pushState(null, '', '#another-chat'));
        await stopped(t, page, card, since);
      },
    },
    {
      name: 'a press goes before the timer: sent at the stated time, once', beside: true,
      run: async (t) => {
        await t.script(poolWait(6));
        const page = await openWith(t);
        await send(page, 'one');
        const card = await t.card(page);
        await until('it counts', async () => /\d/.test(await card.text('#auto') ?? ''));
        await card.click('#retry');
        await card.reaches('armed');
        assert.equal(await card.text('#auto'), null);
        await first(page, 'answer', 12_000);
        const [gap = 0] = gaps(await t.log());
        assert.ok(gap >= 5_900 && gap < 7_500, `sent after ${gap} ms`);
        await pause(6_000); // the timer would have come by then
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'dismissed: nothing is sent', beside: true,
      run: async (t) => {
        const { page, card, since } = await pending(t);
        await card.click('#close');
        await first(page, 'error');
        await Card.gone(page);
        await pause(10_500 - (performance.now() - since));
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'what may be billed twice asks: 502, 504, an error inside OpenRouter', beside: true,
      run: async (t) => {
        const page = await openWith(t);
        for (const [n, status] of [502, 504, 500].entries()) {
          await t.script({ status });
          await send(page, `question ${n}`);
          const card = await t.card(page);
          await card.reaches('held');
          await pause(5_000);
          assert.equal(await card.text('#auto'), null);
          assert.equal((await t.log()).length, n + 1);
          await card.click('#close');
          await Card.gone(page);
        }
      },
    },
    {
      name: 'an app whose SDK tries by itself has none of ours on top', beside: true,
      run: async (t) => {
        await t.script({ preset: 'pool429', times: 9 });
        const page = await t.open('openai.html');
        await switchOn(t);
        await page.bringToFront();
        await send(page, 'one');
        await t.logOf(3, 20_000);
        const card = await t.card(page);
        await card.reaches('held');
        await pause(5_000);
        assert.equal(await card.text('#auto'), null);
        assert.equal((await t.log()).length, 3);
      },
    },
    {
      name: 'two tabs draw from one budget: never more than three at once and one in 20 s', alone: true, limitMs: 120_000,
      run: async (t) => {
        await t.script({ preset: 'pool429', times: 40 });
        const one = await t.open('chat.html', { count: 3 });
        await switchOn(t);
        const two = await t.open('chat.html', { count: 3 });
        await send(one, 'one');
        await send(two, 'two');
        await t.logOf(6);
        const begun = performance.now();
        await t.logOf(6 + 3, 30_000);
        await pause(30_000 - (performance.now() - begun));
        const tries = (await t.log()).slice(6).map(({ at_ms }) => at_ms);
        assert.ok(tries.length >= 3, `${tries.length} tries`);
        for (const [n, from] of tries.entries()) {
          for (const [m, to] of tries.entries()) {
            // A second for the way from the worker to the server.
            if (m >= n) assert.ok(m - n + 1 <= 3 + Math.floor((to - from + 1_000) / 20_000), `${m - n + 1} tries in ${to - from} ms`);
          }
        }
      },
    },
  ],
};
