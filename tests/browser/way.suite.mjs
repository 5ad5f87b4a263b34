// @ts-check
// The way of a failure: held, explained, sent again by one click, answered in the app. Or let go, untouched.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** The app shows the question and one answer to it, and nothing else. @param {import('puppeteer-core').Page} page @param {string} question */
const assertAnsweredOnce = async (page, question) => {
  const said = await talk(page);
  assert.deepEqual(said.map(({ kind, text }) => [kind, text]), [['user', question], ['answer', `The answer to: ${question}`]]);
};

/** A replay is what was sent, to the letter. @param {import('./lib/mock.mjs').Logged[]} log */
const assertAllEqual = (log) => {
  // `priority` is Firefox's own hint: more urgent in the turn of a click of the page's.
  const [one, ...others] = log.map(({ host, method, path, headers: { priority, ...headers }, body }) => ({ host, method, path, headers, body }));
  for (const other of others) assert.deepEqual(other, one);
};

/** @param {Scene} t @param {Record<string, string | number>} setup */
const rescued = async (t, setup) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open('chat.html', setup);
  await send(page, 'why is the sky blue');
  const card = await t.card(page);
  await card.reaches('held');
  assert.deepEqual((await talk(page)).map(({ kind }) => kind), ['user'], 'the app knows nothing of the failure');
  assert.equal((await t.log()).length, 1, 'nothing is sent again without a click');
  await card.click('#retry');
  await first(page, 'answer');
  await card.reaches('answered');
  await assertAnsweredOnce(page, 'why is the sky blue');
  const log = await t.log();
  assert.equal(log.length, 2);
  assertAllEqual(log);
  await assertAnsweredOnce(page, 'why is the sky blue');
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'way', build: 'test',
  tests: [
    {
      name: 'the deadline passes: the app has the original answer, the card stays and explains', beside: true, limitMs: 90_000,
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        const since = performance.now();
        const { details } = await first(page, 'error', 65_000);
        assert.equal(details.status, 429);
        assert.ok(performance.now() - since > 40_000, 'held as long as the plan says');
        await card.reaches('released');
        assert.equal(await card.text('#retry'), null, 'what the app has got cannot be sent again here');
        assert.equal((await t.log()).length, 1);
      },
    },
    { name: 'JSON: 429, one click, the answer once, two equal requests', run: (t) => rescued(t, {}) },
    { name: 'SSE: 429, one click, the answer once, two equal requests', run: (t) => rescued(t, { stream: 1 }) },
    { name: 'a body of bytes is sent again as it was', run: (t) => rescued(t, { body: 'bytes' }) },
    { name: 'a Request object is sent again as it was', run: (t) => rescued(t, { body: 'request' }) },
    {
      name: '429, 429, 200: the card says that it failed again, the second click answers',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await card.reaches('failed');
        assert.deepEqual((await talk(page)).map(({ kind }) => kind), ['user']);
        await card.click('#retry');
        await first(page, 'answer');
        await assertAnsweredOnce(page, 'one');
        const log = await t.log();
        assert.equal(log.length, 3);
        assertAllEqual(log);
      },
    },
    {
      name: 'dismissed: the app gets the original answer, untouched, and no second card',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open();
        const native = await page.evaluate(() => /** @type {any} */ (globalThis).askFromWorker('one'));
        // Each answer has ids of its own; that they are there must be the same.
        const withoutIds = (/** @type {any} */ answer) => ({ ...answer, headers: answer.headers.map((/** @type {[string, string]} */ [name, value]) => [name, /^(request-id|cf-ray|x-generation-id)$/.test(name) ? '' : value]) });
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#close');
        const { details } = await first(page, 'error');
        assert.deepEqual(withoutIds(details), withoutIds(native), 'as a worker got it, where no extension reaches');
        await Card.gone(page);
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'Escape in the card dismisses it, and the app\'s input has the focus again',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await page.focus('#prompt');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'prompt', 'the card took no focus');
        await card.click('#title');
        await page.keyboard.press('Escape');
        await first(page, 'error');
        await Card.gone(page);
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'prompt');
      },
    },
    {
      name: 'aborted while held: the very reason, at once, and the card goes',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await send(page, 'one');
        await t.card(page);
        await page.click('#stop');
        const { details } = await first(page, 'error', 2_000);
        assert.deepEqual(details, { reason: 'the very object' });
        await Card.gone(page);
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'aborted while it is sent again: the very reason, and the server sees the abort',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { good: true, delay_ms: 20_000 });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await t.logOf(2);
        await card.reaches('retrying');
        await page.click('#stop');
        const { details } = await first(page, 'error', 2_000);
        assert.deepEqual(details, { reason: 'the very object' });
        await until('the server saw the abort', async () => (await t.log())[1]?.aborted);
        await Card.gone(page);
      },
    },
    {
      name: 'the app\'s own timeout rules during the hold',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { timeout: 3_000 });
        await send(page, 'one');
        await t.card(page);
        const { details } = await first(page, 'error', 6_000);
        assert.equal(details.name, 'TimeoutError');
        await Card.gone(page);
      },
    },
    {
      name: 'the app asks once more while its first call is held: no card is left for an answer that nobody waits for',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { patience: 3_000 });
        await send(page, 'one');
        await (await t.card(page)).reaches('held');
        await first(page, 'answer');
        await assertAnsweredOnce(page, 'one');
        await Card.gone(page, 2_000);
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'the app asks once more, and that fails too: one card for it, and one click answers it',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open('chat.html', { patience: 3_000 });
        await send(page, 'one');
        const card = await t.card(page);
        await t.logOf(2);
        await card.reaches('held');
        await card.click('#retry');
        await first(page, 'answer');
        await assertAnsweredOnce(page, 'one');
        await card.reaches('answered');
        assert.equal((await t.log()).length, 3, 'the one that is waited for, and no other');
      },
    },
    {
      name: 'the app goes on to its next model: nothing of that is held or shown once the card was dismissed; what it heals later never shows', beside: true,
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 }, { preset: 'seed429', delay_ms: 11_000 });
        const page = await t.open('chat.html', { models: 'a/a,b/b,c/c' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#close');
        await first(page, 'error', 20_000);
        assert.deepEqual((await t.log()).map(({ body }) => JSON.parse(body).model), ['a/a', 'b/b', 'c/c']);
        await pause(6_000); // longer than a card waits for an app that may try again
        assert.equal(await Card.count(page), 0);
        await t.script({ preset: 'seed429' });
        await send(page, 'two');
        await first(page, 'answer');
        await pause(6_000);
        assert.equal(await Card.count(page), 0);
        assert.deepEqual((await t.log()).slice(3).map(({ body }) => JSON.parse(body).model), ['a/a', 'b/b'], 'the site is known to help itself');
        await t.script({ preset: 'seed429', times: 3 });
        await send(page, 'three');
        await t.logOf(8);
        const last = await t.card(page);
        await last.reaches('released');
        assert.equal(await last.text('#retry'), null, 'the app has given up, and has its error');
      },
    },
    {
      name: 'a card for what was never held goes when the app\'s next model answers',
      run: async (t) => {
        await t.script({ preset: 'auth401' }, { preset: 'auth401', delay_ms: 1_500 }, { good: true, delay_ms: 1_500 });
        const page = await t.open('chat.html', { models: 'a/a,b/b,c/c' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('released');
        await first(page, 'answer');
        await card.reaches('answered');
        await Card.gone(page);
      },
    },
    {
      name: 'a refused key: the app has its error at once, the card explains and offers no Retry',
      run: async (t) => {
        await t.script({ preset: 'auth401' });
        const page = await t.open();
        await send(page, 'one');
        const { details } = await first(page, 'error', 3_000);
        assert.equal(details.status, 401);
        const card = await t.card(page);
        await card.reaches('released');
        assert.equal(await card.text('#retry'), null);
        const url = await card.read((root) => root.querySelector('a.remedy')?.getAttribute('href') ?? null);
        assert.equal(url, 'https://openrouter.ai/settings/keys');
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'out of credits: the app has its error at once, the card leads to the credits page',
      run: async (t) => {
        await t.script({ preset: 'credits402' });
        const page = await t.open();
        await send(page, 'one');
        assert.equal((await first(page, 'error', 3_000)).details.status, 402);
        const card = await t.card(page);
        assert.equal(await card.text('#retry'), null);
        assert.equal(await card.read((root) => root.querySelector('a.remedy')?.getAttribute('href') ?? null), 'https://openrouter.ai/settings/credits');
      },
    },
    {
      name: 'a stated wait is honoured: pressed early it is armed, counts down, and sends at the stated time',
      run: async (t) => {
        await t.script(poolWait(6));
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await until('the button counts down', async () => /\d/.test(await card.text('#retry') ?? ''));
        await card.click('#retry');
        await card.reaches('armed');
        assert.equal((await t.log()).length, 1);
        await first(page, 'answer', 12_000);
        const log = await t.log();
        assert.equal(log.length, 2);
        const gap = (log[1]?.at_ms ?? 0) - (log[0]?.at_ms ?? 0);
        assert.ok(gap >= 5_900, `sent after ${gap} ms`);
        await assertAnsweredOnce(page, 'one');
      },
    },
    {
      name: 'armed and stopped again: nothing is sent when the wait is over',
      run: async (t) => {
        await t.script(poolWait(5));
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        const since = performance.now();
        await card.click('#retry');
        await card.reaches('armed');
        await card.click('#retry');
        await card.reaches('held');
        await pause(5_000 - (performance.now() - since) + 1_500); // the stated wait is over
        assert.equal((await t.log()).length, 1);
        await card.click('#retry');
        await first(page, 'answer');
      },
    },
    {
      name: 'a wait that is too long for the app: held for what need not wait, without a Retry; closed, the app has its error',
      run: async (t) => {
        await t.script(poolWait(600));
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        assert.equal(await card.text('#retry'), null);
        await card.button('Skip Cerebras');
        assert.match(await card.text('#when') ?? '', /10 min/);
        await card.click('#close');
        assert.equal((await first(page, 'error', 3_000)).details.status, 429);
      },
    },
    {
      name: 'a wait that is too long for the app, of a request that cannot be changed, is not held',
      run: async (t) => {
        await t.script(poolWait(600));
        const page = await t.open('chat.html', { with: JSON.stringify({ messages: [{ role: 'user', content: '\ufffd' }] }) });
        await send(page, 'one');
        assert.equal((await first(page, 'error', 3_000)).details.status, 429);
        await (await t.card(page)).reaches('released');
      },
    },
    {
      name: 'the replay\'s connection breaks: held again, the next click answers',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { cut: 'headers' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await card.reaches('failed');
        await card.click('#retry');
        await first(page, 'answer');
        await assertAnsweredOnce(page, 'one');
      },
    },
    {
      name: 'an unknown failure says so, and Retry works',
      run: async (t) => {
        await t.script({ preset: 'unknown500' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await first(page, 'answer');
        await assertAnsweredOnce(page, 'one');
      },
    },
    {
      name: 'nothing fails: no host, no frame, no card, one request',
      run: async (t) => {
        const page = await t.open();
        await page.evaluate(() => {
          new MutationObserver((changes) => {
            if (changes.some((change) => [...change.addedNodes].some((node) => node.parentNode === document.documentElement))) document.body.dataset.touched = '';
          }).observe(document.documentElement, { childList: true });
        });
        await send(page, 'one');
        await first(page, 'answer');
        assert.equal(await page.evaluate(() => document.body.dataset.touched ?? null), null);
        assert.equal((await t.log()).length, 1);
      },
    },
  ],
};
