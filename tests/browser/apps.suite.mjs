// @ts-check
// The forms of known apps (tests/pages/apps): a failure is held, and answered by one click once; where it was let go, the app's own control
// is the second try. What each app's server says of a failure is stated here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { Card } from './lib/card.mjs';
import { root } from './lib/house.mjs';
import { brought } from './lib/plain.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('./lib/mock.mjs').Answer} Answer */
/** @typedef {import('puppeteer-core').Page} Page */

/** What is passed on of a failure, and how a good answer comes where it is not OpenRouter's own. @type {Record<string, {failure: Answer, good?: Answer, stream?: boolean}>} */
const APPS = {
  'sillytavern': { failure: { status: 200, body: { error: { message: 'Too Many Requests' }, quota_error: false } } },
  'sillytavern, streaming': { failure: { preset: 'seed429' }, stream: true },
  'open-webui': { failure: { status: 429, body: { detail: 'Provider returned error' } } },
  'librechat': {
    failure: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'event: error\ndata: {"error":true,"text":"429 Provider returned error"}\n\n' },
    good: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'event: message\ndata: {"text":"The answer"}\n\n' },
  },
  'ai-sdk': {
    failure: { status: 429, body: { error: { message: 'Provider returned error', code: 429 } } },
    good: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'data: {"type":"start"}\n\ndata: {"type":"text-delta","id":"0","delta":"The answer"}\n\ndata: [DONE]\n\n' },
  },
  'nextchat': { failure: { preset: 'seed429' } },
  'nextchat, streaming': { failure: { preset: 'seed429' }, stream: true },
  'risuai': { failure: { preset: 'seed429' } },
  'risuai, inside 200': { failure: { status: 200, body: { error: { message: 'Provider returned error', code: 429 } } } },
  'risuai-relay': { failure: { status: 429, body: { error: { message: 'Too Many Requests' } } } },
  'janitorai': { failure: { preset: 'seed429' } },
  'deep-chat': { failure: { status: 500, body: { error: 'Provider returned error' } }, good: { status: 200, body: { text: 'The answer' } } },
  'betterchatgpt': { failure: { status: 200, sse: [{ data: { error: { message: 'Provider returned error', code: 429 } } }] } },
  'chatgpt-web': { failure: { preset: 'seed429' } },
  'big-agi': { failure: { status: 429, body: { error: { message: 'Too Many Requests', code: 429 } } }, good: { status: 200, body: { text: 'The answer' } } },
  'chatbox': { failure: { preset: 'seed429' } },
  'lobechat': {
    failure: { status: 429, body: { body: { error: { message: 'Provider returned error', code: 429 }, provider: 'openrouter' }, errorType: 'ProviderBizError' } },
    good: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'event: text\ndata: "The answer"\n\n' },
  },
  'agnai': { failure: { status: 500, body: { message: 'OpenRouter request failed: (429) Provider returned error' } }, good: { status: 200, body: { text: 'The answer' } } },
  'unknown, streaming': { failure: { status: 502, body: { error: { message: 'Bad Gateway' } } }, stream: true },
  'unknown-de, streaming': { failure: { status: 502, body: { error: { message: 'Bad Gateway' } } }, stream: true },
  'unknown-ja, streaming': { failure: { status: 502, body: { error: { message: 'Bad Gateway' } } }, stream: true },
  'unknown': { failure: { status: 502, body: { error: 'Bad Gateway' } }, good: { status: 200, body: { text: 'The answer' } } },
};

/** @param {Page} page */
const said = (page) => page.evaluate(() => Array.from(document.querySelectorAll('.said'), (line) => `${line.classList[1]}: ${line.textContent}`));
/** @param {Page} page @param {string} text */
const ask = async (page, text) => {
  await page.bringToFront();
  await page.click('.box');
  await page.keyboard.type(text);
  await page.click('.send');
};
/** @param {Scene} t @param {string} name @param {Answer[]} failures before the good answer @param {string} [host] */
const openAt = async (t, name, failures, host = t.host) => {
  const { good, stream } = APPS[name] ?? assert.fail(name);
  await t.script(...failures, ...(good === undefined ? [] : [good]));
  return t.open('apps/index.html', { app: name.split(',')[0] ?? '', ...(stream ? { stream: 1 } : {}) }, { host });
};
/** @param {Scene} t @param {string} name @param {...Answer} failures */
const open = (t, name, ...failures) => openAt(t, name, failures);
/** @param {Page} page */
const answer = (page) => until('the answer', async () => (await said(page)).find((line) => line.startsWith('answer: ')));

