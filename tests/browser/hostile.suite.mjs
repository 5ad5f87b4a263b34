// @ts-check
// Pages that want more than is their own. Each attack says which defence it breaks on: a small edit of one file takes that defence out, and
// `run.mjs --undefended` shows that the attack then succeeds. So each test here can fail.
import assert from 'node:assert/strict';
import { Card } from './lib/card.mjs';
import { first, send, talk } from './lib/app.mjs';
import { poolWait } from './lib/failures.mjs';
import { pause, until, within } from './lib/wait.mjs';

/** @typedef {import('./lib/scene.mjs').Scene} Scene */
/** @typedef {import('./lib/scene.mjs').Edit} Edit */
/** @typedef {import('puppeteer-core').Page} Page */

/**
 * @typedef {object} Attack
 * @property {string} name
 * @property {Edit[]} without   takes its defence out; `src/…` is the core's
 * @property {(t: Scene) => Promise<boolean>} succeeds
 * @property {boolean} [hard]   in the long run alone
 * @property {Array<import('./lib/browsers.mjs').BrowserName>} [browsers] where such a thing can be tried at all
 */

const TAP = 'page/tap.js', BRIDGE = 'content/bridge.js', OVERLAY = 'content/overlay.js', CARD = 'card.js', WORKER = 'background.js', PROTOCOL = 'protocol.js';
/** What the page's own script got hold of. @param {Page} page @returns {Promise<unknown[]>} */
const loot = (page) => page.evaluate(() => JSON.parse(JSON.stringify(/** @type {any} */ (globalThis).loot)));
/** @param {Page} page @param {string} name @param {...unknown} args @returns {Promise<any>} */
const hostile = (page, name, ...args) => page.evaluate((of, list) => /** @type {any} */ (globalThis).hostile[of](...list), name, args);
/** @param {Scene} t @param {Record<string, string | number>} [setup] @param {import('./lib/mock.mjs').Answer} [answer] */
const held = async (t, setup = {}, answer = { preset: 'seed429' }) => {
  await t.script(answer);
  const page = await t.open('hostile.html', setup);
  await send(page, 'one');
  const card = await t.card(page);
  await card.reaches('held');
  return { page, card };
};
/** Is it sent again? What was under way has come by then. @param {Scene} t @param {number} [before] calls until then */
const isSentAgain = async (t, before = 1) => {
  await pause(400);
  return (await t.log()).length > before;
};
/** Has the app its answer, whichever, within this time? @param {Page} page @param {number} [limitMs] */
const isAnswered = (page, limitMs = 3_000) => until('an answer', async () => (await talk(page)).some(({ kind, details }) => kind !== 'user' && details !== null), limitMs).then(() => true, () => false);

/** The page replaces what the tap works with; then a call fails, and a click sends it again. @param {string} attack @param {Edit} edit @param {Record<string, string>} [setup] @returns {Attack} */
const replaced = (attack, edit, setup = {}) => ({
  name: `replaces what the tap may use: ${attack}`, without: [edit], hard: true,
  succeeds: async (t) => {
    const { page, card } = await held(t, { attack, ...setup });
    await card.click('#retry');
    await first(page, 'answer').catch(() => {});
    return (await loot(page)).length > 0;
  },
});
/** @param {string} find @param {string} replace @param {string} [file] @returns {Edit} */
const edit = (find, replace, file = TAP) => ({ file, find, replace });

/** @param {Scene} t @param {string} path where the extension's files are */
const ours = async (t, path) => {
  const ear = await t.openExtensionPage('popup.html'), base = await ear.evaluate(() => chrome.runtime.getURL(''));
  await ear.close();
  return base + path;
};
/** The address of the card's frame, which a page cannot read; a test build's roots are open. @param {Page} page */
const addressOf = (page) => page.evaluate(() => document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('iframe')?.src ?? '');
/** A page with a service worker of its own in between. @param {Scene} t @param {'watch' | 'forge' | 'swap' | 'silent'} does @param {string} [said] what it says @param {Record<string, string>} [setup] */
const between = async (t, does, said = '', setup = {}) => {
  const page = await t.open('hostile.html', setup);
  await page.evaluate((file) => /** @type {any} */ (globalThis).standBetween(file), `hostile-sw.js?does=${does}`);
  await page.evaluate((text) => { navigator.serviceWorker.controller?.postMessage(text); }, said);
  return page;
};
/** What it saw. @param {Page} page @returns {Promise<any[]>} */
const seenBy = (page) => page.evaluate(() => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => { resolve(data); };
  navigator.serviceWorker.controller?.postMessage(null, [port2]);
}));
const STRIP = { csp: 'sandbox allow-scripts allow-forms' };

/** Text of others, in the places where it stands on the card. @param {object} metadata @param {string} [message] @returns {import('./lib/mock.mjs').Answer} */
const saying = (metadata, message = 'Provider returned error') => ({
  status: 429, headers: { 'content-type': 'application/json' },
  body: { error: { message, code: 429, metadata: { limit_source: 'upstream_provider_shared_pool', provider_name: 'Cerebras', ...metadata } } },
});
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
const LATE = [edit('const VERDICT_MS = 1_000;', 'const VERDICT_MS = 60_000;'), edit('const READ_MS = 500;', 'const READ_MS = 60_000;')];

