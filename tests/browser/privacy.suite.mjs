// @ts-check
// Canaries: a planted key, prompt and user id must be found nowhere outside the page. What the tap says over its port is in tap.test.mjs.
import assert from 'node:assert/strict';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const KEY = 'c0ffee00canary00c0ffee00canary00c0ffee00canary00c0ffee00canary00';
const PROMPT = 'canary prompt of a person';
const USER = 'user_2CanaryCanaryCanaryCanary';
const FLAGGED = 'canary flagged input';
/** An id inside a sentence of the server's. */
const ID_IN_TEXT = 'user_2CanaryInAText2CanaryInAText';
const MAIL = 'canary.of.a.person@mail.example';

/** @param {string} where @param {string} text */
const assertClean = (where, text) => {
  for (const canary of [KEY, KEY.slice(0, 20), PROMPT, USER, FLAGGED, ID_IN_TEXT]) assert.ok(!text.includes(canary), `${where} holds ${canary}: ${text.slice(0, 400)}`);
};

/** An extension page, which hears every runtime message of the bridge and the card. @param {Scene} t */
const listening = async (t) => {
  const ear = await t.openExtensionPage('popup.html');
  await ear.evaluate(() => {
    const heard = /** @type {string[]} */ ([]);
    Object.assign(globalThis, { heard });
    chrome.runtime.onMessage.addListener((message) => { heard.push(JSON.stringify(message)); });
  });
  return ear;
};

/** @param {Scene} t @param {Page} ear @param {Page} page @param {string[]} types that must have been heard, or nothing was listened to */
const assertAllClean = async (t, ear, page, types) => {
  /** @type {string[]} */
  const messages = await ear.evaluate(() => /** @type {any} */ (globalThis).heard);
  const kinds = new Set(messages.map((m) => JSON.parse(m).type));
  for (const type of types) assert.ok(kinds.has(type), `the ear heard no ${type}: ${[...kinds]}`);
  for (const message of messages) assertClean('a message', message);
  const stored = await ear.evaluate(async () => JSON.stringify([await chrome.storage.local.get(null), await chrome.storage.session.get(null), await chrome.storage.sync.get(null)]));
  assertClean('the storage', stored);
  assertClean('the page\'s storage', await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.getAttributeNames()])));
  assertClean('the console', t.driver.console.join('\n'));
};

