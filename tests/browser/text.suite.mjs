// @ts-check
// Text that appears on the page and carries a failure that no call showed; and text that only speaks of failures.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { Card } from './lib/card.mjs';
import { first, send } from './lib/app.mjs';
import { root } from './lib/house.mjs';
import { pause, until } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('puppeteer-core').Page} Page */

const DAY = 'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day';
const POOL = JSON.stringify({ error: { message: 'Provider returned error', code: 429, metadata: {
  raw: 'qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations', provider_name: 'Venice' } } });
const DAY_TITLE = 'Today\'s free requests are used up', POOL_TITLE = 'Venice is busy right now';
/** Longer than a text may take to be found and judged. */
const FOUND_MS = 2_000;

/** A page whose own server has failed without saying for whom: what comes now is looked at. @param {Scene} t @param {{by?: string}} [setup] */
const failed = async (t, setup = {}) => {
  await t.script({ status: 500, body: { detail: 'Something went wrong' } });
  const page = await t.open('chat.html', { endpoint: '/api/chat', ...setup });
  await send(page, 'one');
  await first(page, 'error');
  return page;
};
/** @param {Scene} t */
const quiet = async (t) => {
  const page = await t.open();
  await page.bringToFront();
  return page;
};
/** Puts HTML into the page, as an app does. @param {Page} page @param {string} html @param {string} [into] @param {number} [ms] how long it stays */
const show = (page, html, into = 'body', ms = 0) => page.evaluate((markup, selector, life) => {
  const made = document.createElement('template');
  made.innerHTML = markup;
  const nodes = [...made.content.children];
  document.querySelector(selector)?.append(made.content);
  if (life > 0) setTimeout(() => { for (const node of nodes) node.remove(); }, life);
}, html, into, ms);
/** Puts text into the box, as a person does who asks for an answer: from now on the browser tells of what appears. @param {Scene} t @param {Page} page @param {string} [box] */
const asking = async (t, page, box = '#prompt') => {
  await page.bringToFront();
  await (await page.waitForSelector(box))?.type('why');
  await until('the rule is there', () => page.evaluate(() => {
    const probe = document.createElement('i');
    probe.className = 'error';
    probe.hidden = true;
    document.body.append(probe);
    const { animationName } = getComputedStyle(probe);
    probe.remove();
    return animationName !== 'none';
  }));
};
/** A page in which a person has asked for an answer, and no call failed. @param {Scene} t */
const asked = async (t) => {
  const page = await quiet(t);
  await asking(t, page);
  return page;
};
/** @param {Scene} t @param {Page} page @param {string} title */
const explained = async (t, page, title) => {
  const card = await t.card(page);
  await card.reaches('explained');
  assert.equal(await card.text('#title'), title);
  return card;
};
/** @param {Scene} t @param {Page} page */
const silent = async (t, page) => {
  await pause(FOUND_MS);
  if (await Card.count(page) > 0) assert.fail(`a card says: ${(await (await t.card(page)).read((root) => root.querySelector('#card')?.textContent ?? '')).slice(0, 2_000)}`);
};
/** @param {string} text */
const escape = (text) => text.replace(/[&<>]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[mark] ?? mark);