/** @type {Attack[]} */
const ATTACKS = [
  // ---- the port between tap and bridge
  {
    name: 'listens for the port from its first script', hard: true,
    without: [edit('"run_at": "document_start"', '"run_at": "document_end"', 'manifest.json')],
    succeeds: async (t) => (await loot(await t.open('hostile.html', { attack: 'listen for the port' }))).length > 0,
  },
  {
    name: 'asks the tap for its port', without: [edit('    unlisten(page, `${NAME}-ask`, offer);\n', '')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html', { attack: 'listen for the port' });
      await page.evaluate(() => { dispatchEvent(new Event('cooldown-port-ask')); });
      return (await loot(page)).length > 0;
    },
  },
  {
    name: 'offers the bridge a port of its own, and tells of a failure that never was', without: [edit('  }, { once: true });\n  dispatchEvent(new Event(`${NAME}-ask`));', '  });\n  dispatchEvent(new Event(`${NAME}-ask`));', BRIDGE)],
    succeeds: async (t) => {
      const page = await t.open('hostile.html');
      await page.evaluate(() => {
        const { port1, port2 } = new MessageChannel();
        dispatchEvent(new MessageEvent('cooldown-port', { ports: [port2], cancelable: true }));
        port1.postMessage({
          v: 1, type: 'observed', id: 1, story: 1, attempt: 1, replayable: true,
          exchange: { surface: 'http', url: 'https://openrouter.ai/api/v1/chat/completions', method: 'POST', status: 429, headers: {}, body: '{"error":{"message":"Provider returned error","code":429}}', at_ms: Date.now() },
          request: { model: 'a/b' },
        });
      });
      return t.card(page, 1_000).then(() => true, () => false);
    },
  },
  {
    name: 'forges a decision by a message to its own window', without: [edit('  port.onmessage = (event) => {', '  page.onmessage = port.onmessage = (event) => {')],
    succeeds: async (t) => {
      const { page } = await held(t);
      await page.evaluate(() => { for (let id = 1; id < 5; id++) postMessage({ v: 1, type: 'decide', id, action: 'retry', deadline_ms: null, patch: null }, '*'); });
      return isSentAgain(t);
    },
  },
  {
    name: 'forges a press by a message to its own window', hard: true,
    without: [edit('        port1.onmessage = (event) => {', '        addEventListener(\'message\', ({ data }) => { fromFrame(port1, data); });\n        port1.onmessage = (event) => {', OVERLAY)],
    succeeds: async (t) => {
      const { page } = await held(t);
      await pause(300);
      await page.evaluate(() => { postMessage({ v: 1, type: 'act', action: 'retry', index: 0 }, '*'); });
      return isSentAgain(t);
    },
  },
  {
    name: 'repeats its own forged messages: a decision on what is decided already', hard: true,
    without: [edit('  port.onmessage = (event) => {', '  page.onmessage = port.onmessage = (event) => {'), edit('      delete waiting[id];\n', ''), edit("      const kept = state === 'judging' || state === 'held';", "      const kept = true;")],
    succeeds: async (t) => {
      const { page, card } = await held(t);
      await card.click('#close');
      await first(page, 'error');
      await page.evaluate(() => { for (let id = 1; id < 5; id++) postMessage({ v: 1, type: 'decide', id, action: 'retry', deadline_ms: null, patch: null }, '*'); });
      return isSentAgain(t);
    },
  },
  {
    name: 'patches a frame in the moment in which it makes it', without: [edit('"run_at": "document_start"', '"run_at": "document_idle"', 'manifest.json')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html');
      await hostile(page, 'frame');
      await pause(500);
      return (await loot(page)).length > 0;
    },
  },
  {
    name: 'locks fetch in a frame that it makes, with a getter that tells who asks', hard: true,
    without: [edit("if (slot === undefined || typeof slot.value !== 'function' || !(slot.configurable || slot.writable)) return;", 'if (slot === undefined) return;'), edit('const native = slot.value;', 'const native = globalThis.fetch;')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html');
      assert.equal(await hostile(page, 'lockedFrame'), true, 'it is locked there');
      return (await loot(page)).length > 0;
    },
  },

  // ---- what the tap works with, replaced by the page afterwards
  {
    name: 'replaces all that the tap may use, at once', without: [edit('const post = free(MessagePort.prototype.postMessage),', 'const post = (/** @type {any} */ to, /** @type {any} */ m) => to.postMessage(m),')],
    succeeds: async (t) => {
      const { page, card } = await held(t, { attack: 'everything' });
      await card.click('#retry');
      await first(page, 'answer');
      return (await loot(page)).length > 0;
    },
  },
  replaced('MessagePort', edit('const post = free(MessagePort.prototype.postMessage),', 'const post = (/** @type {any} */ to, /** @type {any} */ m) => to.postMessage(m),')),
  replaced('MessageEvent', edit("dataOf = getter(MessageEvent.prototype, 'data');", 'dataOf = (/** @type {any} */ e) => e.data;')),
  replaced('Array.prototype', edit('const push = (list, one) => defineProperty(', 'const push = (list, one) => { list[list.length] = /** @type {any} */ (one); }; const unused = (/** @type {any} */ list, /** @type {any} */ one) => defineProperty(')),
  replaced('Object.prototype', edit('    const headers = create(null);\n    for (let i = 0; status', '    const headers = {};\n    for (let i = 0; status')),
  replaced('JSON', edit('{ parse, stringify } = JSON,', '{ stringify } = JSON, parse = (/** @type {string} */ text) => JSON.parse(text),')),
  replaced('then', edit('    try { response = await answer; }', '    try { response = await new Promise((ok, no) => { answer.then(ok, no); }); }')),
  replaced('RegExp', edit('exec = free(RegExp.prototype.exec);', 'exec = (/** @type {RegExp} */ of, /** @type {string} */ text) => of.exec(text);')),
  replaced('Function', edit('const free = (method) => (self, ...args) => apply(method, self, args);', 'const free = (method) => (self, ...args) => method.call(self, ...args);')),
  replaced('Event', edit("targetOf = getter(V, 'currentTarget');", 'targetOf = (/** @type {any} */ e) => e.currentTarget;'), { by: 'xhr' }),
  {
    ...replaced('timers', edit("timer = setTimeout(release, VERDICT_MS, 'late');", "timer = page.setTimeout(release, VERDICT_MS, 'late');")),
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html', { attack: 'timers' });
      await send(page, 'one');
      await t.card(page);
      return (await loot(page)).includes(1_000);
    },
  },
  {
    name: 'gives every object a value, as a careless library does: its requests go out all the same',
    without: [edit('return d && /** @type {PropertyDescriptor} */ ({ __proto__: null, ...d });', 'return d;')],
    succeeds: async (t) => {
      await t.script({ good: true });
      const page = await t.open('hostile.html', { attack: 'descriptors', by: 'xhr' });
      await send(page, 'one');
      return first(page, 'answer', 2_000).then(() => false, () => true);
    },
  },
  {
    name: 'makes a removal do nothing: it is not kept busy for ever', hard: true,
    without: [edit('const cards = document.querySelectorAll(\'div[data-cooldown]:empty\'); for (let i = 0; i < cards.length; i++) cards[i]?.remove();', "for (let card; (card = document.querySelector('div[data-cooldown]:empty')) !== null;) card.remove();")],
    succeeds: async (t) => {
      const page = await t.open('hostile.html');
      page.evaluate(() => {
        Element.prototype.remove = () => {};
        document.body.append(Object.assign(document.createElement('div'), { innerHTML: '<div data-cooldown></div>' }));
        addEventListener('cooldown-port', (event) => event.preventDefault());
        dispatchEvent(new MessageEvent('cooldown-port', { cancelable: true }));
      }).catch(() => {});
      await pause(100);
      return within('the page answers', 2_000, page.evaluate(() => 1)).then(() => false, () => true);
    },
  },

  // ---- a retry that is another request
  {
    name: 'changes the header fields of its request after it was sent', without: [edit('members.headers = fields = copyHeaders(headers);', '{ fields = copyHeaders(headers); members.headers = headers; }')],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await page.evaluate((conversation) => {
        const headers = /** @type {Record<string, string>} */ ({ Authorization: `Bearer sk-or-v1-${conversation}`, 'X-Title': 'before' });
        fetch('https://openrouter.ai/api/v1/chat/completions', { method: 'POST', headers, body: '{"model":"a/b"}' });
        headers['X-Title'] = 'after';
      }, t.conversation);
      await (await t.card(page)).click('#retry');
      return (await t.logOf(2)).some(({ headers }) => headers['x-title'] === 'after');
    },
  },
  {
    name: 'changes the bytes of its request after they were sent', hard: true, without: [edit('const taken = same && !isText ? new Request(', 'const taken = same && !isText && url === "" ? new Request(')],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await page.evaluate((conversation) => {
        const body = new TextEncoder().encode('{"model":"a/b"}');
        fetch('https://openrouter.ai/api/v1/chat/completions', { method: 'POST', headers: { Authorization: `Bearer sk-or-v1-${conversation}` }, body });
        body.set(new TextEncoder().encode('{"model":"x/y"}'));
      }, t.conversation);
      await (await t.card(page)).click('#retry');
      return (await t.logOf(2)).some(({ body }) => body.includes('x/y'));
    },
  },
  {
    name: 'gives its request by a getter that says something else each time', hard: true,
    without: [edit("return d !== undefined && 'value' in d ? d.value : HIDDEN;", 'return /** @type {any} */ (o)[key];')],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await page.evaluate((conversation) => {
        const seen = /** @type {any} */ (globalThis);
        seen.asked = 0;
        fetch('https://openrouter.ai/api/v1/chat/completions', { method: 'POST', headers: { Authorization: `Bearer sk-or-v1-${conversation}` }, get body() { return `{"model":"a/b","n":${++seen.asked}}`; } });
      }, t.conversation);
      await t.card(page);
      return page.evaluate(() => /** @type {any} */ (globalThis).asked > 1);
    },
  },

  // ---- what an answer says
  {
    name: 'an answer with markup and scripts, on the card', without: [edit('arg0.textContent = arg1 === 0 ? undefined :', 'arg0.innerHTML = arg1 === 0 ? undefined :', 'core/core.js'), edit("; require-trusted-types-for 'script'; trusted-types 'none'", '', 'manifest.json')],
    succeeds: async (t) => {
      const { card } = await held(t, {}, saying({ provider_name: `Ce${MARKUP}`, raw: MARKUP, note: '\u{1f980}\\ud800' }, MARKUP));
      return card.read((root) => root.querySelector('#card img, #card script') !== null);
    },
  },
  {
    name: 'an answer with markup and scripts, on the strip', hard: true, without: [edit('        element.textContent = text;', '        element.innerHTML = text;', OVERLAY)],
    succeeds: async (t) => {
      const { card } = await held(t, STRIP, saying({ provider_name: `Ce${MARKUP}` }, MARKUP));
      return card.read((root) => root.querySelector('#card img, #card script') !== null);
    },
  },
  {
    name: 'a name that turns our own words around, or hides in them', without: [edit('    char.is_control()\n        || matches!(char,', "    char == '\\u{1}'\n        && matches!(char,", 'src/locale.rs')],
    succeeds: async (t) => {
      const { card } = await held(t, {}, saying({ provider_name: 'Cere\u202ebras\u200b\u2066' }));
      return card.read((root) => /[\u200b-\u206f]/.test(`${root.querySelector('#title')?.textContent}${root.querySelector('#body')?.textContent}${root.querySelector('#facts')?.textContent}`));
    },
  },
  {
    name: 'ten megabytes of an answer', hard: true, without: [edit('const BODY_MAX = 65_536, FACTS_MAX', 'const BODY_MAX = 65_536_000, FACTS_MAX'), edit('const BODY_MAX = 65_536;', 'const BODY_MAX = 65_536_000;', PROTOCOL)],
    succeeds: async (t) => {
      const ear = await t.openExtensionPage('popup.html');
      await ear.evaluate(() => {
        Object.assign(globalThis, { longest: 0 });
        chrome.runtime.onMessage.addListener((message) => { const all = /** @type {any} */ (globalThis); all.longest = Math.max(all.longest, message.exchange?.body.length ?? 0); });
      });
      await t.script({ status: 429, headers: { 'content-type': 'application/json' }, sse: [{ raw: '{"error":{"message":"Provider returned error","code":429,"x":"' }, { fill: 160 }, { raw: '"}}' }] });
      const page = await t.open('hostile.html');
      await send(page, 'one');
      await until('it was told', () => ear.evaluate(() => /** @type {any} */ (globalThis).longest > 0), 5_000);
      return ear.evaluate(() => /** @type {any} */ (globalThis).longest > 65_536);
    },
  },
  ...[['never ends', { gate: 'never' }], ['trickles', { pause_ms: 60_000 }]].map(([how, wait]) => /** @type {Attack} */ ({
    name: `an answer that ${how}`, without: LATE, hard: how === 'trickles',
    succeeds: async (t) => {
      const trickle = Array.from({ length: 20 }, () => [{ raw: ' ' }, { pause_ms: 200 }]).flat();
      await t.script({ status: 429, headers: { 'content-type': 'application/json' }, sse: [{ raw: '{"error":{"message":"Provider returned error","code":429}' }, ...(how === 'trickles' ? trickle : []), /** @type {object} */ (wait)] });
      const page = await t.open('hostile.html');
      await page.evaluate(() => { /** @type {any} */ (globalThis).hostile.storm(1); });
      // Its head alone is an answer to `fetch`: the person decides on what came so far, or the app has it. What only explains it decides nothing.
      const card = new Card(t.driver, page);
      return until('an end', async () => await page.evaluate(() => /** @type {any} */ (globalThis).answers === 1) || await card.phase().catch(() => null) === 'held', 3_000).then(() => false, () => true);
    },
  })),
  {
    name: 'an error a hundred thousand levels deep inside a good answer: the app has what it asked for', hard: true, browsers: ['firefox'], // Chromium writes and reads any depth
   
    without: [edit("try { text = await this.errorIn(name, got); } catch { /* not what it seems */ }", 'text = await this.errorIn(name, got);')],
    succeeds: async (t) => {
      const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
      await t.script({ status: 200, headers: { 'content-type': 'application/json' }, body: `{"error":{"message":"deep","code":429,"metadata":${deep}}}` });
      const page = await t.open('hostile.html');
      t.card(page).then((card) => card.click('#close')).catch(() => {}); // it may be kept, as any other
      const got = await page.evaluate(async (conversation) => {
        const response = await fetch('https://openrouter.ai/api/v1/chat/completions', { method: 'POST', headers: { Authorization: `Bearer sk-or-v1-${conversation}` }, body: '{"model":"a/b"}' });
        try { return (await response.json()).error.message; } catch (error) { return String(error); }
      }, t.conversation);
      return got !== 'deep';
    },
  },
  {
    name: 'pages that look like OpenRouter\'s, and schemes that are none, as the place to configure it', hard: true,
    without: [edit('settings.iter().any(|head| url.starts_with(head))', 'settings.iter().any(|head| !head.is_empty())', 'src/remedy.rs')],
    succeeds: async (t) => {
      const urls = ['https://openrouter.ai.evil.example/settings/privacy', 'javascript:alert.x', 'data:text/html', 'https://evil.example/openrouter.ai/settings/keys', 'https://openrouter.ai/settings/../evil'];
      for (const [n, url] of urls.entries()) {
        await t.script({ status: 404, headers: { 'content-type': 'application/json' }, body: { error: { message: `No endpoints found matching your data policy. See https://openrouter.ai@evil.example/settings/keys or ${url}`, code: 404, metadata: { ineligibility_reasons: [{ reason: 'data_policy', configure_url: url }] } } } });
        const page = await t.open('hostile.html');
        await send(page, `question ${n}`);
        const card = await t.card(page);
        const bad = await card.read((root) => Array.from(root.querySelectorAll('a'), (a) => a.href).filter((href) => !/^https:\/\/(?:status\.)?openrouter\.ai\//.test(href) || href.includes('evil')));
        await page.close();
        if (bad.length > 0) return true;
      }
      return false;
    },
  },

  // ---- the card, and the person's clicks
  {
    name: 'restyles the card away', without: [edit(':host { all: initial !important; display: block !important; position: fixed !important;', ':host { position: fixed !important;', OVERLAY)],
    succeeds: async (t) => {
      const { page, card } = await held(t);
      await page.addStyleTag({ content: '[data-cooldown], [data-cooldown]::part(x) { display: none !important; opacity: 0 !important; transform: scale(0) !important; clip-path: inset(50%) !important; pointer-events: none !important }' });
      await page.evaluate(() => { document.querySelector('div[data-cooldown]')?.setAttribute('style', 'display: none !important; visibility: hidden !important; opacity: 0 !important'); });
      return card.click('#retry').then(() => isSentAgain(t)).then((sent) => !sent, () => true);
    },
  },
  {
    name: 'throws the card away again and again, so that nobody can decide', hard: true, without: [edit("      if (rebuilds++ >= MAX_REBUILDS) { onAct('dismiss', 0); return; } // without", "      if (rebuilds++ >= MAX_REBUILDS) return; // without", OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await page.evaluate(() => { new MutationObserver(() => { document.querySelector('div[data-cooldown]')?.remove(); }).observe(document, { childList: true, subtree: true }); });
      await send(page, 'one');
      return !(await isAnswered(page));
    },
  },
  {
    name: 'puts the card elsewhere again and again', hard: true, without: [edit("      if (host.parentNode !== put && rebuilds++ >= MAX_REBUILDS) { onAct('dismiss', 0); return; }\n", '', OVERLAY), edit("      if (rebuilds++ >= MAX_REBUILDS) { onAct('dismiss', 0); return; } // without", "      rebuilds++; // without", OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await page.evaluate(() => {
        new MutationObserver(() => {
          const host = document.querySelector('html > div[data-cooldown]');
          if (host !== null) document.body.append(host);
        }).observe(document, { childList: true, subtree: true });
      });
      await send(page, 'one');
      return !(await isAnswered(page, 4_000));
    },
  },
  {
    name: 'clones the card', hard: true, without: [edit("mode: openRoots ? 'open' : 'closed' }", "mode: openRoots ? 'open' : 'closed', clonable: true }", OVERLAY)],
    succeeds: async (t) => {
      const { page } = await held(t);
      return page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('div[data-cooldown]')?.cloneNode(true)).shadowRoot !== null);
    },
  },
  {
    name: 'paints over the card what lets clicks through', browsers: ['chromium'], without: [edit('    if (isSeen) return;\n', '    if (box) return;\n', CARD)],
    succeeds: async (t) => {
      const { page, card } = await held(t);
      await card.steady('#retry');
      await hostile(page, 'cover', 'inset:0;width:100%;height:100%;pointer-events:none');
      await card.click('#retry');
      return isSentAgain(t);
    },
  },
  {
    name: 'covers the card but for one button', without: [edit('return parts.every((x) => parts.every(', 'return box !== null || parts.every((x) => parts.every(', OVERLAY), edit('    if (isSeen) return;\n', '    if (box) return;\n', CARD)],
    succeeds: async (t) => {
      const { page, card } = await held(t), { x, y, width, height } = await card.steady('#retry');
      for (const css of [`inset:0 0 auto 0;height:${y - 2}px;width:100%`, `inset:${y + height + 2}px 0 0 0;width:100%`, `inset:0 auto 0 0;width:${x - 2}px;height:100%`]) await hostile(page, 'cover', css);
      await card.click('#retry');
      return isSentAgain(t);
    },
  },
  {
    name: 'moves the card under a click', without: [edit('performance.now() - movedAt < GUARD_MS', 'performance.now() < 0', OVERLAY), edit('deafUntil = performance.now() + DEAF_MS;', 'deafUntil = 0;', 'handles.js'), edit('    if (isSeen) return;\n', '    if (box) return;\n', CARD)],
    succeeds: async (t) => {
      // A click that comes late is one like any other: it shows nothing, and the page tries once more.
      for (let turn = 0; turn < 5; turn++) {
        const { page, card } = await held(t), calls = (await t.log()).length;
        // Where a field to type in comes and goes, the card stands elsewhere. When it was last seen where it had been:
        const field = (/** @type {boolean} */ isThere) => page.evaluate((there) => {
          const place = () => { const { x, y } = document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('iframe')?.getBoundingClientRect() ?? { x: 0, y: 0 }; return `${x} ${y}`; }, first = place();
          document.querySelector('.bait')?.remove();
          if (there) document.body.append(Object.assign(document.createElement('textarea'), { className: 'bait', style: 'position:fixed;inset:auto 0 0 auto;width:420px;height:400px' }));
          let at = performance.now();
          dispatchEvent(new Event('resize'));
          return /** @type {Promise<number>} */ (new Promise((done) => {
            const look = () => {
              if (place() !== first) { done(at); return; }
              at = performance.now();
              requestAnimationFrame(look);
            };
            look();
          }));
        }, isThere);
        await field(true);
        const there = await card.steady('#retry');
        await field(false);
        const here = await card.steady('#retry');
        assert.notDeepEqual(there, here, 'it moves');
        const since = await field(true);
        await page.mouse.click(there.x + there.width / 2, there.y + there.height / 2);
        const took = await page.evaluate((at) => performance.now() - at, since), sent = await isSentAgain(t, calls);
        if (took < 250) return sent;
        await page.close();
      }
      return false;
    },
  },
  {
    name: 'has a click land on what has just appeared', hard: true, without: [edit('event.isTrusted && performance.now() - shownAt >= GUARD_MS', 'event.isTrusted', OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html', STRIP);
      await page.evaluate(() => {
        const seen = globalThis;
        const look = () => {
          const card = document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('#card') ?? null;
          if (card !== null) Object.assign(seen, { strip: performance.now(), at: card.querySelector('#retry')?.getBoundingClientRect().toJSON() });
          else requestAnimationFrame(look);
        };
        look();
      });
      await send(page, 'one');
      const at = await until('the strip', () => page.evaluate(() => /** @type {any} */ (globalThis).at));
      await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
      const since = await page.evaluate(() => performance.now() - /** @type {any} */ (globalThis).strip);
      return await isSentAgain(t) && since < 250;
    },
  },
  {
    name: 'clicks by script, on the strip', without: [edit('event.isTrusted && performance.now() - shownAt >= GUARD_MS', 'performance.now() - shownAt >= GUARD_MS', OVERLAY)],
    succeeds: async (t) => {
      const { page } = await held(t, STRIP);
      await pause(300);
      await page.evaluate(() => { /** @type {HTMLElement | null | undefined} */ (document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('#retry'))?.click(); });
      return isSentAgain(t);
    },
  },
  {
    name: 'clicks by script, on the card', without: [edit('const ret = arg0.isTrusted;', 'const ret = true;', 'core/core.js')],
    succeeds: async (t) => {
      const { card } = await held(t);
      await pause(300);
      await card.read((root) => { /** @type {HTMLElement} */ (root.querySelector('#retry')).click(); });
      return isSentAgain(t);
    },
  },
  {
    name: 'presses Escape by script, on the strip', hard: true, without: [edit("if (event.isTrusted && event.key === 'Escape')", "if (event.key === 'Escape')", OVERLAY)],
    succeeds: async (t) => {
      const { page } = await held(t, STRIP);
      await page.evaluate(() => { document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('#card')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })); });
      return isAnswered(page, 500);
    },
  },

  // ---- are we there, and what else of ours can be reached
  {
    name: 'looks for an extension in the stacks of its own errors', browsers: ['chromium'], without: [edit('//# sourceURL=tap.js\n', '')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html');
      return page.evaluate(async () => {
        const stacks = /** @type {string[]} */ ([]);
        const note = (/** @type {any} */ error) => { stacks.push(error.stack); };
        await fetch(/** @type {any} */ ({ toString() { note(new Error('x')); return '/'; } })).catch(note);
        await /** @type {any} */ (fetch)().catch(note);
        try { /** @type {any} */ (new XMLHttpRequest()).open(); } catch (error) { note(error); }
        return stacks.join().includes('-extension:');
      });
    },
  },
  {
    name: 'has the browser report the address of the card\'s frame', browsers: ['chromium'], without: [edit("      made.dataset.quiet = '';\n", "      made.dataset.quiet = '';\n      made.setAttribute('allow', \"clipboard-write 'self'\");\n", OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html', { csp: "frame-src 'none'; child-src 'none'; style-src 'none'" });
      await page.evaluate(() => {
        const { loot } = /** @type {any} */ (globalThis);
        const note = (/** @type {any} */ report) => { loot.push(JSON.stringify(report)); };
        new ReportingObserver((reports) => { reports.forEach(note); }, { buffered: true }).observe();
        document.addEventListener('securitypolicyviolation', (event) => { note([event.blockedURI, event.sourceFile]); });
        new PerformanceObserver((list) => { list.getEntries().forEach(note); }).observe({ type: 'resource', buffered: true });
      });
      await send(page, 'one');
      await (await t.card(page)).reaches('held');
      return JSON.stringify(await loot(page)).includes('-extension:');
    },
  },
  {
    name: 'counts its frames', hard: true, without: [edit('      box?.append(made);\n', '      document.documentElement.append(made);\n', OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await t.open('hostile.html');
      await send(page, 'one');
      await t.logOf(1);
      return until('a frame', () => page.evaluate(() => length > 0 || document.querySelectorAll('iframe').length > 0), 1_000).then(() => true, () => false);
    },
  },
  {
    name: 'frames the card\'s page itself, with a token that it made up', without: [edit('if (isObject(claim) && claim.ok === true) draw(port, words);', 'draw(port, words);', CARD)],
    succeeds: async (t) => {
      const { page } = await held(t);
      return await hostile(page, 'frameCard', (await addressOf(page)).split('#')[0], 'a'.repeat(36)) === 'hello';
    },
  },
  {
    name: 'frames the card\'s page itself, with the token of the card that is there', without: [edit('  if (ok) expected.delete(token);\n', '', WORKER)],
    succeeds: async (t) => {
      const { page } = await held(t), [address, token] = (await addressOf(page)).split('#');
      return await hostile(page, 'frameCard', address, token) === 'hello';
    },
  },
  {
    name: 'loads another file of ours', hard: true, without: [edit('"card.html"\n', '"card.html",\n        "icons/128.png"\n', 'manifest.json'), edit('"use_dynamic_url": true', '"use_dynamic_url": false', 'manifest.json')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html'), icon = await ours(t, 'icons/128.png');
      return page.evaluate((src) => new Promise((resolve) => { Object.assign(new Image(), { onload: () => resolve(true), onerror: () => resolve(false), src }); }), icon);
    },
  },
  {
    name: 'asks for the card\'s page by the address that is the same everywhere', hard: true, browsers: ['chromium'], without: [edit('"use_dynamic_url": true', '"use_dynamic_url": false', 'manifest.json')],
    succeeds: async (t) => {
      const page = await t.open('hostile.html'), address = await ours(t, 'card.html');
      return page.evaluate((url) => fetch(url).then(() => true, () => false), address);
    },
  },
  {
    name: 'speaks to the worker from its own window', hard: true, browsers: ['chromium'],
    without: [edit('"manifest_version": 3,', '"manifest_version": 3,\n  "externally_connectable": { "matches": ["https://*.hostile.example/*", "*://*.example/*"] },', 'manifest.json'), edit('api.runtime.onConnect.addListener(onStage);', 'api.runtime.onConnect.addListener(onStage);\napi.runtime.onMessageExternal.addListener((m, _, respond) => { respond(m); });', WORKER)],
    succeeds: async (t) => {
      const page = await t.open('hostile.html'), id = t.driver.id;
      return page.evaluate((to) => new Promise((resolve) => {
        const runtime = /** @type {any} */ (globalThis).chrome?.runtime;
        if (runtime?.sendMessage === undefined) { resolve(false); return; }
        runtime.sendMessage(to, { v: 1, type: 'site_state', url: location.href, tab_id: 1 }, (/** @type {unknown} */ answer) => { resolve(answer !== undefined); });
      }), id);
    },
  },
  {
    name: 'owns the process of its content script, and changes settings from there', browsers: ['chromium'], without: [edit("if (!(sender.url ?? '').startsWith(api.runtime.getURL('')))", "if (sender.url === '')", WORKER)],
    succeeds: async (t) => (await t.driver.inContentScript(await t.open('hostile.html'), `chrome.runtime.sendMessage({ v: 1, type: 'set_auto', url: location.href, on: true })`)).ok === true,
  },
  {
    name: 'owns the process of a frame\'s content script, and puts a link that runs into the card of the page above', browsers: ['chromium'],
    without: [edit("const isPage = (x) => x == null ||", 'const isPage = (x) => x != null || x == null ||', PROTOCOL)],
    succeeds: async (t) => {
      const page = await t.open('framed.html');
      const inner = await until('the inner page', () => page.frames()[1]);
      await t.driver.inContentScript(page, `(async () => {
        const exchange = { surface: 'http', url: 'https://openrouter.ai/api/v1/chat/completions', method: 'POST', status: 429, headers: {}, body: '{"error":{"message":"Provider returned error","code":429,"metadata":{"provider_name":"Cerebras","limit_source":"upstream_provider_shared_pool"}}}', at_ms: Date.now() };
        const { verdict } = await chrome.runtime.sendMessage({ v: 1, type: 'explain', exchange, request: null, replayable: false, attempt: 1, failures: 1, tries: 0, paid: false, patience_ms: null });
        for (const remedy of verdict.remedies) if (remedy.url !== null) remedy.also = 'javascript:alert(1)';
        const view = { verdict, phase: 'explained', requests: 1, attempt: 1, site: 'x', by: null, panel: null, rule: null, control: null, reload: false, auto_at_ms: null, remind: null };
        (globalThis.stage = chrome.runtime.connect({ name: 'stage' })).postMessage({ v: 1, type: 'stage', what: 'enter', view });
      })()`, inner);
      const links = () => new Card(t.driver, page).read((root) => Array.from(root.querySelectorAll('a'), (a) => a.getAttribute('href') ?? '').some((href) => href.startsWith('javascript:')));
      return until('such a link', links, 1_500).then(() => true, () => false);
    },
  },

  // ---- a service worker of the page's own, between it and OpenRouter
  {
    name: 'has its service worker tell a retry from the call itself', without: [edit('[url, body === null ? members : {', "[url, body === null ? { __proto__: null, ...members, cache: 'no-store' } : {")],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await between(t, 'watch');
      await send(page, 'one');
      await (await t.card(page)).click('#retry');
      await first(page, 'answer');
      const calls = (await seenBy(page)).filter(({ method }) => method === 'POST');
      assert.equal(calls.length, 2, 'it saw both');
      return JSON.stringify(calls[0]) !== JSON.stringify(calls[1]);
    },
  },
  {
    name: 'has its service worker see a file of ours being loaded', browsers: ['chromium'], // Firefox's service workers hear of none
    without: [edit('      box?.append(made);\n', '      box?.append(made, Object.assign(document.createElement(\'img\'), { src: made.src }));\n', OVERLAY)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await between(t, 'watch');
      await send(page, 'one');
      await (await t.card(page)).reaches('held');
      return (await seenBy(page)).some(({ url }) => url.includes('-extension:'));
    },
  },
  {
    name: 'has its service worker forge a failure that repeats the key', without: [edit('out += `${slice(named, from, m.index)}…`;', 'out += slice(named, from, IDENTITY.lastIndex);'), edit('for (let at; (at = indexOf(out, key)) !== -1;)', 'for (let at = -1; at !== -1;)')],
    succeeds: async (t) => {
      const ear = await t.openExtensionPage('popup.html');
      await ear.evaluate(() => {
        Object.assign(globalThis, { heard: '' });
        chrome.runtime.onMessage.addListener((message) => { /** @type {any} */ (globalThis).heard += JSON.stringify(message); });
      });
      const key = `sk-or-v1-${t.conversation}`, page = await between(t, 'forge', key);
      await send(page, 'one');
      const card = await t.card(page);
      assert.match(await card.text('#title') ?? '', /Forged/, 'what it says is a failure like any other');
      const heard = await ear.evaluate(() => /** @type {any} */ (globalThis).heard);
      assert.match(heard, /"explain"/, 'it was told');
      await card.click('#close');
      const { details } = await first(page, 'error');
      assert.ok(details.body.includes(key) && JSON.stringify(details.headers).includes(key), 'the app has what its own service worker said, as it is');
      return heard.includes(key) || (await card.all().catch(() => '')).includes(key);
    },
  },
  {
    name: 'has its service worker never answer what a click asks for: the card looks for ever', hard: true, without: [edit('    setTimeout(() => showPanel(mine, null), LIMITS_MS);\n', '', BRIDGE)],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await between(t, 'silent');
      await send(page, 'one');
      const card = await t.card(page);
      await card.reaches('held');
      await card.press('My limits');
      return until('an end', async () => { const said = await card.text('#panel'); return said !== null && !/…|Looking/.test(said); }, 11_000).then(() => false, () => true);
    },
  },

  // ---- too much, and at the wrong time
  {
    name: 'fails three hundred times at once', without: [edit('const HELD_MAX = 200;', 'const HELD_MAX = 1e9;'), ...LATE],
    succeeds: async (t) => {
      await t.script({ preset: 'seed429', times: 300 });
      const page = await t.open('hostile.html');
      await hostile(page, 'storm', 300);
      await t.logOf(300, 20_000);
      return until('those beyond have their answers', () => page.evaluate(() => /** @type {any} */ (globalThis).answers >= 100), 15_000).then(() => false, () => true);
    },
  },
  {
    name: 'goes away and comes back while an answer is held, and what was held is held for ever', hard: true, browsers: ['firefox'], // Chromium keeps no page in which a frame of an extension is open
    without: [edit("addEventListener('pagehide', () => {", "addEventListener('pagehide-no', () => {", BRIDGE), edit('const HOLD_MS = 50_000;', 'const HOLD_MS = 5_000_000;')],
    succeeds: async (t) => {
      const { page } = await held(t, { header: 'Cache-Control:max-age=60' });
      await page.goto(`https://${t.host}/client.html`);
      await page.evaluate(() => { history.back(); });
      await until('the page is back', () => page.evaluate(() => document.readyState === 'complete' && location.pathname === '/hostile.html'));
      assert.ok((await talk(page)).length > 0, 'the browser kept it');
      return !(await isAnswered(page, 1_000));
    },
  },
  {
    name: 'writes its document anew while an answer is held', without: [edit('      mutations.observe(document, {', '      if (box === null) mutations.observe(document, {', OVERLAY)],
    succeeds: async (t) => {
      const { page } = await held(t);
      await page.evaluate(() => {
        document.open();
        document.write('<!doctype html><title>anew</title><p>anew');
        document.close();
      });
      return t.card(page, 3_000).then(() => false, () => true);
    },
  },
];