/** All that the extension keeps anywhere. @param {Page} ear */
const keptBy = (ear) => ear.evaluate(async () => {
  const databases = await indexedDB.databases(), kept = [];
  for (const { name = '' } of databases) {
    const database = await new Promise((resolve, reject) => { Object.assign(indexedDB.open(name), { onsuccess: (/** @type {any} */ { target }) => resolve(target.result), onerror: reject }); });
    for (const store of database.objectStoreNames) {
      kept.push(await new Promise((resolve, reject) => { Object.assign(database.transaction(store).objectStore(store).getAll(), { onsuccess: (/** @type {any} */ { target }) => resolve(target.result), onerror: reject }); }));
    }
  }
  const { local, session, sync } = chrome.storage, alarms = await chrome.alarms.getAll(), shown = await chrome.notifications?.getAll?.();
  return JSON.stringify([kept, await local.get(null), await session.get(null), await sync.get(null), alarms, shown, await caches.keys(), { ...localStorage }]);
});

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'privacy', build: 'test',
  tests: [
    {
      name: 'key, prompt and user id reach no message, no storage, no card and no console', alone: true,
      run: async (t) => {
        const ear = await listening(t);
        t.conversation = KEY;
        const failure = poolWait(1);
        const body = /** @type {any} */ (failure.body);
        body.user_id = USER;
        body.error.metadata.flagged_input = FLAGGED;
        body.error.metadata.raw += ` (key sk-or-v1-${KEY}, Bearer sk-or-v1-${KEY}, for ${ID_IN_TEXT})`;
        await t.script(failure, failure, { preset: 'auth401' });
        const page = await t.open();
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.click('#details summary');
        assertClean('the card', await card.all());
        await card.click('#retry');
        await card.reaches('failed', 12_000);
        assertClean('the card after a second failure', await card.all());
        await card.click('#close');
        await first(page, 'error');
        await send(page, `${PROMPT} again`);
        await t.card(page);
        assertClean('the second card', await card.all());
        await assertAllClean(t, ear, page, ['explain', 'claim']);
      },
    },
    {
      name: 'nor where a server repeats them in its header fields, or in JSON within JSON; an address of a person is on no card and in no report', alone: true,
      run: async (t) => {
        const ear = await listening(t);
        t.conversation = KEY;
        const said = { error: { message: `Provider returned error for ${MAIL}`, code: 429, metadata: {
          provider_name: 'Cerebras', limit_source: 'upstream_provider_shared_pool', flagged_input: PROMPT, email: MAIL,
          raw: JSON.stringify({ error: { message: `busy, says ${MAIL}`, flagged_input: FLAGGED, user_id: USER, inner: JSON.stringify({ user_id: USER, flagged_input: PROMPT }) } }),
        } } };
        await t.script({ status: 429, headers: { 'content-type': 'application/json', 'x-generation-id': `gen-sk-or-v1-${KEY}`, 'x-provider-name': USER }, body: said });
        const page = await t.open();
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#details summary');
        await card.read((root) => { root.querySelector('.copy')?.scrollIntoView({ block: 'end' }); });
        await card.click('.copy');
        const report = await card.read((root) => /** @type {HTMLTextAreaElement} */ (root.querySelector('.report')).value);
        assert.match(report, /Cerebras/, 'there is a report');
        for (const [where, text] of /** @type {const} */ ([['the report', report], ['the card', await card.all()], ['what is kept', await keptBy(ear)]])) {
          assertClean(where, text);
          assert.ok(!text.includes(MAIL), `${where} holds ${MAIL}`);
        }
        await assertAllClean(t, ear, page, ['explain', 'claim']);
      },
    },
    {
      name: 'nor where the request itself is full of them: its address, its header fields, each member of its body; and the history has none', alone: true,
      run: async (t) => {
        const ear = await listening(t);
        t.conversation = KEY;
        await t.script({ preset: 'seed429' }, { preset: 'seed429' });
        const page = await t.open();
        await page.evaluate(([key, prompt, user, mail]) => {
          const body = { model: 'a/b', user, safety_identifier: user, metadata: { mail, key }, messages: [{ role: 'user', content: prompt, name: mail }], tools: [{ type: 'function', function: { name: 'x', description: mail } }] };
          fetch(`https://openrouter.ai/api/v1/chat/completions?user=${user}&mail=${mail}&key=${key}`, {
            method: 'POST', headers: { Authorization: `Bearer sk-or-v1-${key}`, 'X-Title': `${mail} ${key}`, 'HTTP-Referer': `https://x.example/${user}/${mail}` }, body: JSON.stringify(body),
          }).then(() => { Object.assign(globalThis, { isDone: true }); });
        }, [KEY, PROMPT, USER, MAIL]);
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#details summary');
        const all = await card.all();
        await card.click('#retry');
        await card.reaches('failed', 12_000);
        await card.click('#close');
        await until('the app has its answer', () => page.evaluate(() => /** @type {any} */ (globalThis).isDone === true));
        const read = async () => /** @type {string} */ (await keptBy(ear));
        const kept = await until('it is in the history', async () => { const now = await read(); return now.includes(t.host) && now; }, 20_000); // ten seconds after the app has its error
        const heard = await ear.evaluate(() => /** @type {any} */ (globalThis).heard.join('\n'));
        assert.match(heard, /"explain"/, 'it was told');
        for (const [where, text] of /** @type {const} */ ([['the card', all], ['what is kept', kept], ['a message', heard], ['the console', t.driver.console.join('\n')]])) {
          assertClean(where, text);
          assert.ok(!text.includes(MAIL), `${where} holds ${MAIL}`);
        }
      },
    },
    {
      name: 'nor where a request is changed, a list is looked up, the key\'s limits are asked for, and a rule is set', alone: true,
      run: async (t) => {
        const ear = await listening(t), before = (await t.mock.all()).length;
        t.conversation = KEY;
        await t.world({
          providers: ['Cerebras', 'Together'], busy: ['Cerebras'], key: { label: `sk-or-v1-${KEY}`, creator_user_id: USER, limit_reset: FLAGGED, limit: 5, limit_remaining: 1 }, credits: { note: KEY },
        });
        const page = await t.open();
        await send(page, PROMPT);
        const card = await t.card(page);
        await card.reaches('held');
        await card.press('My limits');
        await until('the numbers', () => card.text('.lines'));
        assertClean('the card with its numbers', await card.all());
        await card.press('Who else serves it?');
        assertClean('the card with its list', await card.all());
        await card.press('Skip Cerebras on this site for 1 hour');
        await first(page, 'answer');
        await card.reaches('answered');
        assertClean('the card at its end', await card.all());
        await assertAllClean(t, ear, page, ['explain', 'look_up', 'tell_limits', 'skip']);
        // The key went where the page had sent it, from the page; what the worker asked for goes without.
        const all = (await t.mock.all()).slice(before).filter(({ host }) => host === 'openrouter.ai'), holds = all.filter((one) => JSON.stringify(one).includes(KEY.slice(0, 20)));
        assert.deepEqual(holds.map(({ method, host, path, headers }) => [method, host, path, headers.origin]),
          [['POST', '/chat/completions'], ['GET', '/key'], ['GET', '/credits'], ['POST', '/chat/completions']].map(([method, path]) => [method, 'openrouter.ai', `/api/v1${path}`, `https://${t.host}`]));
        const list = all.find(({ path }) => path.endsWith('/endpoints'));
        assert.ok(list !== undefined);
        assertClean('what the worker asked for', JSON.stringify(list));
      },
    },
  ],
};
