// @ts-check
// Canaries: a planted key, prompt and user id must be found nowhere outside the page. What the tap says over its port is in tap.test.mjs.
import assert from 'node:assert/strict';
import { first, send } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';

const KEY = 'c0ffee00canary00c0ffee00canary00c0ffee00canary00c0ffee00canary00';
const PROMPT = 'canary prompt of a person';
const USER = 'user_2CanaryCanaryCanaryCanary';
const FLAGGED = 'canary flagged input';
/** An id inside a sentence of the server's. */
const ID_IN_TEXT = 'user_2CanaryInAText2CanaryInAText';

/** @param {string} where @param {string} text */
const assertClean = (where, text) => {
  for (const canary of [KEY, KEY.slice(0, 20), PROMPT, USER, FLAGGED, ID_IN_TEXT]) assert.ok(!text.includes(canary), `${where} holds ${canary}: ${text.slice(0, 400)}`);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'privacy', build: 'test',
  tests: [
    {
      name: 'key, prompt and user id reach no message, no storage, no card and no console', alone: true,
      run: async (t) => {
        // An extension page hears every runtime message of the bridge and the card.
        const ear = await t.openExtensionPage('popup.html');
        await ear.evaluate(() => {
          const heard = /** @type {string[]} */ ([]);
          Object.assign(globalThis, { heard });
          chrome.runtime.onMessage.addListener((message) => { heard.push(JSON.stringify(message)); });
        });
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
        const messages = await ear.evaluate(() => /** @type {any} */ (globalThis).heard);
        const kinds = new Set(messages.map((/** @type {string} */ m) => JSON.parse(m).type));
        assert.ok(kinds.has('explain') && kinds.has('claim'), `the ear heard the messages: ${[...kinds]}`);
        for (const message of messages) assertClean('a message', message);
        const stored = await ear.evaluate(async () => JSON.stringify([await chrome.storage.local.get(null), await chrome.storage.session.get(null), await chrome.storage.sync.get(null)]));
        assertClean('the storage', stored);
        assertClean('the page\'s storage', await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.getAttributeNames()])));
        assertClean('the console', t.driver.console.join('\n'));
      },
    },
  ],
};
