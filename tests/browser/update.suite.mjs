// @ts-check
// What ships, while the ground moves under it: an update over open tabs.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { everything, seed } from './lib/history.mjs';
import { scriptsIn } from './lib/scene.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** A page with an answer that is held. @param {Scene} t */
const held = async (t) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open();
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  return { page, card };
};
/** @param {import('puppeteer-core').Page} page */
const answers = async (page) => (await talk(page)).filter(({ kind, details }) => kind !== 'user' && details !== null);

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'update', build: 'shipped',
  tests: [
    {
      name: 'an update over an open tab: what is held goes to the app at once, what was set and what was kept stay, a tab opened since is served', alone: true,
      run: async (t) => {
        const file = join(t.extension, 'manifest.json'), now = readFileSync(file, 'utf8'), before = JSON.parse(now);
        writeFileSync(file, JSON.stringify({ ...before, version: '0.0.1' }));
        await t.driver.install(t.extension);
        const origin = `https://${t.host}/*`, popup = await t.grant([origin]);
        assert.equal(await popup.evaluate(() => chrome.runtime.getManifest().version), '0.0.1');
        await popup.evaluate(() => chrome.storage.local.set({ off: ['off.example'], auto: ['auto.example'], language: 'de', reminders: { 'remind 7': { at_ms: Date.now() + 3_600_000, address: 'https://later.example/', tab_id: 7 } } }));
        const kept = await popup.evaluate(() => chrome.storage.local.get());
        await seed(popup, [{ at_ms: Date.now() - 3_600_000, site: 'earlier.example', kind: 'upstream_rate_limit', limit_owner: 'shared_pool', provider: 'Cerebras', model: 'openai/gpt-oss-120b', status: 429, tries: 2, outcome: 'answered', wait_s: 12 }]);
        await popup.close();
        const { page } = await held(t);
        writeFileSync(file, now);
        await t.driver.install(t.extension);
        await until('the app has its answer', async () => (await answers(page)).length > 0, 3_000);
        await Card.gone(page, 2_000);
        assert.deepEqual((await answers(page)).map(({ details }) => details.status), [429]);
        const popupNow = await t.openExtensionPage('popup.html');
        assert.equal(await popupNow.evaluate(() => chrome.runtime.getManifest().version), before.version);
        assert.deepEqual(await popupNow.evaluate(() => chrome.storage.local.get()), kept);
        assert.deepEqual((await everything(popupNow)).failures?.filter(({ site }) => site === 'earlier.example').map(({ outcome }) => outcome), ['answered']);
        await until('the scripts are registered', async () => (await scriptsIn(popupNow)).includes(origin));
        await until('the alarm is set anew', () => popupNow.evaluate(async () => (await chrome.alarms.getAll()).some(({ name }) => name === 'remind 7')));
        // The tab of before goes on as without us, or with the new scripts.
        await send(page, 'two');
        await until('the second answer', async () => (await answers(page)).length === 2);
        await page.close();
        const { card, page: next } = await held(t);
        await card.click('#retry');
        await first(next, 'answer');
      },
    },
  ],
};