/** @param {string} file of tests/corpus @returns {{id: string, surface: string, text: string, truth: {kind: string}}[]} */
const rows = (file) => readFileSync(join(root, 'tests', 'corpus', file), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
/** What looks alike, and what speaks of failures: the project's own documentation, its sentences, its stand-in's answers as a reference has them. */
const lookAlikes = (surfaces = /^/) => {
  const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'PRIVACY.md', 'CHANGELOG.md', 'tests/corpus/README.md', 'src/diagnose/templates.rs', 'src/diagnose/mod.rs', 'tests/mock/data/presets.json', 'extension/_locales/en/messages.json'];
  const reference = readFileSync(join(root, 'src', 'diagnose', 'templates.rs'), 'utf8').match(/(?<=own\(&\[")[^"]+/g)?.map((sentence) => `<li><code>${escape(sentence)}</code></li>`) ?? [];
  return [
    ...rows('silence.jsonl').concat(rows('talk.jsonl')).filter(({ surface }) => surfaces.test(surface)).map(({ text }) => text),
    ...documents.map((file) => readFileSync(join(root, file), 'utf8')),
  ].map((text) => `<pre>${escape(text)}</pre>`).concat(`<h2>Errors of OpenRouter</h2><ul>${reference.join('')}</ul>`);
};

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'text', build: 'test',
  tests: [
    {
      name: 'an alert on a long page where no call failed: explained; closed, it does not come back for the same text',
      run: async (t) => {
        const page = await quiet(t);
        await show(page, `<main>${'<p>A page that has much to say.</p>'.repeat(500)}</main>`);
        await pause(500);
        await show(page, `<div role="alert">${DAY}</div>`);
        const card = await explained(t, page, DAY_TITLE);
        await card.click('#close');
        await Card.gone(page);
        await show(page, `<div role="alert">${DAY}</div>`);
        await silent(t, page);
      },
    },
    {
      name: 'a toast that lives four seconds, in a container that was empty at the start',
      run: async (t) => {
        const page = await quiet(t);
        await show(page, '<section id="toasts" aria-live="polite"></section>');
        await show(page, `<ol><li class="toast-x1"><div>Error</div><div>${escape(POOL)}</div></li></ol>`, '#toasts', 4_000);
        await explained(t, page, POOL_TITLE);
      },
    },
    {
      name: 'a toast by its looks alone, in an open shadow root',
      run: async (t) => {
        const page = await quiet(t);
        await page.evaluate((said) => {
          const host = document.createElement('x-toast'), toast = document.createElement('div');
          host.attachShadow({ mode: 'open' }).append(toast);
          document.body.append(host);
          toast.style.cssText = 'position: fixed; inset-block-start: 0';
          setTimeout(() => { toast.textContent = said; setTimeout(() => host.remove(), 4_000); }, 300);
        }, POOL);
        await explained(t, page, POOL_TITLE);
      },
    },
    {
      name: 'after a failed call: a message that is the failure, its words in many spans',
      run: async (t) => {
        const page = await failed(t);
        await show(page, `<li><b>Assistant</b><span>${DAY.split(' ').map((word) => `<span>${word}</span>`).join(' ')}</span><button>Copy</button></li>`, '#talk');
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'after a failed XMLHttpRequest: a message that is the failure, and the app\'s own control beside it',
      run: async (t) => {
        const page = await failed(t, { by: 'xhr' });
        await show(page, `<li><div>OpenRouter: ${escape('429 Provider returned error')}</div><button>Retry</button></li>`, '#talk');
        const card = await explained(t, page, 'The provider is busy right now');
        await until('the app\'s own control is offered', async () => await card.text('#retry') === 'Press the app\'s own “Retry”');
      },
    },
    {
      name: 'after a failed call: where the app\'s own control is the thing to press, no page is',
      run: async (t) => {
        const page = await failed(t);
        await show(page, '<li><div>429 acme/model-1 is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations</div><button>Retry</button></li>', '#talk');
        const card = await t.card(page);
        await until('the app\'s own control is offered', async () => await card.text('#retry') === 'Press the app\'s own “Retry”');
        assert.deepEqual(await card.read((root) => [...root.querySelectorAll('.remedy')].map(({ className }) => className)), ['remedy', 'remedy']);
      },
    },
    {
      name: 'after a failed call: JSON in a pre that is cut off',
      run: async (t) => {
        const page = await failed(t);
        await show(page, `<li><pre>Error: 429 ${escape(POOL.slice(0, 200))}</pre></li>`, '#talk');
        await explained(t, page, 'The provider is busy right now');
      },
    },
    {
      name: 'after a failed call: in the open shadow root of a chat that was there before',
      run: async (t) => {
        await t.script({ status: 500, body: { detail: 'Something went wrong' } });
        const page = await t.open('chat.html', { endpoint: '/api/chat' });
        await page.evaluate(() => {
          const host = document.createElement('x-chat'), talk = document.createElement('div');
          talk.append(document.createElement('p'));
          host.attachShadow({ mode: 'open' }).append(talk);
          document.querySelector('form')?.before(host);
        });
        await send(page, 'one');
        await first(page, 'error');
        await page.evaluate((said) => {
          const bubble = document.createElement('div');
          bubble.textContent = said;
          document.querySelector('x-chat')?.shadowRoot?.firstElementChild?.append(bubble);
        }, `OpenRouter: ${DAY}`);
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'the app\'s own words for a failure that a call has shown are no second one',
      run: async (t) => {
        await t.script({ preset: 'free_day429' });
        const page = await t.open();
        await send(page, 'one');
        const card = await t.card(page);
        await card.click('#close');
        await first(page, 'error');
        await Card.gone(page);
        await show(page, `<div role="alert">${DAY}</div>`);
        await silent(t, page);
      },
    },
    {
      name: 'an answer that quotes a failure while it is written stays silent',
      run: async (t) => {
        const page = await failed(t);
        await page.evaluate(async (said) => {
          const bubble = document.createElement('li'), block = document.createElement('pre');
          bubble.append(block);
          document.querySelector('#talk')?.append(bubble);
          for (const part of said.match(/.{1,4}/gs) /* as long as tokens are */ ?? []) {
            block.append(part);
            await new Promise((next) => { setTimeout(next, 10); });
          }
        }, POOL);
        await silent(t, page);
      },
    },
    {
      name: 'after a failed call: an answer that is written slowly and begins with a failure stays silent; a message in whose place one comes is explained',
      run: async (t) => {
        const page = await failed(t);
        await page.evaluate(async (said) => {
          const bubble = document.createElement('li');
          document.querySelector('#talk')?.append(bubble);
          for (const part of [said, ' That is what', ' OpenRouter says', ' when you have used them all.']) {
            bubble.append(part);
            await new Promise((next) => { setTimeout(next, 700); });
          }
        }, DAY);
        await silent(t, page);
        await show(page, '<li id="last">OpenRouter is still working on it.</li>', '#talk');
        await page.evaluate(async (said) => {
          await new Promise((next) => { setTimeout(next, 500); });
          document.querySelector('#last')?.replaceChildren(said);
        }, `OpenRouter: ${DAY}`);
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'an answer that speaks of a failure it quotes stays silent',
      run: async (t) => {
        const page = await failed(t);
        await show(page, `<li><p>That is what OpenRouter says when a provider is busy:</p><pre><code>${escape(POOL)}</code></pre><p>Wait a little, and send it again.</p></li>`, '#talk');
        await show(page, `<li>If you see "${DAY}", you have used all free requests of today.</li>`, '#talk');
        await silent(t, page);
      },
    },
    {
      name: 'what was there before a call failed stays silent, in a frame around the app that is named after errors too',
      run: async (t) => {
        await t.script({ status: 500, body: { detail: 'Something went wrong' } });
        const page = await t.open('chat.html', { endpoint: '/api/chat' });
        await page.evaluate((said) => {
          const host = document.createElement('x-chat'), frame = document.createElement('div');
          host.attachShadow({ mode: 'open' }).innerHTML = `<div><p>${said}</p></div>`;
          frame.className = 'error-boundary';
          frame.append(...document.body.children);
          document.body.append(frame, host);
        }, DAY);
        await send(page, 'My garden has apple trees and roses. '.repeat(12));
        await first(page, 'error');
        await show(page, `<li><p>Above you said:</p><p>${DAY}</p></li>`, '#talk');
        await silent(t, page);
      },
    },
    ...Object.entries({
      'with a class that says so': [`<li><div class="chatError_x1">${DAY}</div></li>`, DAY_TITLE],
      'by its role, in a frame': [`<li><div role="alert"><b>Error</b><div>${escape(POOL)}</div></div></li>`, POOL_TITLE],
      'by its colour': [`<li><div class="rounded-lg border-red-200 bg-red-50"><p class="text-red-700">${DAY}</p></div></li>`, DAY_TITLE],
      'in many spans': [`<li class="msg text-destructive">${DAY.split(' ').map((word) => `<span>${word}</span>`).join(' ')}</li>`, DAY_TITLE],
      'as JSON in a pre that is cut off': [`<li class="failed"><pre>Error: 429 ${escape(POOL.slice(0, 200))}</pre></li>`, 'The provider is busy right now'],
      'with an animation of the app\'s own': [`<li><style>@keyframes mine { from { opacity: 0 } }</style><div class="error" style="animation: mine .2s">${DAY}</div></li>`, DAY_TITLE],
    }).map(([how, [html = '', title = '']]) => ({
      name: `no failed call, a message of its own in the talk: ${how}`,
      run: async (/** @type {Scene} */ t) => {
        const page = await asked(t);
        await show(page, '<li><p>An answer of before.</p></li>'.repeat(300), '#talk');
        await show(page, html, '#talk');
        await explained(t, page, title);
      },
    })),
    {
      name: 'OpenRouter\'s own words and no more, in an alert: explained; another provider\'s, which says what it returned: silent',
      run: async (t) => {
        const page = await quiet(t);
        for (const said of ['The identity provider returned error: access_denied', 'Provider returned error: access_denied', 'Sign-in failed. Your provider returned error']) await show(page, `<div role="alert">${said}</div>`);
        await silent(t, page);
        await show(page, '<div role="alert">Error code: 429 - Provider returned error</div>');
        await explained(t, page, 'The provider is busy right now');
      },
    },
    {
      name: 'no failed call: a message that calls itself an error is looked at when it stands still; one that goes on is an answer',
      run: async (t) => {
        const page = await asked(t);
        await page.evaluate(async () => {
          const bubble = document.createElement('li');
          bubble.className = 'message';
          document.querySelector('#talk')?.append(bubble);
          for (const part of ['Error code: 429 - Provider returned error', ' is what OpenRouter says when a provider is busy.']) {
            bubble.append(part);
            await new Promise((next) => { setTimeout(next, 700); });
          }
        });
        await silent(t, page);
        await show(page, '<li class="message">Error code: 429 - Provider returned error</li>', '#talk');
        await explained(t, page, 'The provider is busy right now');
      },
    },
    {
      name: 'no failed call, messages that are none of the app\'s errors: what the person pasted and sent, and answers that quote one, in a talk that is read out and has a window of its own',
      run: async (t) => {
        const page = await quiet(t), said = `Error: ${DAY}`;
        await page.evaluate(() => {
          const form = document.querySelector('form'), talk = document.querySelector('#talk'), chat = document.createElement('div');
          chat.style.cssText = 'position: fixed; inset: auto 0 0 auto';
          talk?.setAttribute('role', 'log');
          talk?.setAttribute('aria-live', 'polite');
          chat.append(...talk && form ? [talk, form] : []);
          document.body.append(chat);
        });
        await asking(t, page);
        await page.keyboard.type(` ${said}`);
        await show(page, `<li class="user message">${said}</li>`, '#talk');
        await show(page, `<li class="message"><p>OpenRouter says:</p><p>${said}</p></li>`, '#talk');
        await show(page, `<li class="message"><div class="message-text"><p>${said}</p></div><p>It means that you have used them up.</p></li>`, '#talk');
        await show(page, `<li class="message"><span>Sure. When it says "${DAY}", that is all.</span></li>`, '#talk');
        await silent(t, page);
      },
    },
    {
      name: 'no failed call, a toast of four seconds, filled after it has come, deep in the page',
      run: async (t) => {
        const page = await asked(t);
        await show(page, '<main><div><div id="deep"></div></div></main>');
        await page.evaluate((said) => {
          const toast = document.createElement('div');
          toast.className = 'toast';
          document.querySelector('#deep')?.append(toast);
          setTimeout(() => { toast.textContent = said; }, 500);
          setTimeout(() => toast.remove(), 4_000);
        }, DAY);
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'no failed call, in the open shadow root in which the person writes',
      run: async (t) => {
        const page = await quiet(t);
        await page.evaluate(() => {
          const host = document.createElement('x-chat');
          host.attachShadow({ mode: 'open' }).innerHTML = '<div id="inner"></div><textarea></textarea>';
          document.querySelector('form')?.replaceWith(host);
        });
        await asking(t, page, 'x-chat >>> textarea');
        await page.evaluate((said) => {
          const bubble = document.createElement('div');
          bubble.className = 'error-message';
          bubble.textContent = said;
          document.querySelector('x-chat')?.shadowRoot?.querySelector('#inner')?.append(bubble);
        }, DAY);
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'what appears is told to nobody else: no event reaches the page, no animation is listed, nothing moves',
      run: async (t) => {
        const page = await quiet(t);
        await page.evaluate(() => {
          const heard = /** @type {string[]} */ (/** @type {any} */ (globalThis).heard = []);
          for (const type of ['animationstart', 'animationend', 'animationcancel']) for (const isFirst of [true, false]) document.addEventListener(type, ({ target }) => { heard.push(`${type} ${/** @type {Element} */ (target).className}`); }, isFirst);
        });
        await asking(t, page);
        await show(page, `<li class="error">Something of the app's own</li><li class="mine" style="animation: mine 1ms">x</li><style>@keyframes mine { from { opacity: 0 } }</style>`, '#talk');
        await until('the page hears its own', () => page.evaluate(() => /** @type {any} */ (globalThis).heard.includes('animationend mine')));
        const { heard, listed, box } = await page.evaluate(() => {
          const line = document.querySelector('li.error'), { opacity, transform, willChange, zIndex } = getComputedStyle(/** @type {Element} */ (line));
          return { heard: /** @type {any} */ (globalThis).heard, listed: line?.getAnimations().length, box: [opacity, transform, willChange, zIndex] };
        });
        assert.deepEqual(heard, ['animationstart mine', 'animationstart mine', 'animationend mine', 'animationend mine']);
        assert.deepEqual([listed, box], [0, ['1', 'none', 'auto', 'auto']]);
      },
    },
    {
      name: 'an old conversation that is opened, its failure in it, stays silent; so does what was there before the person wrote',
      run: async (t) => {
        const page = await quiet(t);
        const old = `<li><div class="error">${DAY}</div></li>`;
        await show(page, old, '#talk');
        await asking(t, page);
        await silent(t, page);
        await show(page, '<nav><a id="open" href="/old">An old one</a></nav>');
        await page.evaluate((html) => document.querySelector('#open')?.addEventListener('click', (event) => { event.preventDefault(); /** @type {Element} */ (document.querySelector('#talk')).innerHTML = html; }), old);
        await page.click('#open');
        await silent(t, page);
        await asking(t, page);
        await show(page, old, '#talk');
        await explained(t, page, DAY_TITLE);
      },
    },
    {
      name: 'what was there before the person wrote stays silent, where the browser is late to tell too', browsers: ['chromium'], alone: true,
      run: async (t) => {
        await t.driver.delayStyles(0, 700);
        const page = await quiet(t);
        await show(page, `<div class="error">${DAY}</div>`, '#talk');
        await asking(t, page);
        await pause(FOUND_MS);
        assert.equal(await Card.count(page), 0);
      },
    },
    {
      name: 'an answer that quotes a failure, in a box of its own, stays silent where no call failed too',
      run: async (t) => {
        const page = await asked(t);
        await show(page, `<li><div class="markdown"><p>It says:</p><div class="callout callout-danger">${DAY}</div><p>Wait until midnight.</p></div></li>`, '#talk');
        await show(page, `<li class="bg-red-50"><p>OpenRouter has several limits. ${'They are explained in its documentation. '.repeat(9)}</p><p>${DAY}</p></li>`, '#talk');
        await silent(t, page);
      },
    },
    {
      name: 'all look-alikes that a page can show, as errors in the talk of somebody who asked: no card',
      run: async (t) => {
        const page = await asked(t);
        for (const text of lookAlikes(/page|log/)) await show(page, `<li class="error">${text}</li>`, '#talk');
        await silent(t, page);
      },
    },
    {
      name: 'what somebody types stays silent',
      run: async (t) => {
        const page = await failed(t);
        await show(page, `<div contenteditable>${DAY}</div><textarea class="error">${DAY}</textarea>`);
        await silent(t, page);
      },
    },
    {
      name: 'all look-alikes, documentation and the error reference as one page: no card',
      run: async (t) => {
        const page = await quiet(t);
        await show(page, `<main>${lookAlikes().join('')}</main>`);
        await silent(t, page);
        for (const text of lookAlikes()) await show(page, `<section>${text}</section>`);
        await silent(t, page);
      },
    },
    {
      name: 'all look-alikes, one by one, as messages after a failed call and as alerts: no card',
      run: async (t) => {
        const page = await failed(t);
        for (const text of lookAlikes()) await show(page, `<li>${text}</li>`, '#talk');
        await silent(t, page);
        for (const text of lookAlikes(/page|log/)) await show(page, `<div role="alert">${text}</div>`);
        await silent(t, page);
      },
    },
    {
      name: 'whatever the core explains as text passes the page\'s first look', browsers: ['chromium'], // needs no browser
      run: async () => {
        const scope = createContext({ document: { readyState: 'loading' }, addEventListener: () => {}, cooldownProtocol: {} });
        for (const file of ['apps.js', 'content/text.js']) runInContext(readFileSync(join(root, 'extension', file), 'utf8'), scope);
        /** @type {RegExp} */
        const MARKED = runInContext('cooldownText.MARKED', scope);
        const spoken = readdirSync(join(root, 'tests', 'corpus')).filter((file) => file.endsWith('.jsonl')).flatMap(rows)
          .filter(({ surface, truth }) => ['page', 'log'].includes(surface) && truth.kind !== 'not_openrouter');
        assert.ok(spoken.length > 100, `${spoken.length} rows`);
        assert.deepEqual(spoken.filter(({ text }) => !MARKED.test(text)).map(({ id }) => id), []);
      },
    },
  ],
};
