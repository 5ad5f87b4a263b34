// @ts-check
// Remedies: each is one click and says its price, its answer lands in the app, and what is sent is what the page sent but for the
// remedy's own change. The stand-in is an account with pools: it answers as soon as the request asks for what it can do.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const POOLS = { providers: ['Cerebras', 'Together', 'DeepInfra'], busy: ['Cerebras'] };
const API = 'https://openrouter.ai/api/v1/';

/** What the page sends for this question. @param {string} question @param {object} [more] */
const sent = (question, more = {}) => JSON.stringify({ model: 'openai/gpt-oss-120b', stream: false, messages: [{ role: 'user', content: question }], ...more });
/** With one more member. @param {string} body @param {string} member */
const plus = (body, member) => `${body.slice(0, -1)},${member}}`;

/** A page where no frame can live: the strip stands in for the card. */
const STRIP = { csp: 'sandbox allow-scripts allow-forms' };

/** A failure that is held: its card. @param {Scene} t @param {Record<string, string | number>} [setup] @param {object} [more] */
const failing = async (t, setup = {}, more = {}) => {
  const page = await t.open('chat.html', Object.keys(more).length === 0 ? setup : { ...setup, with: JSON.stringify(more) });
  await send(page, 'why');
  const card = await t.card(page);
  await card.reaches('held');
  return { page, card };
};

/** The app has one answer, the API has seen these two bodies, and nothing else differs. @param {Scene} t @param {Page} page @param {string} before @param {string} after */
const assertRescued = async (t, page, before, after) => {
  await first(page, 'answer');
  assert.deepEqual((await talk(page)).map(({ kind, text }) => [kind, text]), [['user', 'why'], ['answer', 'The answer to: why']]);
  const log = await t.log(), [one, two] = log.map(({ method, path, headers: { priority, 'content-length': length, ...headers } }) => ({ method, path, headers }));
  assert.deepEqual(log.map(({ body }) => body), [before, after]);
  assert.deepEqual(two, one);
};

/** One failure, one press, one answer. @param {object} world @param {string} label @param {string} price @param {string} member @param {{setup?: Record<string, string>, more?: object}} [options] */
const oneClick = (world, label, price, member, { setup = {}, more = {} } = {}) => async (/** @type {Scene} */ t) => {
  await t.world(world);
  const { page, card } = await failing(t, setup, more);
  assert.equal(await card.press(label), `${label} ${price}`);
  const body = sent('why', more);
  await assertRescued(t, page, body, plus(body, member));
  await card.reaches('answered');
};

/** What can be pressed and says so in words, as it is read from top to bottom. @param {Card} card @returns {Promise<string[]>} */
const pressable = async (card) => {
  const all = await card.read((root) => [...root.querySelectorAll('#card :is(button, a)')].map((one) => (one.getClientRects().length === 0 || one.id === 'close' ? '' : /** @type {HTMLElement} */ (one).innerText)));
  return all.map((text) => text.replace(/[↗\s]+/g, ' ').trim()).filter((text) => text !== '');
};