/** @param {string} name @returns {import('./lib/scene.mjs').Test} */
const rescued = (name) => ({
  name: `${name}: one click, the answer once`,
  run: async (t) => {
    const { failure } = APPS[name] ?? assert.fail(name);
    const page = await open(t, name, failure);
    await ask(page, 'one');
    const card = await t.card(page);
    await card.reaches('held');
    assert.deepEqual(await said(page), ['user: one'], 'the app knows nothing of the failure');
    await card.click('#retry');
    const text = await answer(page);
    assert.match(text, /^answer: The answer/);
    assert.deepEqual(await said(page), ['user: one', text]);
    const log = await t.log();
    assert.equal(log.length, 2);
    assert.deepEqual([log[1]?.host, log[1]?.path, log[1]?.body], [log[0]?.host, log[0]?.path, log[0]?.body]);
  },
});

/** Told by their hosts alone. */
const HOSTED = { 'janitorai': 'janitorai.com', 'big-agi': 'big-agi.com', 'lobechat': 'lobechat.com', 'chatbox': 'web.chatboxai.app' };

/** An error after content: the app has it at once, and nothing can be held. */
const broken = /** @type {Answer} */ ({ status: 200, sse: [{ data: { choices: [{ index: 0, delta: { content: 'The ans' } }] }, pause_ms: 100 }, { data: { error: { message: 'Provider returned error', code: 429 } } }] });
/** Those of which the own control is tried, what it is called, and the failure; `anew`: it asks in other words than before, so nothing is heard of the answer. @type {Record<string, {label: string, failure: Answer, anew?: true}>} */
const CONTROLS = {
  'sillytavern, streaming': { label: 'Regenerate', failure: broken },
  'librechat': { label: 'Regenerate', failure: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'data: {"text":"The ans"}\n\nevent: error\ndata: {"error":true,"text":"429 Provider returned error"}\n\n' } },
  'ai-sdk': {
    label: 'Retry', anew: true,
    failure: { status: 200, headers: { 'content-type': 'text/event-stream' }, body: 'data: {"type":"start"}\n\ndata: {"type":"error","errorText":"[Cerebras] gpt-oss-120b is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations"}\n\n' },
  },
  'chatbox': { label: 'Reply Again', failure: broken },
  'unknown, streaming': { label: 'Try again', failure: broken },
  'unknown-de, streaming': { label: 'Antwort neu generieren', failure: broken },
  'unknown-ja, streaming': { label: '再生成', failure: broken },
};
/** The app has its failure, and the card is there. @param {Scene} t @param {string} name @param {Answer} [failure] @returns {Promise<{page: Page, card: Card}>} */
const letGo = async (t, name, failure = CONTROLS[name]?.failure ?? broken) => {
  const page = await open(t, name, failure);
  await ask(page, 'one');
  const card = await t.card(page);
  await card.reaches('released');
  await until('the app shows it', async () => (await said(page)).some((line) => line.startsWith('error: ')));
  return { page, card };
};
/** @param {Card} card @param {string | null} label */
const offers = (card, label) => until(`it offers ${label}`, async () => await card.text('#retry') === (label === null ? null : `Press the app's own “${label}”`));
/** @param {Page} page */
const presses = (page) => page.evaluate(() => Number(document.documentElement.dataset.pressed ?? 0));

