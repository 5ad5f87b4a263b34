// @ts-check
// Waits where timers do not keep the time: a laptop that sleeps, a clock that is set, a tab that nobody sees.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** In the suite's own copy the page says by how much the clock of our scripts in it was set. @param {string} folder */
const setByPage = (folder) => {
  const file = join(folder, 'content', 'overlay.js');
  writeFileSync(file, `{ const { now } = Date; Date.now = () => now() + Number(document.documentElement?.dataset.clock ?? 0); }\n${readFileSync(file, 'utf8')}`);
};

/** A wait of so long, and Retry pressed before it is over. @param {Scene} t @param {number} seconds */
const armed = async (t, seconds) => {
  await t.script(poolWait(seconds));
  const page = await t.open();
  await send(page, 'one');
  const card = await t.card(page);
  await until('the button counts down', async () => /\d/.test(await card.text('#retry') ?? ''));
  await card.click('#retry');
  await card.reaches('armed');
  /** For all that is ours in the tab: the one clock jumps, the other goes on. @param {number} ms */
  const setClock = async (ms) => {
    await page.evaluate((by) => { document.documentElement.dataset.clock = String(by); }, ms);
    await (await card.inFrame()).evaluate((by) => { const { now } = Date; Date.now = () => now() + by; }, ms);
  };
  return { page, card, setClock };
};
/** @param {Scene} t @param {number} limitMs */
const gapOf = async (t, limitMs) => {
  const [one, two] = await t.logOf(2, limitMs);
  return (two?.at_ms ?? 0) - (one?.at_ms ?? 0);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'clock', build: 'test', prepare: setByPage,
  tests: [
    {
      name: 'a laptop that slept over the wait: what was pressed early is sent as soon as it wakes',
      run: async (t) => {
        const { page, setClock } = await armed(t, 40);
        await setClock(60_000);
        assert.ok(await gapOf(t, 6_000) < 30_000);
        await first(page, 'answer');
      },
    },
    {
      name: 'a clock that is set back by an hour: no wait is longer',
      run: async (t) => {
        const { page, card, setClock } = await armed(t, 9);
        await setClock(-3_600_000);
        await until('the card counts on', async () => { const [, left] = /(\d+) s/.exec(await card.text('#retry') ?? '') ?? []; return left !== undefined && Number(left) < 8; });
        assert.ok(await gapOf(t, 12_000) >= 8_900, 'nor shorter');
        await first(page, 'answer');
      },
    },
    {
      name: 'a tab that nobody sees: sent at the stated time',
      run: async (t) => {
        const { page } = await armed(t, 6);
        await t.openExtensionPage('popup.html').then((other) => other.bringToFront());
        await until('it is hidden', () => page.evaluate(() => document.visibilityState === 'hidden'));
        const gap = await gapOf(t, 12_000);
        assert.ok(gap >= 5_900 && gap < 9_000, `sent after ${gap} ms`);
        assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
        await first(page, 'answer');
      },
    },
  ],
};