/** What has to be looked up, on the card and on the strip. @param {string} where @param {Record<string, string>} setup @returns {import('./lib/scene.mjs').Test[]} */
const lookedUp = (where, setup) => [
  {
    name: `who else serves it, on ${where}: looked up on a click alone, the failed one marked, one click sends it there`,
    run: async (t) => {
      await t.world(POOLS);
      const earlier = (await t.mock.all()).length; // other suites look up too
      const lists = async () => (await t.mock.all()).slice(earlier).filter(({ path }) => path.endsWith('/endpoints'));
      const model = where === 'the strip' ? 'z-ai/glm-4.6' : 'openai/gpt-oss-120b'; // a list that has just come is not asked for again
      const { page, card } = await failing(t, setup, { model });
      assert.equal((await lists()).length, 0);
      assert.equal(await card.press('Who else serves it?'), 'Who else serves it? free');
      await until('the list', () => card.text('div.offer'));
      const [asked] = await lists();
      assert.deepEqual([asked?.path, asked?.headers.authorization, asked?.headers.cookie], [`/api/v1/models/${model}/endpoints`, undefined, undefined]);
      assert.match(await card.text('div.offer') ?? '', /^Cerebras\s+failed just now/);
      assert.match(await card.press('DeepInfra'), /^DeepInfra about \$0\.0006 \$0\.13 in, \$0\.60 out · 262k context · 99 % up$/);
      const body = sent('why', { model });
      await assertRescued(t, page, body, plus(body, '"provider":{"order":["deepinfra"],"ignore":["cerebras"]}'));
      await until('who answered', async () => (await card.text('#title')) === 'Answered on try 2 by DeepInfra');
    },
  },
  {
    name: `the paid version, on ${where}: its price first, then on the button, and asked for each time`,
    run: async (t) => {
      await t.world({ ...POOLS, busy: [], free_used_up: true });
      const { page, card } = await failing(t, setup, { model: 'a/b:free' });
      assert.equal(await card.text('#retry'), null);
      assert.equal(await card.read((root) => [...root.querySelectorAll('button.main')].filter((button) => button.checkVisibility()).length), 0, 'what costs money is not the thing to press');
      assert.equal(await card.press('Use the paid version'), 'Use the paid version shows the price first');
      await card.button('Send it paid');
      assert.equal((await t.log()).length, 1, 'nothing is paid for by asking');
      assert.match(await card.text('#panel') ?? '', /1,000 tokens, at the dearest provider/);
      assert.equal(await card.press('Send it paid'), 'Send it paid about $0.0030');
      await assertRescued(t, page, sent('why', { model: 'a/b:free' }), sent('why', { model: 'a/b' }));
      await Card.gone(page);
      await send(page, 'why not');
      await (await t.card(page)).button('Use the paid version');
      assert.equal((await t.log()).length, 3);
    },
  },
  {
    name: `my limits, on ${where}: numbers alone, with the time of reading; asked by the page with its own key`,
    run: async (t) => {
      await t.world({ ...POOLS, key: { limit: 5, limit_remaining: 0.25, limit_reset: 'monthly' }, credits: { total_credits: 10, total_usage: 1.25 } });
      const { card } = await failing(t, setup);
      const asked = async () => (await t.mock.all()).filter(({ path, conversation }) => conversation === t.conversation && /\/(key|credits)$/.test(path));
      assert.equal((await asked()).length, 0);
      assert.equal(await card.press('My limits'), 'My limits free');
      await until('the numbers', () => card.text('.lines'));
      const lines = await card.read((root) => Array.from(root.querySelectorAll('.lines > div'), (one) => Array.from(one.children, (part) => part.textContent)));
      assert.deepEqual(lines, [['Credits left', '$8.75'], ['This key\'s cap', '$0.25 of $5.00 left this month'], ['Free requests today', '47 of 50 left'], ['Account', 'Has bought credits']]);
      assert.match(await card.text('#panel') ?? '', /Read at \d/);
      const from = where === 'the strip' ? 'null' : `https://${t.host}`; // a sandboxed page has no origin
      assert.deepEqual((await asked()).map(({ path, headers }) => [path, headers.authorization, headers.origin]), ['/api/v1/key', '/api/v1/credits'].map((path) => [path, `Bearer sk-or-v1-${t.conversation}`, from]));

      const back = () => until('the card says what it said', async () => await card.text('.lines') === null && await card.text('#body') !== null);
      await card.click('[data-act="back"]');
      await back();
      await card.press('My limits');
      await until('the numbers', () => card.text('.lines'));
      await card.page.keyboard.press('Escape');
      await back();
      assert.equal(await card.phase(), 'held');
    },
  },
  {
    name: `a rule for an hour, on ${where}: the next failure goes elsewhere by itself, is told, and can be undone there and in the popup`, beside: true,
    run: async (t) => {
      await t.world(POOLS);
      const { page, card } = await failing(t, setup);
      await card.press('Who else serves it?');
      assert.equal(await card.press('Skip Cerebras on this site for 1 hour'), 'Skip Cerebras on this site for 1 hour price may differ');
      await first(page, 'answer');
      await Card.gone(page, 12_000);
      await send(page, 'why again');
      const next = await t.card(page);
      await until('two answers', async () => (await talk(page)).filter(({ kind, details }) => kind === 'answer' && details !== null).length === 2);
      assert.match(await next.text('#rule') ?? '', /^Cerebras is skipped here until \d/);
      assert.deepEqual((await t.log()).map(({ body }) => JSON.parse(body).provider ?? null), [null, { ignore: ['cerebras'] }, null, { ignore: ['cerebras'] }]);
      const popup = await t.openPopup();
      await until('the popup says it', () => popup.evaluate(() => document.getElementById('rule-says')?.textContent?.startsWith('Cerebras is skipped')));
      await popup.click('#end-rule');
      await until('it is gone', () => popup.evaluate(() => document.getElementById('rule-box')?.hidden === true));
      await page.bringToFront();
      await Card.gone(page, 12_000);
      await send(page, 'and again');
      const last = await t.card(page);
      await last.reaches('held');
      assert.equal((await t.log()).length, 5, 'nothing is sent again by itself');
      // Set once more, and taken back where it was set.
      await last.press('Who else serves it?');
      await last.press('Skip Cerebras on this site for 1 hour');
      await last.reaches('answered');
      await last.click('[data-act="undo"]');
      await until('it is taken back', async () => await last.text('#rule') === null);
      await Card.gone(page, 12_000);
      await send(page, 'once more');
      await (await t.card(page)).reaches('held');
      assert.equal((await t.log()).length, 7);
    },
  },
];