/** Where there is nothing to defend: a page may have its own service worker answer, and it is the page that has the answer. @type {import('./lib/scene.mjs').Test[]} */
const FAULTS = [
  {
    name: 'its service worker answers the retry with something else: the app has that, and one answer', hard: true,
    run: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await between(t, 'swap');
      await send(page, 'one');
      const card = await t.card(page);
      await card.click('#retry');
      await card.reaches('answered');
      assert.deepEqual((await talk(page)).map(({ text }) => text), ['one', 'of the service worker']);
      assert.equal((await t.log()).length, 1, 'nothing else was sent');
    },
  },
  {
    name: 'its service worker never answers the retry: the app can still end it, with its own reason, and the card goes', hard: true,
    run: async (t) => {
      await t.script({ preset: 'seed429' });
      const page = await between(t, 'silent');
      await send(page, 'one');
      const card = await t.card(page);
      await card.click('#retry');
      await card.reaches('retrying');
      await page.click('#stop');
      assert.deepEqual((await first(page, 'error', 2_000)).details, { reason: 'the very object' });
      await Card.gone(page);
      assert.equal((await talk(page)).length, 2, 'one answer');
    },
  },
];

/** @type {import('./lib/scene.mjs').Suite} */
export default {
  name: 'hostile', build: 'test',
  tests: [...ATTACKS.map(({ name, without, succeeds, hard = false, browsers = ['chromium', 'firefox'] }) => ({
    name, hard, browsers, without,
    run: async (/** @type {Scene} */ t) => { assert.equal(await succeeds(t), t.undefended, t.undefended ? 'it fails without the defence too: so the test shows nothing' : 'it succeeds'); },
  })), ...FAULTS],
};