/** @param {string} name @returns {import('./lib/scene.mjs').Test} */
const pressed = (name) => ({
  name: `${name}: the app's own control, pressed once, and the answer once`,
  run: async (t) => {
    const { page, card } = await letGo(t, name);
    await offers(card, CONTROLS[name]?.label ?? '');
    assert.equal(await presses(page), 0, 'nothing is pressed without a click');
    await card.click('#retry');
    const text = await answer(page);
    assert.equal(await presses(page), 1);
    assert.deepEqual(await said(page), ['user: one', text]);
    assert.equal((await t.log()).length, 2);
    if (CONTROLS[name]?.anew) await Card.gone(page, 10_000);
    else await card.reaches('answered');
  },
});

/** Of those that bring over a socket what came of a question: how the card names the failure, and their own control. */
const SOCKETS = {
  'open-webui, socket': { error: 'Provider returned error', title: 'OpenRouter couldn\'t finish this', label: 'Regenerate' },
  'agnai, socket': { error: 'OpenRouter request failed: (429) Provider returned error', title: 'The provider is busy right now', label: null },
  // As OpenAI's libraries for Python and JavaScript put it.
  'gradio, socket': { error: 'Error code: 429 - Provider returned error', title: 'The provider is busy right now', label: 'Retry' },
  'chainlit, socket': { error: 'Error code: 402 - Insufficient credits. Add more using https://openrouter.ai/settings/credits', title: 'Out of credits', label: null },
  'streamlit, socket': { error: 'Error code: 429 - Provider returned error', title: 'The provider is busy right now', label: null },
  'flowise, socket': { error: '429 Provider returned error', title: 'The provider is busy right now', label: null },
};
/** @param {Scene} t @param {string} name @param {{error?: string, text?: string}[]} answers */
const openSocket = async (t, name, answers) => {
  brought.set(t.conversation, answers);
  const page = await t.open('apps/index.html', { app: name }, { scheme: 'http' });
  await until('the form', () => page.evaluate(() => document.querySelector('.box') !== null));
  return page;
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'apps', build: 'test',
  tests: [
    ...Object.entries(SOCKETS).map(([name, { error, title, label }]) => ({
      name: `${name}: the call was answered well, the failure came over the socket into the talk: explained, and its own control brings the answer once`,
      run: async (/** @type {Scene} */ t) => {
        const page = await openSocket(t, name, [{ text: 'The first answer' }, { error }]);
        await ask(page, 'one');
        await answer(page);
        await ask(page, 'two');
        const card = await t.card(page);
        await card.reaches('explained');
        assert.equal(await card.text('#title'), title);
        await offers(card, label);
        if (label === null) return;
        await card.click('#retry');
        await until('the answer', async () => (await said(page)).at(-1) === 'answer: The answer');
        assert.equal(await presses(page), 1);
        assert.deepEqual(await said(page), ['user: one', 'answer: The first answer', 'user: two', 'answer: The answer']);
      },
    })),
    {
      name: 'the app\'s own control, pressed in vain: what fails again is said again, in the same words, and the next press brings the answer',
      run: async (/** @type {Scene} */ t) => {
        const socket = await openSocket(t, 'open-webui, socket', [{ error: 'Provider returned error' }, { error: 'Provider returned error' }, { text: 'The answer' }]);
        await ask(socket, 'one');
        const delta = { data: { type: 'text-delta', id: '0', delta: 'The ans' }, pause_ms: 100 }, failure = { status: 200, sse: [delta, { data: { type: 'error', errorText: 'Provider returned error' } }] };
        const call = await open(t, 'ai-sdk', failure, failure);
        await ask(call, 'one');
        for (const [page, phase, own] of /** @type {const} */ ([[socket, 'explained', 'Regenerate'], [call, 'released', 'Retry']])) {
          await page.bringToFront();
          const card = await t.card(page);
          await offers(card, own);
          await card.click('#retry');
          await until('the press', async () => await presses(page) === 1);
          await card.reaches(phase);
          await offers(card, own);
          await card.click('#retry');
          await until('the answer', async () => (await said(page)).at(-1)?.startsWith('answer: '));
          assert.equal(await presses(page), 2);
        }
      },
    },
    ...Object.keys(APPS).map(rescued),
    ...Object.keys(CONTROLS).map(pressed),
    ...['librechat', 'unknown, streaming'].map((name) => ({
      name: `${name}: a newer message in the box: the app's own control is not offered, and the message stays`,
      run: async (/** @type {Scene} */ t) => {
        const { page, card } = await letGo(t, name), own = CONTROLS[name]?.label ?? '';
        await offers(card, own);
        await page.click('.box');
        await page.keyboard.type('two');
        await offers(card, null);
        for (let n = 0; n < 3; n++) await page.keyboard.press('Backspace');
        await offers(card, own);
        await page.keyboard.type('three');
        await offers(card, null);
        assert.equal(await page.evaluate(() => /** @type {any} */ (document.querySelector('.box')).value), 'three');
        assert.equal(await presses(page), 0);
        await page.click('.send'); // a newer one is on its way: its answer must not be asked for twice
        await answer(page);
        assert.equal(await card.text('#retry'), null);
      },
    })),
    {
      name: 'what an app itself puts back into its box is no newer message',
      run: async (t) => {
        const { page, card } = await letGo(t, 'chatbox');
        await page.evaluate(() => { const box = /** @type {HTMLTextAreaElement} */ (document.querySelector('.box')); box.value = 'one'; box.dispatchEvent(new Event('input', { bubbles: true })); });
        await offers(card, 'Reply Again');
        await card.click('#retry');
        await answer(page);
      },
    },
    {
      name: 'a wait that the app does not hold on for: its own control is offered when it is over, and not before', beside: true,
      run: async (t) => {
        const error = { message: 'Provider returned error', code: 429, metadata: { provider_name: 'Cerebras', retry_after_seconds: 8 } };
        const { page, card } = await letGo(t, 'unknown, streaming', { status: 200, sse: [{ data: { choices: [{ index: 0, delta: { content: 'The ans' } }] } }, { data: { error } }] });
        const [{ at_ms } = { at_ms: 0 }] = await t.log();
        assert.match(await card.text('#when') ?? '', /Try again in \d s/);
        assert.equal(await card.text('#retry'), null);
        await offers(card, 'Try again');
        assert.ok(Date.now() - at_ms >= 8_000, 'not before');
        await card.click('#retry');
        await answer(page);
        assert.equal((await t.log()).length, 2);
      },
    },
    {
      name: 'two controls beside the failure, or one of an earlier answer alone: none is offered',
      run: async (t) => {
        for (const where of ['afterend', 'beforebegin']) {
          const page = await open(t, 'unknown, streaming', broken);
          await page.evaluate((place) => {
            new MutationObserver(() => {
              const row = document.querySelector('.error + div');
              if (row === null || document.querySelector('.other') !== null) return;
              const other = Object.assign(document.createElement('button'), { className: 'other', textContent: 'Retry' });
              if (place === 'beforebegin') row.remove();
              document.querySelector('.error')?.insertAdjacentElement(/** @type {InsertPosition} */ (place), other);
            }).observe(document.body, { subtree: true, childList: true });
          }, where);
          await ask(page, 'one');
          const card = await t.card(page);
          await card.reaches('released');
          await until('the other button', () => page.evaluate(() => document.querySelector('.other') !== null));
          await pause(500); // longer than it takes to be found
          assert.equal(await card.text('#retry'), null, where);
          await page.close();
        }
      },
    },
    {
      name: 'a failure that lies over the page: what stands in the talk is an earlier answer\'s control, and is not offered; one within it is',
      run: async (t) => {
        for (const within of [false, true]) {
          const page = await open(t, 'unknown, streaming', broken);
          await page.evaluate((isWithin) => {
            new MutationObserver(() => {
              const line = document.querySelector('.error'), row = document.querySelector('.error + div');
              if (!(line instanceof HTMLElement) || row === null) return;
              line.style.cssText = 'position: fixed; inset: auto 200px 0 0';
              if (isWithin) line.append(row);
            }).observe(document.body, { subtree: true, childList: true });
          }, within);
          await ask(page, 'one');
          const card = await t.card(page);
          await card.reaches('released');
          await until('the app shows it', () => page.evaluate(() => document.querySelector('.error')?.getAttribute('style') !== null));
          await pause(500); // longer than it takes to be found
          await offers(card, within ? 'Try again' : null);
          await page.close();
        }
      },
    },
    {
      name: 'the data: each app is told by its host or its page, and by no other\'s',
      run: async (t) => {
        const context = vm.createContext({});
        vm.runInContext(readFileSync(join(root, 'extension', 'apps.js'), 'utf8'), context);
        const { APPS: known, find } = /** @type {typeof cooldownApps} */ (context.cooldownApps);
        for (const app of known) {
          for (const host of app.hosts) assert.equal(find(host.replace('*', 'www'), () => false), app, host);
          if (app.mark !== '') assert.equal(find('chat.example', (mark) => mark === app.mark), app, app.name);
          assert.ok(app.hosts.length > 0 || app.mark !== '', `${app.name} cannot be told`);
        }
        assert.equal(find('notjanitorai.com', () => false), null);
        const told = { 'sillytavern': 'SillyTavern', 'open-webui': 'Open WebUI', 'librechat': 'LibreChat', 'nextchat': 'NextChat', 'risuai': 'RisuAI', 'unknown': null };
        for (const [form, name] of Object.entries(told)) {
          const page = await t.open('apps/index.html', { app: form });
          await until('the form', () => page.evaluate(() => document.querySelector('.box') !== null));
          const marks = new Set(await page.evaluate((all) => all.filter((mark) => document.querySelector(mark) !== null), known.map(({ mark }) => mark).filter((mark) => mark !== '')));
          assert.equal(find('chat.example', (mark) => marks.has(mark))?.name ?? null, name);
          assert.ok(marks.size <= 1, `${form} bears the marks of several: ${[...marks]}`);
        }
      },
    },
    ...Object.entries(HOSTED).filter(([name]) => name !== 'chatbox').map(([name, host]) => ({
      name: `${name} at ${host}: what it asks beside generations stays silent, a generation is rescued`,
      run: async (/** @type {Scene} */ t) => {
        const { failure } = APPS[name] ?? assert.fail(name);
        for (const [at, cards] of /** @type {const} */ ([[t.host, 1], [host, 0]])) {
          const page = await openAt(t, name, [{ status: 429, body: { error: { message: 'Provider returned error', code: 429 } } }, failure], at);
          await page.evaluate((conversation) => {
            fetch(`/api/account?conversation=${conversation}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"provider":"openrouter"}' }).then(({ status }) => { document.title = String(status); });
          }, t.conversation);
          if (cards === 1) await t.card(page); // an unknown app's, of which any may be one
          else {
            await until('its answer', async () => await page.title() === '429');
            await pause(700);
            assert.equal(await Card.count(page), 0);
            await ask(page, 'one');
            const card = await t.card(page);
            await card.click('#retry');
            assert.match(await answer(page), /^answer: The answer/);
          }
          await page.close();
        }
      },
    })),
    {
      name: `chatbox at ${HOSTED.chatbox}: its own control, where an earlier answer has one too`,
      run: async (t) => {
        for (const [at, label] of /** @type {const} */ ([[t.host, null], [HOSTED.chatbox, 'Reply Again']])) {
          const page = await openAt(t, 'chatbox', [broken], at);
          await page.evaluate(() => document.querySelector('.talk')?.insertAdjacentHTML('beforeend', '<div>An earlier answer <button aria-label="Reply Again">↻</button></div>'));
          await ask(page, 'one');
          const card = await t.card(page);
          await card.reaches('released');
          await until('the app shows it', async () => (await said(page)).some((line) => line.startsWith('error: ')));
          await pause(500); // longer than it takes to be found
          await offers(card, label);
          await page.close();
        }
      },
    },
    {
      name: 'what a known app asks of its server beside generations is not OpenRouter\'s',
      run: async (t) => {
        const page = await open(t, 'sillytavern', { status: 429, body: { error: { message: 'Too Many Requests' } } });
        const status = await page.evaluate(async (conversation) => (await fetch(`/api/backends/chat-completions/status?conversation=${conversation}`, { method: 'POST', body: '{"chat_completion_source":"openrouter"}' })).status, t.conversation);
        assert.equal(status, 429);
        await pause(700);
        assert.equal(await Card.count(page), 0);
      },
    },
  ],
};
