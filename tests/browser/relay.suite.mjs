// @ts-check
// Apps whose own server calls OpenRouter: on a site that is switched on its failing answers are held like OpenRouter's own, and explained from
// where the person stands; of what does not name OpenRouter nothing is said.
import assert from 'node:assert/strict';
import { first, send, talk } from './lib/app.mjs';
import { Card } from './lib/card.mjs';
import { pause } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */

/** The site's own server. @param {Scene} t */
const relay = (t) => `/api/chat?conversation=${t.conversation}`;
/** What a relay passes on of a failure of which it kept the words alone. */
const passedOn = { status: 500, body: { detail: 'Provider returned error' } };

/** @param {Scene} t @param {Record<string, string | number>} setup @param {import('./lib/mock.mjs').Answer} failure */
const rescued = async (t, setup, failure) => {
  await t.script(failure);
  const page = await t.open('chat.html', { endpoint: relay(t), ...setup });
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  assert.deepEqual((await talk(page)).map(({ kind }) => kind).filter((kind) => kind === 'error'), [], 'the app knows nothing of the failure');
  await card.click('#retry');
  await first(page, 'answer');
  assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
  const log = await t.log();
  assert.equal(log.length, 2);
  assert.deepEqual(log.map(({ host, path }) => [host, path]), [[t.host, relay(t)], [t.host, relay(t)]]);
  assert.equal(log[1]?.body, log[0]?.body);
};

/** The app has what its server said, and no card comes. @param {Scene} t @param {import('./lib/mock.mjs').Answer} failure */
const untouched = async (t, failure) => {
  await t.script(failure);
  const page = await t.open('chat.html', { endpoint: relay(t) });
  await send(page, 'openrouter');
  await first(page, 'error', 3_000);
  await pause(700); // a card would be there: one is painted within 500 ms
  assert.equal(await Card.count(page), 0);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'relay', build: 'test',
  tests: [
    { name: 'a failing answer that carries OpenRouter\'s own error: one click, the answer once', run: (t) => rescued(t, {}, { preset: 'seed429' }) },
    { name: 'by its words alone', run: (t) => rescued(t, {}, passedOn) },
    { name: 'streaming', run: (t) => rescued(t, { stream: 1 }, passedOn) },
    { name: 'inside an answer with status 200', run: (t) => rescued(t, {}, { status: 200, body: { error: { message: 'Provider returned error', code: 429 } } }) },
    { name: 'as the first event of a stream', run: (t) => rescued(t, { stream: 1 }, { status: 200, sse: [{ data: { error: { message: 'Provider returned error', code: 429 } } }] }) },
    { name: 'in the list of errors of GraphQL', run: (t) => rescued(t, {}, { status: 200, body: { data: null, errors: [{ message: '429 Provider returned error' }] } }) },
    { name: 'in an answer that says by itself that it went wrong', run: (t) => rescued(t, {}, { status: 200, body: { success: false, code: 500, msg: 'OpenRouter: 429 Provider returned error', data: null } }) },
    { name: 'in an event that does so', run: (t) => rescued(t, { stream: 1 }, { status: 200, sse: [{ data: { status: 'error', message: 'OpenRouter: 429 Provider returned error' } }] }) },
    { name: 'as the error of AG-UI', run: (t) => rescued(t, { stream: 1 }, { status: 200, sse: [{ data: { type: 'RUN_ERROR', message: '429 Provider returned error' } }] }) },
    { name: 'a failure that names nobody is the app\'s alone', run: (t) => untouched(t, { status: 429, body: { error: { message: 'Too Many Requests' } } }) },
    { name: 'and so is a server\'s own page', run: (t) => untouched(t, { status: 502, headers: { 'content-type': 'text/html' }, body: '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>' }) },
    {
      name: 'whose account it is: the site\'s, and its visitor is sent to no settings',
      run: async (t) => {
        await t.script({ preset: 'credits402' });
        const page = await t.open('chat.html', { endpoint: relay(t) });
        await send(page, 'one');
        const card = await t.card(page);
        await card.reaches('released');
        assert.match(await card.text('#title') ?? '', /^This site's OpenRouter account/);
        assert.equal(await card.read((root) => root.querySelectorAll('a.remedy').length), 0, 'no settings page');
      },
    },
  ],
};
