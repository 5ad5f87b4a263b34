// @ts-check
// The history: what became of each failure, on this device alone, and nothing that could name a person or a prompt.
import assert from 'node:assert/strict';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const KEY = 'c0ffee00canary00c0ffee00canary00c0ffee00canary00c0ffee00canary00';
const PROMPT = 'canary prompt of a person';
const USER = 'user_2CanaryCanaryCanaryCanary';

/** Everything that lies in the database, by store. @param {Page} ear @returns {Promise<Record<string, any[]>>} */
const everything = (ear) => ear.evaluate(async () => {
  /** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
  const answer = (request) => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error); });
  if (!(await indexedDB.databases()).some(({ name }) => name === 'history')) return { failures: [] };
  const db = await answer(indexedDB.open('history'));
  const all = await Promise.all(Array.from(db.objectStoreNames, async (name) => [name, await answer(db.transaction(name).objectStore(name).getAll())]));
  db.close();
  return Object.fromEntries(all);
});
/** The records of this test's site, once there are so many. @param {Scene} t @param {Page} ear @param {number} count @param {number} [limitMs] */
const kept = async (t, ear, count, limitMs = 8_000) => {
  const mine = async () => (await everything(ear)).failures?.filter(({ site }) => site === t.host) ?? [];
  await until(`${count} of this site in the history`, async () => (await mine()).length >= count, limitMs);
  const found = await mine();
  assert.equal(found.length, count);
  return found;
};
/** A failure that is held, and its card. @param {Scene} t @param {import('./lib/mock.mjs').Answer} [answer] */
const fails = async (t, answer = poolWait(1)) => {
  await t.script(answer);
  const page = await t.open();
  await send(page, PROMPT);
  const card = await t.card(page);
  return { page, card };
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'history', build: 'test',
  tests: [
    {
      name: 'a failure that a retry cured is one record, and holds no key, prompt, id or address',
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html'), since = Date.now();
        t.conversation = KEY;
        const failure = poolWait(1), body = /** @type {any} */ (failure.body);
        body.user_id = USER;
        body.error.metadata.flagged_input = PROMPT;
        body.error.metadata.raw += ` (Bearer sk-or-v1-${KEY}, for ${USER})`;
        await t.script(failure, failure);
        const page = await t.open();
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.click('#retry');
        await card.reaches('failed', 12_000);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        const [record] = await kept(t, ear, 1);
        const { at_ms, ...rest } = record;
        assert.ok(at_ms >= since && at_ms <= Date.now(), `failed at ${at_ms}`);
        assert.deepEqual(rest, {
          site: t.host, kind: 'upstream_rate_limit', limit_owner: 'shared_pool', provider: 'Cerebras', model: 'openai/gpt-oss-120b', status: 429, wait_s: 1, tries: 3, outcome: 'answered',
        });
        const all = JSON.stringify(await everything(ear));
        for (const secret of [KEY.slice(0, 20), PROMPT, USER, 'chat.html', '/api/v1', 'https:']) assert.ok(!all.includes(secret), `the history holds ${secret}`);
      },
    },
    {
      name: 'what was only explained, given up, or left says so', limitMs: 90_000,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        const told = await fails(t, { preset: 'auth401' });
        await first(told.page, 'error');
        const closed = await fails(t, poolWait(20));
        await closed.card.reaches('held');
        await closed.card.click('#close');
        const left = await fails(t, poolWait(20));
        await left.card.reaches('held');
        await left.page.goto('about:blank');
        const found = await kept(t, ear, 3, 20_000); // the app has ten seconds to heal it itself
        assert.deepEqual(found.map(({ kind, outcome, tries }) => [kind, outcome, tries]),
          [['auth', 'explained', 1], ['upstream_rate_limit', 'given_up', 1], ['upstream_rate_limit', 'left', 1]]);
      },
    },
    {
      name: 'of a private window nothing is kept', alone: true,
      run: async (t) => {
        await t.script(poolWait(1));
        const page = await t.driver.newPrivatePage();
        t.pages.push(page);
        await page.goto(`https://${t.host}/chat.html?conversation=${t.conversation}`);
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.click('#retry');
        await first(page, 'answer', 12_000);
        await card.reaches('answered');
        await page.close();
        const ear = await t.openExtensionPage('popup.html');
        // What is told later than it is kept; so it would be there.
        const open = await fails(t, poolWait(2));
        await open.card.click('#retry');
        await first(open.page, 'answer', 12_000);
        assert.equal((await kept(t, ear, 1))[0]?.wait_s, 2);
      },
    },
    {
      name: 'switched off, nothing is kept, and the card is as ever', alone: true,
      run: async (t) => {
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => chrome.storage.local.set({ history: { on: false, days: 90 } }));
        const off = await fails(t);
        await off.card.click('#retry');
        await first(off.page, 'answer', 12_000);
        await off.card.reaches('answered');
        await ear.evaluate(() => chrome.storage.local.set({ history: { on: true, days: 90 } }));
        const on = await fails(t, { preset: 'pool429' });
        await on.card.click('#retry');
        await first(on.page, 'answer', 12_000);
        assert.equal((await kept(t, ear, 1))[0]?.outcome, 'answered');
      },
    },
  ],
};
