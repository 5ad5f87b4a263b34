// @ts-check
// Calls that nothing in the page can hold, seen as the browser sees them (webRequest, which test builds have).
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

/** In Firefox their answers are read too. @param {Scene} t */
const isRead = (t) => t.driver.name === 'firefox';
/** @param {Page} page */
const fromWorker = (page) => page.evaluate(() => { /** @type {any} */ (globalThis).askFromWorker('one'); });
/** Once it is answered. @param {Page} page */
const answered = async (page, status = 200) => assert.equal(await page.evaluate(async () => (await /** @type {any} */ (globalThis).askFromWorker('one')).status), status);
/** @param {Page} page @param {'service worker' | 'synchronous' | 'beacon' | 'event source'} way */
const withoutHook = (page, way) => page.evaluate((how) => { /** @type {any} */ (globalThis).askWithoutHook(how, 'one'); }, way);
/** @param {Page} page */
const standBetween = (page) => page.evaluate(() => /** @type {any} */ (globalThis).standBetween());

/** @param {Scene} t @param {(page: Page) => Promise<unknown>} ask @param {import('./lib/mock.mjs').Answer} [answer] */
const explained = async (t, ask, answer = poolWait(30)) => {
  await t.script(answer);
  const page = await t.open();
  await page.bringToFront();
  await ask(page);
  const card = await t.card(page);
  await card.reaches('explained');
  assert.equal(await card.text('#retry'), null, 'there is nothing to send again');
  return { page, card };
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'unheld', build: 'test',
  tests: [
    {
      name: 'a worker\'s call: explained, with the wait that its hidden header field states',
      run: async (t) => {
        const { page, card } = await explained(t, fromWorker);
        assert.match(await card.text('#when') ?? '', /^Try again in \d+ s\.$/);
        if (isRead(t)) assert.equal(await card.text('#title'), 'Cerebras is busy right now');
        await card.click('#close');
        await Card.gone(page);
      },
    },
    {
      name: 'a worker\'s call, dismissed: its client\'s own next try brings no card back, another failure does',
      run: async (t) => {
        const { page, card } = await explained(t, fromWorker);
        await card.click('#close');
        await Card.gone(page);
        await t.script({ preset: 'seed429' }, { preset: 'credits402' });
        await fromWorker(page);
        await pause(3_000); // longer than the browser's word on a call waits for the page's
        assert.equal(await Card.count(page), 0);
        await fromWorker(page);
        await (await t.card(page)).reaches('explained');
      },
    },
    {
      name: 'a worker\'s call whose client helps itself: the card goes when the answer comes, though Cooldown\'s own worker has slept meanwhile',
      run: async (t) => {
        const { page, card } = await explained(t, fromWorker);
        await t.driver.stopWorker();
        await answered(page);
        await Card.gone(page);
      },
    },
    {
      name: 'a worker\'s call, and much later another: its answer heals nothing', beside: true,
      run: async (t) => {
        const { page, card } = await explained(t, fromWorker);
        await pause(16_000); // clients try again within 15 s
        await answered(page);
        await pause(1_000); // longer than the browser's word on it takes
        assert.equal(await card.phase(), 'explained');
      },
    },
    {
      name: 'a worker\'s call that was answered on its client\'s next try before anybody could be told: no card',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await answered(page, 429);
        await answered(page);
        await pause(3_000); // longer than the browser's word on a call waits for the page's
        assert.equal(await Card.count(page), 0);
      },
    },
    {
      name: 'the answer to a worker\'s call that was under way before another failed heals nothing',
      run: async (t) => {
        await t.script({ good: true, delay_ms: 4_000 }, poolWait(30));
        const page = await t.open();
        const slow = answered(page);
        await t.logOf(1);
        await fromWorker(page);
        const card = await t.card(page);
        await card.reaches('explained');
        await slow;
        await pause(1_000); // longer than the browser's word on it takes
        assert.equal(await card.phase(), 'explained');
      },
    },
    {
      name: 'a service worker\'s own call: explained in a tab of its site',
      run: async (t) => { await explained(t, async (page) => { await standBetween(page); await withoutHook(page, 'service worker'); }); },
    },
    { name: 'a synchronous XMLHttpRequest: explained', run: async (t) => { await explained(t, (page) => withoutHook(page, 'synchronous')); } },
    { name: 'a beacon: explained', run: async (t) => { await explained(t, (page) => withoutHook(page, 'beacon')); } },
    { name: 'an event source: explained', run: async (t) => { await explained(t, (page) => withoutHook(page, 'event source')); } },
    {
      name: 'a service worker in between: the page\'s own call is held and answered, and there is one card',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await standBetween(page);
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await pause(2_500); // longer than the worker waits for the page's word
        assert.equal(await card.phase(), 'held');
        await card.click('#retry');
        await first(page, 'answer');
        assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
      },
    },
    {
      name: 'a call of the page\'s own gets its hidden header fields, and no second card',
      run: async (t) => {
        await t.script({ preset: 'seed429', headers: { 'retry-after': '7' } });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await until('the button counts down', async () => /\d/.test(await card.text('#retry') ?? ''));
        await pause(2_500);
        assert.equal(await card.phase(), 'held');
        await card.click('#close');
        await first(page, 'error');
        await pause(2_500);
        assert.equal(await Card.count(page), 0, 'what was dismissed does not come back');
      },
    },
    {
      name: 'what another site\'s service worker met is no part of a page\'s own failure', browsers: ['chromium'], // needs no browser
      run: async () => {
        /** @type {(details: object) => void} */
        let hear = () => assert.fail('nobody listens');
        const event = { hasListener: () => false, addListener: (/** @type {typeof hear} */ listener) => { hear = listener; } };
        Object.assign(globalThis, { cooldownCompat: { api: { webRequest: { onBeforeRequest: { addListener: () => {} }, onHeadersReceived: event, onErrorOccurred: { addListener: () => {} } } } }, cooldownProtocol: { BODY_MAX: 1, HEADERS: ['retry-after'], withoutSecrets: String } });
        const { listen, tellOf } = await import('../../extension/wire.js');
        listen(() => undefined);
        const url = 'https://openrouter.ai/api/v1/chat/completions', timeStamp = Date.now();
        /** @type {Exchange} */
        const broken = { surface: 'http', url, method: 'POST', status: 0, headers: {}, body: '', at_ms: timeStamp };
        hear({ url, method: 'POST', tabId: -1, frameId: -1, initiator: 'https://one.example', statusCode: 429, timeStamp, requestId: '1', responseHeaders: [{ name: 'Retry-After', value: '9' }] });
        assert.equal(tellOf(broken, 7, 'https://two.example'), broken);
        assert.equal(tellOf(broken, 7, undefined), broken);
        assert.deepEqual(tellOf(broken, 7, 'https://one.example'), { ...broken, status: 429, headers: { 'retry-after': '9' } });
        assert.equal(tellOf(broken, 7, 'https://one.example'), broken, 'told once');
      },
    },
    {
      name: 'another host\'s failure in a worker: nothing happens',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { endpoint: 'https://other.example/api/v1/chat/completions' });
        await fromWorker(page);
        await t.logOf(1);
        await pause(2_500);
        assert.equal(await Card.count(page), 0);
      },
    },
  ],
};