const SKIPPED = '"provider":{"ignore":["cerebras"]}';
const AFFORD = { ...POOLS, busy: [], afford: 900 };

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'rescue', build: 'test',
  tests: [
    { name: 'another provider: by fetch', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED) },
    { name: 'another provider: by XMLHttpRequest', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: { by: 'xhr' } }) },
    { name: 'another provider: a Request, and a body of bytes', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: { body: 'bytes' } }) },
    {
      name: 'the strip offers what the card offers, in the same order',
      run: async (t) => {
        for (const more of [{}, { model: 'openai/gpt-oss-120b:free' }, { provider: { only: ['cerebras'] } }, { provider: { order: ['cerebras'], allow_fallbacks: false } }]) {
          /** @type {string[][]} */ const both = [];
          for (const setup of [{}, STRIP]) {
            await t.world(POOLS);
            const { page, card } = await failing(t, setup, more);
            both.push(await pressable(card));
            await page.close();
          }
          assert.ok(both[0] !== undefined && both[0].length > 3);
          assert.deepEqual(both[1], both[0]);
        }
      },
    },
    { name: 'another provider: on the strip', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: STRIP }) },
    { name: 'another provider: a stream', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: { stream: '1' }, more: { stream: true } }) },
    { name: 'another provider: responses', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: { endpoint: `${API}responses` } }) },
    { name: 'another provider: messages', run: oneClick(POOLS, 'Skip Cerebras', 'price may differ', SKIPPED, { setup: { endpoint: `${API}messages` } }) },
    {
      name: 'who answered is said, quietly, and gone in seconds',
      run: async (t) => {
        await t.world(POOLS);
        const { page, card } = await failing(t);
        await card.press('Skip Cerebras');
        await card.reaches('answered');
        await until('the name', async () => await card.text('#title') === 'Answered on try 2 by Together');
        await Card.gone(page);
      },
    },
    {
      name: 'unpinned: the request is bound to the one that failed',
      run: async (t) => {
        await t.world(POOLS);
        const more = { provider: { only: ['cerebras'], allow_fallbacks: false, sort: 'price' } };
        const { page, card } = await failing(t, {}, more);
        assert.match(await card.text('.hints') ?? '', /allows only cerebras/);
        assert.equal(await card.press('Allow every provider'), 'Allow every provider price may differ');
        // It still goes to the first by itself, which is still busy; the next click leaves that out, and keeps what was changed.
        await card.reaches('failed');
        await card.press('Skip Cerebras');
        await first(page, 'answer');
        const bodies = (await t.log()).map(({ body }) => JSON.parse(body).provider);
        assert.deepEqual(bodies, [more.provider, { allow_fallbacks: true, sort: 'price' }, { allow_fallbacks: true, sort: 'price', ignore: ['cerebras'] }]);
      },
    },
    ...['fetch', 'xhr'].map((by) => ({
      name: `unpinned: the account of who serves it excludes the one that the request allows, by ${by}`,
      run: async (/** @type {Scene} */ t) => {
        await t.world({ ...POOLS, busy: [] });
        const more = { provider: { only: ['groq'] } };
        const { page, card } = await failing(t, { by }, more);
        assert.equal(await card.text('#retry'), null, 'the same again would fail again');
        await card.press('Allow every provider');
        await assertRescued(t, page, sent('why', more), sent('why', { provider: {} }));
      },
    })),
    {
      name: 'another model: the one that OpenRouter names for one that is gone, by XMLHttpRequest',
      run: async (t) => {
        await t.script({ status: 404, body: { error: { message: 'This model is unavailable for free. The paid version is available now - use this slug instead: z-ai/glm-4.6', code: 404 } } });
        const { page, card } = await failing(t, { by: 'xhr' });
        await card.press('Use z-ai/glm-4.6');
        await assertRescued(t, page, sent('why'), sent('why', { model: 'z-ai/glm-4.6' }));
      },
    },
    ...lookedUp('the card', {}),
    ...lookedUp('the strip', STRIP),
    {
      name: 'the strip at 320 px: what was looked up tears no word', browsers: ['chromium'],
      run: async (t) => {
        await t.world(POOLS);
        const page = await t.open('chat.html', { ...STRIP, with: JSON.stringify({ model: 'openai/gpt-oss-120b' }) }, { width: 320, height: 700 });
        await send(page, 'why');
        const card = await t.card(page);
        await card.reaches('held');
        await card.press('Who else serves it?');
        await until('the list', () => card.text('.offer'));
        assert.deepEqual(await card.torn(), []);
      },
    },
    { name: 'a shorter answer: chat', run: oneClick(AFFORD, 'Ask for a shorter answer', 'no extra cost', '"max_tokens":855') },
    { name: 'a shorter answer: what is left of the key\'s cap', run: oneClick({ ...POOLS, busy: [], key_affords: 900 }, 'Ask for a shorter answer', 'no extra cost', '"max_tokens":855') },
    { name: 'a shorter answer: responses', run: oneClick(AFFORD, 'Ask for a shorter answer', 'no extra cost', '"max_output_tokens":855', { setup: { endpoint: `${API}responses` } }) },
    { name: 'a shorter answer: by XMLHttpRequest', run: oneClick(AFFORD, 'Ask for a shorter answer', 'no extra cost', '"max_tokens":855', { setup: { by: 'xhr' } }) },
    {
      name: 'a shorter answer: the app\'s own number is replaced where it stands',
      run: async (t) => {
        await t.world(AFFORD);
        const { page, card } = await failing(t, { endpoint: `${API}messages` }, { max_tokens: 32_000, temperature: 1 });
        await card.press('Ask for a shorter answer');
        await assertRescued(t, page, sent('why', { max_tokens: 32_000, temperature: 1 }), sent('why', { max_tokens: 855, temperature: 1 }));
      },
    },
    { name: 'too long: the middle is left out', run: oneClick({ ...POOLS, busy: [], fits: 50 }, 'Leave out the middle', 'no extra cost', '"plugins":[{"id":"context-compression"}]') },
    { name: 'too long: responses', run: oneClick({ ...POOLS, busy: [], fits: 50 }, 'Leave out the middle', 'no extra cost', '"plugins":[{"id":"context-compression"}]', { setup: { endpoint: `${API}responses` } }) },
    { name: 'too long: by XMLHttpRequest', run: oneClick({ ...POOLS, busy: [], fits: 50 }, 'Leave out the middle', 'no extra cost', '"plugins":[{"id":"context-compression"}]', { setup: { by: 'xhr' } }) },
    ...['responses', 'messages'].map((api) => ({
      name: `one of those who serve it: ${api}`,
      run: async (/** @type {Scene} */ t) => {
        await t.world(POOLS);
        const { page, card } = await failing(t, { endpoint: `${API}${api}` });
        await card.press('Who else serves it?');
        await card.press('DeepInfra');
        const body = sent('why');
        await assertRescued(t, page, body, plus(body, '"provider":{"order":["deepinfra"],"ignore":["cerebras"]}'));
      },
    })),
    ...Object.entries({
      'chat/completions': '"models":["z-ai/glm-4.6","openai/gpt-oss-120b"]', 'responses': '"models":["z-ai/glm-4.6","openai/gpt-oss-120b"]', 'messages': '"fallbacks":[{"model":"z-ai/glm-4.6"},{"model":"openai/gpt-oss-120b"}]',
    }).map(([api, member]) => ({
      name: `other models that OpenRouter names, three at most with its own: ${api}`,
      run: oneClick({ ...POOLS, busy: [], busy_models: ['a/b'], instead: ['z-ai/glm-4.6', 'openai/gpt-oss-120b', 'c/d'] }, 'Let glm-4.6, gpt-oss-120b answer', 'price may differ', member, { setup: { endpoint: `${API}${api}` }, more: { model: 'a/b' } }),
    })),
    {
      name: 'another model: a free one that is busy, answered by any free one',
      run: oneClick({ ...POOLS, busy: [], busy_models: ['a/b:free'] }, 'Let another free model answer', 'no extra cost', '"models":["openrouter/free"]', { more: { model: 'a/b:free' } }),
    },
    {
      name: 'several at once: those that asked alike follow a change; a payment is for one alone',
      run: async (t) => {
        await t.world(POOLS);
        const page = await t.open('chat.html', { count: 4 });
        await send(page, 'why');
        const card = await t.card(page);
        await until('four', async () => (await t.log()).length === 4 && (await card.text('.count')) === '4 requests');
        await card.press('Skip Cerebras');
        await until('four answers', async () => (await talk(page)).filter(({ kind, details }) => kind === 'answer' && details !== null).length === 4);
        const bodies = (await t.log()).map(({ body }) => body);
        assert.equal(bodies.length, 8);
        assert.ok(bodies.slice(4).every((body) => body.endsWith(`,${SKIPPED}}`)));

        await t.world({ ...POOLS, busy: [], free_used_up: true });
        const paying = await t.open('chat.html', { count: 2, with: JSON.stringify({ model: 'a/b:free' }) });
        await send(paying, 'why');
        const other = await t.card(paying);
        await other.reaches('held');
        await other.press('Use the paid version');
        await other.press('Send it paid');
        await first(paying, 'answer');
        await other.reaches('held'); // the other one still waits for the person
        assert.equal((await t.log()).filter(({ body }) => JSON.parse(body).model === 'a/b').length, 1);
      },
    },
    {
      name: 'a list that cannot be had: it says so, and the plain way remains',
      run: async (t) => {
        await t.world(POOLS);
        const { page, card } = await failing(t, {}, { model: 'unlisted/x' });
        await card.press('Who else serves it?');
        await until('it says so', async () => (await card.text('#panel'))?.startsWith('OpenRouter didn\'t answer'));
        await card.press('Skip Cerebras');
        await first(page, 'answer');
      },
    },
    {
      name: 'a body that is no JSON: no such offer',
      run: async (t) => {
        await t.script({ preset: 'seed429' });
        const page = await t.open();
        await page.evaluate((url) => { fetch(url, { method: 'POST', body: 'no json', headers: { Authorization: `Bearer sk-or-v1-${new URLSearchParams(location.search).get('conversation')}` } }); }, `${API}chat/completions`);
        const card = await t.card(page);
        await card.reaches('held');
        // The strip, which stands in where the frame is late, has no such list.
        const offers = await until('the card with its offers', async () => {
          const all = await card.read((root) => Array.from(root.querySelectorAll('[data-act] .label'), (one) => one.textContent));
          return all.length > 0 && all;
        });
        assert.deepEqual(offers, ['My limits']);
      },
    },
    {
      name: 'a refusal whose status an XMLHttpRequest has asked for at once: explained, and no change is offered that could no longer land',
      run: async (t) => {
        await t.world({ ...POOLS, busy: [], fits: 50 });
        const page = await t.open('chat.html', { by: 'xhr-eager' });
        await send(page, 'why');
        assert.equal((await first(page, 'error', 3_000)).details.status, 400);
        const card = await t.card(page);
        await card.reaches('released');
        assert.equal(await card.text('#note'), 'The app has its error now.');
        assert.deepEqual(await card.read((root) => Array.from(root.querySelectorAll('[data-act="remedy"] .label'), (one) => one.textContent)), []);
        assert.equal((await t.log()).length, 1);
      },
    },
    {
      name: 'my limits: also where the app has its error already',
      run: async (t) => {
        await t.script({ preset: 'key_total403' });
        const page = await t.open();
        await send(page, 'why');
        await first(page, 'error', 3_000);
        const card = await t.card(page);
        await card.press('My limits');
        await until('the numbers', () => card.text('.lines'));
      },
    },
    {
      name: 'three failures of the same: another way is the thing to press',
      run: async (t) => {
        await t.world(POOLS);
        const { page, card } = await failing(t);
        const main = () => card.read((root) => root.querySelector('button.main .label')?.textContent ?? null);
        assert.equal(await main(), null, 'at first, to repeat is');
        for (const tries of [2, 3]) {
          await card.click('#retry');
          await until(`try ${tries} failed`, async () => (await t.log()).length === tries && await card.phase() === 'failed');
        }
        await until('it is promoted', async () => await main() === 'Skip Cerebras');
        await card.press('Skip Cerebras');
        await first(page, 'answer');
      },
    },
    {
      name: 'a rule ends by itself: the next failure asks again',
      run: async (t) => {
        await t.world(POOLS);
        const { page, card } = await failing(t);
        await card.press('Who else serves it?');
        await card.press('Skip Cerebras on this site for 1 hour');
        await Card.gone(page, 12_000);
        const ours = await t.openExtensionPage('popup.html');
        await ours.evaluate(async (host) => {
          const { rules } = /** @type {any} */ (await chrome.storage.session.get('rules'));
          rules[host].until_ms = Date.now() - 1;
          await chrome.storage.session.set({ rules });
        }, t.host);
        await send(page, 'why again');
        await (await t.card(page)).reaches('held');
        assert.equal((await t.log()).length, 3);
      },
    },
    {
      name: 'own key: the provider\'s page, what it costs and when it does not help, and the page of all workspaces',
      run: async (t) => {
        await t.world(POOLS);
        const { card } = await failing(t);
        const links = () => card.read((root) => Array.from(root.querySelectorAll('.links a, .hints a'), (a) => a.getAttribute('href')));
        assert.deepEqual(await links(), ['https://openrouter.ai/workspaces/default/byok/cerebras', 'https://openrouter.ai/settings/integrations']);
        assert.match(await card.text('.hints') ?? '', /unless the provider itself is full.*which bills it/);
        assert.equal(await card.text('.more'), null);
        await card.click('#details summary');
        assert.match(await card.text('.more') ?? '', /fee only above a monthly allowance.*All integrations/);
      },
    },
  ],
};
