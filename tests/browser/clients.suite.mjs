// @ts-check
// Real clients from npm: openai in browser mode, and the chat component deep-chat.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { brought } from './lib/plain.mjs';
import { first, send, talk } from './lib/app.mjs';
import { pause, until } from './lib/wait.mjs';

/** What deep-chat shows. @param {import('puppeteer-core').Page} page @returns {Promise<Array<{who: string, text: string}>>} */
const bubbles = (page) => page.evaluate(() => Array.from(document.querySelector('deep-chat')?.shadowRoot?.querySelectorAll('.message-bubble') ?? [], (bubble) => ({
  who: bubble.classList.contains('user-message-text') ? 'user' : bubble.classList.contains('ai-message-text') ? 'ai' : 'other',
  text: /** @type {HTMLElement} */ (bubble).innerText.trim(),
})));

/** Opens it, and asks. @param {import('./lib/scene.mjs').Scene} t @param {Record<string, string>} setup @param {'https' | 'http'} [scheme] @param {string} [text] */
const openDeepChat = async (t, setup, scheme, text = 'one') => {
  const page = await t.open('deepchat.html', setup, { scheme });
  await until('deep-chat is drawn', () => page.evaluate(() => document.documentElement.dataset.ready === '' && document.querySelector('deep-chat')?.shadowRoot?.querySelector('#text-input') !== null));
  await page.bringToFront();
  const at = await page.evaluate(() => {
    const { x, y, width, height } = /** @type {Element} */ (document.querySelector('deep-chat')?.shadowRoot?.querySelector('#text-input')).getBoundingClientRect();
    return { x: x + width / 2, y: y + height / 2 };
  });
  await page.mouse.click(at.x, at.y);
  await page.keyboard.type(text);
  // It takes nothing before its socket is open; what is sent leaves the field.
  await until('it is sent', async () => {
    await page.keyboard.press('Enter');
    return page.evaluate(() => document.querySelector('deep-chat')?.shadowRoot?.querySelector('#text-input')?.textContent?.trim() === '');
  });
  return page;
};
/** @param {import('./lib/scene.mjs').Scene} t @param {Record<string, string>} setup */
const deepChat = async (t, setup) => {
  await t.script({ preset: 'seed429' });
  const page = await openDeepChat(t, setup), card = await t.card(page);
  await card.click('#retry');
  await until('the answer', async () => (await bubbles(page)).some(({ who, text }) => who === 'ai' && text === 'The answer to: one'));
  await card.reaches('answered');
  assert.deepEqual(await bubbles(page), [{ who: 'user', text: 'one' }, { who: 'ai', text: 'The answer to: one' }]);
  const log = await t.log();
  assert.equal(log.length, 2);
  assert.equal(log[1]?.body, log[0]?.body);
};

/** @param {import('./lib/scene.mjs').Scene} t @param {Record<string, string>} setup */
const ownRetries = async (t, setup) => {
  await t.script({ preset: 'seed429', times: 3 });
  const page = await t.open('openai.html', { retries: 2, ...setup });
  await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
  await send(page, 'one');
  // The client waits 0.5 to 2 s between its tries.
  const log = await t.logOf(3, 15_000);
  assert.deepEqual(log.map(({ headers }) => headers['x-stainless-retry-count']), ['0', '1', '2']);
  const card = await t.card(page);
  await card.reaches('held');
  assert.equal((await talk(page)).filter(({ kind }) => kind === 'error').length, 0);
  await card.click('#retry');
  await until('the answer', async () => (await talk(page)).some(({ kind, text, details }) => kind === 'answer' && details !== null && text === 'The answer to: one'));
  assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
  const all = await t.log();
  assert.equal(all.length, 4);
  assert.deepEqual([all[3]?.headers, all[3]?.body], [all[2]?.headers, all[2]?.body]);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'clients', build: 'test',
  tests: [
    {
      name: 'deep-chat, over a socket: what it shows in its shadow root is explained',
      run: async (t) => {
        brought.set(t.conversation, [{ error: 'OpenRouter: 429 Provider returned error' }]);
        const page = await openDeepChat(t, { socket: '1' }, 'http'), card = await t.card(page);
        await card.reaches('explained');
        assert.equal(await card.text('#title'), 'The provider is busy right now');
        assert.deepEqual((await t.log()).length, 0, 'no call of the page');
      },
    },
    {
      name: 'deep-chat, over a socket: where the first word to the worker was lost, it is said again, though nobody writes any more', browsers: ['chromium'],
      run: async (t) => {
        brought.set(t.conversation, [{ error: 'OpenRouter: 429 Provider returned error' }]);
        await t.driver.refuseStyle();
        const page = await openDeepChat(t, { socket: '1' }, 'http', '1'); // one key, and no other that could say it
        await (await t.card(page)).reaches('explained');
      },
    },
    {
      name: 'deep-chat, over a socket: what stands there before the browser tells of it is explained too', browsers: ['chromium'], alone: true,
      run: async (t) => {
        brought.set(t.conversation, [{ error: 'OpenRouter: 429 Provider returned error' }]);
        await t.driver.delayStyles(1_000);
        const page = await openDeepChat(t, { socket: '1' }, 'http');
        await until('the failure stands there', async () => (await bubbles(page)).some(({ text }) => text.includes('429')));
        await (await t.card(page)).reaches('explained');
      },
    },
    {
      name: 'openai without retries: the first failure is explained, from the second on they are held', beside: true,
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open('openai.html', { retries: 0 });
        await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
        await send(page, 'one');
        assert.equal((await first(page, 'error', 3_000)).details.status, 429);
        const explained = await t.card(page);
        await explained.reaches('released');
        await pause(11_000); // the site is known not to try again when it has not for 10 s
        assert.equal((await t.log()).length, 1);
        await send(page, 'two');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#retry');
        await until('the answer', async () => (await talk(page)).some(({ text }) => text === 'The answer to: two'));
        assert.equal((await talk(page)).filter(({ kind }) => kind === 'error').length, 1);
        assert.equal((await t.log()).length, 3);
      },
    },
    { name: 'openai with its own retries: two tries pass, the third failure is held', run: (t) => ownRetries(t, {}) },
    { name: 'openai with its own retries, streaming', run: (t) => ownRetries(t, { stream: '1' }) },
    {
      name: 'openai heals itself: no card, and nothing of ours is sent',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 2 });
        const page = await t.open('openai.html', { retries: 2 });
        await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
        await send(page, 'one');
        await first(page, 'answer', 15_000);
        await pause(3_500); // when a card that waited for the app would show
        assert.equal(await Card.count(page), 0);
        assert.equal((await t.log()).length, 3);
      },
    },
    { name: 'deep-chat: rescued by one click, the answer once', run: (t) => deepChat(t, {}) },
    { name: 'deep-chat, streaming: rescued by one click, the answer once', run: (t) => deepChat(t, { stream: '1' }) },
  ],
};
