// @ts-check
// A call whose answer never came: it is kept as a refusal is, its Retry says that it may be billed twice, and nothing of it is sent again unasked.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { pause } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** @param {Record<string, string | number>} setup @returns {(t: Scene) => Promise<void>} */
const kept = (setup) => async (t) => {
  await t.script({ cut: 'headers', times: 9 }); // browsers try a reused connection again by themselves
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  assert.equal(await card.text('#title'), 'No answer came');
  assert.match(await card.text('#card') ?? '', /billed/);
  assert.deepEqual((await talk(page)).map(({ kind }) => kind), ['user'], 'the app knows nothing of it');
  await t.script({ good: true });
  await card.click('#retry');
  await first(page, 'answer');
  await card.reaches('answered');
  assert.deepEqual((await talk(page)).map(({ kind }) => kind), ['user', 'answer']);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'lost', build: 'test',
  tests: [
    { name: 'by fetch: one click, the answer once', run: kept({}) },
    { name: 'a stream: one click, the answer once', run: kept({ stream: 1 }) },
    {
      name: 'by XMLHttpRequest: the page hears it as natively, and the card explains it beside it',
      run: async (t) => {
        await t.script({ cut: 'headers', times: 9 });
        const page = await t.open('chat.html', { by: 'xhr' });
        for (const text of ['one', 'two']) {
          await send(page, text);
          await first(page, 'error');
          const card = await t.card(page);
          await card.reaches('released');
          assert.equal(await card.text('#title'), 'No answer came');
          await card.click('#close');
          await Card.gone(page);
        }
      },
    },
    {
      name: 'let go: the app hears what it would have heard',
      run: async (t) => {
        await t.script({ cut: 'headers', times: 9 });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#close');
        const { text } = await first(page, 'error');
        assert.match(text, t.driver.name === 'chromium' ? /Failed to fetch/ : /NetworkError/);
        await Card.gone(page);
      },
    },
    {
      name: 'what the page itself ends, and what native would not begin, is no failure',
      run: async (t) => {
        await t.script({ hang: true }, { hang: true });
        const page = await t.open();
        const said = await page.evaluate(async (url) => {
          const why = { mine: true }, stop = new AbortController(), init = { method: 'POST', body: '{}', headers: { Authorization: `Bearer sk-or-v1-${new URLSearchParams(location.search).get('conversation')}` } };
          /** @param {Promise<Response>} call */
          const end = (call) => call.then(() => 'answered', (error) => (error === why ? 'mine' : error.name));
          setTimeout(() => stop.abort(why), 200);
          return Promise.all([
            end(fetch(url, { ...init, signal: stop.signal })), end(fetch(url, { ...init, signal: AbortSignal.timeout(200) })),
            end(fetch(url, { ...init, headers: { 'no name': '' } })), end(fetch(url, { ...init, mode: /** @type {any} */ ('no mode') })),
            end(fetch(url, { ...init, mode: 'same-origin' })),
          ]);
        }, 'https://openrouter.ai/api/v1/chat/completions');
        assert.deepEqual(said, ['mine', 'TimeoutError', 'TypeError', 'TypeError', 'TypeError']);
        await pause(700); // longer than a card takes
        assert.equal(await Card.count(page), 0);
      },
    },
  ],
};
