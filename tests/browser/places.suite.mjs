// @ts-check
// Pages that make it hard: strict policies, sandboxes, frames, many calls at once, and failures that are none of ours.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { pause, until } from './lib/wait.mjs';

const STRICT = 'default-src \'none\'; script-src \'self\'; worker-src \'self\'; connect-src https://openrouter.ai; frame-src \'none\'; child-src \'none\'';

/** @param {import('./lib/scene.mjs').Scene} t @param {Record<string, string>} setup @param {boolean} framed */
const rescued = async (t, setup, framed = true) => {
  await t.script({ preset: 'seed429' });
  const page = await t.open('chat.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  if (framed) await card.inFrame();
  else assert.equal(await card.frame(), null, 'the strip stands in');
  assert.notEqual(await card.text('#title'), '');
  await card.click('#retry');
  await first(page, 'answer');
  assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'The answer to: one']);
  assert.equal((await t.log()).length, 2);
};

/** Marks the page when a host of ours is ever put into it. @param {import('puppeteer-core').Page} page */
const watchForHosts = (page) => page.evaluate(() => {
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node instanceof Element && node.matches('[data-cooldown]')) document.body.dataset.touched = '';
  }).observe(document, { childList: true, subtree: true });
});

/** A failure that is not OpenRouter's: the app has it at once, and nothing at all happens. @param {import('./lib/scene.mjs').Scene} t @param {string} endpoint @param {number} [status] */
const silent = async (t, endpoint, status = 429) => {
  await t.script({ preset: 'seed429', times: 5 });
  const page = await t.open('chat.html', { endpoint });
  await watchForHosts(page);
  await send(page, 'one');
  const { details } = await first(page, 'error', 2_000);
  assert.equal(details.status, status);
  await pause(1_500); // longer than a verdict may take
  assert.equal(await Card.count(page), 0);
  assert.equal(await page.evaluate(() => document.body.dataset.touched ?? null), null, 'no host was there even for a moment');
  assert.equal((await t.log()).length, 1);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'places', build: 'test',
  tests: [
    { name: 'a strict Content-Security-Policy', run: (t) => rescued(t, { csp: STRICT }) },
    { name: 'Trusted Types', run: (t) => rescued(t, { csp: `${STRICT}; require-trusted-types-for 'script'; trusted-types 'none'` }) },
    { name: 'Cross-Origin-Embedder-Policy require-corp', run: (t) => rescued(t, { header: 'Cross-Origin-Embedder-Policy:require-corp' }) },
    { name: 'a sandboxed page gets the strip, with the same words and actions', run: (t) => rescued(t, { csp: 'sandbox allow-scripts allow-forms' }, false) },
    {
      name: 'the strip is dismissed: the app has its answer',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open('chat.html', { csp: 'sandbox allow-scripts allow-forms' });
        await send(page, 'one');
        await (await t.card(page)).click('#close');
        assert.equal((await first(page, 'error')).details.status, 429);
        await Card.gone(page);
      },
    },
    {
      name: '20 failures at once: one card, one probe, then the rest, two at a time',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 20 }, { good: true, delay_ms: 700, times: 20 });
        const page = await t.open('chat.html', { count: 20 });
        await send(page, 'q');
        await t.logOf(20);
        const card = await t.card(page);
        await until('the card speaks for 20', async () => (await card.all()).includes('20'));
        assert.equal(await Card.count(page), 1);
        assert.equal((await talk(page)).filter(({ kind }) => kind !== 'user').length, 0);
        await card.click('#retry');
        await until('all answers', async () => (await talk(page)).filter(({ kind, details }) => kind === 'answer' && details !== null).length === 20, 30_000);
        const said = await talk(page);
        assert.deepEqual(said.filter(({ kind }) => kind === 'answer').map(({ text }) => text).sort(), Array.from({ length: 20 }, (_, n) => `The answer to: q ${n + 1}`).sort());
        assert.equal(said.length, 40);
        const again = (await t.log()).slice(20).map(({ at_ms }) => at_ms);
        assert.equal(again.length, 20);
        assert.ok((again[1] ?? 0) - (again[0] ?? 0) >= 690, 'the probe was answered before the second one was sent');
        for (let n = 3; n < again.length; n++) assert.ok((again[n] ?? 0) - (again[n - 2] ?? 0) >= 650, `never more than two under way (request ${n})`);
        await card.reaches('answered');
      },
    },
    {
      name: '20 failures, the probe fails too: the others stay held, nothing more is sent',
      run: async (t) => {
        await t.script({ preset: 'seed429', times: 21 });
        const page = await t.open('chat.html', { count: 20 });
        await send(page, 'q');
        await t.logOf(20);
        const card = await t.card(page);
        await until('the card speaks for 20', async () => (await card.all()).includes('20'));
        await card.click('#retry');
        await card.reaches('failed');
        assert.equal((await t.log()).length, 21);
        await card.click('#close');
        await until('all errors', async () => (await talk(page)).filter(({ kind }) => kind === 'error').length === 20);
        assert.equal((await t.log()).length, 21);
      },
    },
    { name: 'a look-alike 429 of another host: nothing at all happens', run: (t) => silent(t, 'https://other.example/api/v1/chat/completions') },
    { name: 'a call of OpenRouter\'s that generates nothing is left alone', run: (t) => silent(t, 'https://openrouter.ai/api/v1/auth/keys', 404) },
  ],
};
