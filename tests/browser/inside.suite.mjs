// @ts-check
// Failures that only the page's own reading shows, and those of XMLHttpRequest: held, sent again by one click, answered in the app.
import assert from 'node:assert/strict';
import { first, send, talk } from './lib/app.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** @param {Scene} t @param {string} preset @param {Record<string, string | number>} setup */
const rescued = async (t, preset, setup) => {
  await t.script({ preset });
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  assert.deepEqual((await talk(page)).filter(({ kind }) => kind === 'error'), [], 'the app knows nothing of the failure');
  assert.equal((await t.log()).length, 1, 'nothing is sent again without a click');
  await card.click('#retry');
  await first(page, 'answer');
  await card.reaches('answered');
  assert.deepEqual((await talk(page)).map(({ kind, text }) => [kind, text]), [['user', 'one'], ['answer', 'The answer to: one']]);
  const [one, two, ...more] = await t.log();
  assert.equal(more.length, 0);
  assert.equal(two?.body, one?.body);
  assert.equal(two?.headers.authorization, one?.headers.authorization);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'inside', build: 'test',
  tests: [
    { name: 'a JSON answer with an error inside is held; Retry answers the app', run: (t) => rescued(t, 'error200', {}) },
    { name: 'a stream whose first event is an error is held; Retry streams into the app', run: (t) => rescued(t, 'first_event_error', { stream: 1 }) },
    {
      name: 'a stream was asked for, JSON with an error came, and the app reads it as such: Retry asks without a stream and answers the app',
      run: async (t) => {
        await t.script({ preset: 'error200' });
        const page = await t.open('chat.html', { stream: 'typed', with: '{"stream_options":{"include_usage":true}}' });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#retry');
        await first(page, 'answer');
        await card.reaches('answered');
        assert.deepEqual((await talk(page)).map(({ kind, text }) => [kind, text]), [['user', 'one'], ['answer', 'The answer to: one']]);
        const [one, two, ...more] = (await t.log()).map(({ body }) => JSON.parse(body));
        assert.equal(more.length, 0);
        const { stream_options: _, ...asked } = one;
        assert.deepEqual(two, { ...asked, stream: false });
      },
    },
    { name: 'an XMLHttpRequest that failed is held; Retry answers the app', run: (t) => rescued(t, 'seed429', { by: 'xhr' }) },
    { name: 'an XMLHttpRequest with an error inside is held; Retry answers the app', run: (t) => rescued(t, 'error200', { by: 'xhr' }) },
    {
      name: 'after content the error is explained, the app keeps what it has, and no Retry is offered',
      run: async (t) => {
        await t.script({ preset: 'mid_stream_error' });
        const page = await t.open('chat.html', { stream: 1 });
        await send(page, 'one');
        await first(page, 'error');
        const card = await t.card(page);
        await card.reaches('released');
        assert.equal(await card.text('#retry'), null);
        assert.equal((await t.log()).length, 1);
        assert.ok((await talk(page)).some(({ kind, text }) => kind === 'answer' && text !== ''), 'what had come stays');
      },
    },
    {
      name: 'a retry that is answered with an error inside is no answer: the card says so, and the next one is',
      run: async (t) => {
        await t.script({ preset: 'seed429' }, { preset: 'first_event_error' });
        const page = await t.open('chat.html', { stream: 1 });
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#retry');
        await card.reaches('failed');
        assert.deepEqual((await talk(page)).filter(({ kind }) => kind === 'error'), []);
        await card.click('#retry');
        await first(page, 'answer');
        await card.reaches('answered');
        assert.equal((await t.log()).length, 3);
      },
    },
    {
      name: 'let go, the app has the error inside as it came',
      run: async (t) => {
        await t.script({ preset: 'error200' });
        const page = await t.open('chat.html');
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#close');
        await first(page, 'error');
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'an SDK that marks its tries does not try again after an error inside: it is held at once',
      run: async (t) => {
        await t.script({ preset: 'first_event_error' });
        const page = await t.open('openai.html', { retries: 2, stream: 1 });
        await until('the client is there', () => page.evaluate(() => document.documentElement.dataset.ready === ''));
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('held');
        await card.click('#retry');
        await until('the answer', async () => (await talk(page)).some(({ kind, text, details }) => kind === 'answer' && details !== null && text === 'The answer to: one'));
        assert.equal((await t.log()).length, 2);
      },
    },
  ],
};
