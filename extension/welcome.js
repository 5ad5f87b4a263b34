// @ts-check
// The page after the installation: what Cooldown does, where it may, and a card to try. It is opened once, and holds nothing.

import { explain, mount_card } from './core/core.js';
import { loadCore } from './load-core.js';
import { part } from './part.js';
import { mountWhole } from './whole.js';
import { loadWords } from './words.js';

const { api } = cooldownCompat;

const { lang, dir, words } = await loadWords();
const say = (/** @type {string} */ key) => words[key] ?? '';
Object.assign(document.documentElement, { lang, dir });
for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = say(element.getAttribute('data-i18n') ?? '');

// ---- where

/** @param {string} name @param {string} where @param {string[]} origins */
const offer = async (name, where, origins) => {
  const item = document.createElement('li'), button = document.createElement('button'), title = document.createElement('b'), place = document.createElement('span');
  button.type = 'button';
  title.textContent = name;
  place.textContent = where;
  button.append(title, place);
  item.append(button);
  part('apps').append(item);
  const show = (/** @type {boolean} */ allowed) => { button.setAttribute('aria-pressed', String(allowed)); };
  button.addEventListener('click', (event) => {
    if (!event.isTrusted) return;
    // Asked for straight in the click: the browser wants it so. The worker sees the grant and registers the scripts.
    const change = button.getAttribute('aria-pressed') === 'true' ? api.permissions.remove({ origins }) : api.permissions.request({ origins });
    change.catch(() => false).then(async (changed) => {
      show(await api.permissions.contains({ origins }));
      part('where-says').textContent = say(changed ? 'welcome_where_changed' : 'popup_refused');
    });
  });
  show(await api.permissions.contains({ origins }));
};
for (const { name, hosts } of cooldownApps.APPS) {
  const [first] = hosts;
  if (first !== undefined) await offer(name, first, hosts.map((host) => `https://${host}/*`));
}
// Those have no public copies: they run at the person's own.
await offer(say('welcome_own'), 'SillyTavern, Open WebUI, LibreChat …', ['http://localhost/*', 'http://127.0.0.1/*']);
await offer(say('popup_allow_everywhere'), say('welcome_everywhere'), ['https://*/*', 'http://*/*']);

// Most browsers keep a new extension's button out of sight. Where one does not say, the sentence stands: it is a question.
const drawPin = async () => { part('pin').hidden = (await api.action.getUserSettings?.())?.isOnToolbar === true; };
window.addEventListener('focus', drawPin);
await drawPin();

// ---- a card to try

const FAILURE = '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations","provider_name":"Chutes"}}}';
const ANSWER_MS = 900, NEW_MS = 6_000;

await loadCore();
/** @type {Verdict | null} */
const verdict = explain({
  exchange: { surface: 'http', url: 'https://openrouter.ai/api/v1/chat/completions', method: 'POST', status: 429, headers: {}, body: FAILURE, at_ms: Date.now() },
  request: { model: 'qwen/qwen3-coder:free', stream: true, max_tokens: null, key: true, only: [], order: [], allow_fallbacks: null, app_retries: null },
  replayable: true, attempt: 3, site: { own_retries: 0 },
});
// What would be looked up, or sent in another way, is left out: there is nobody to ask here.
if (verdict !== null) verdict.remedies = verdict.remedies.filter(({ type, url }) => type === 'retry' || url !== null);
/** @type {ReturnType<typeof mountWhole> | null} */
let card = null;
/** @param {View['phase']} phase @param {number} attempt */
const show = (phase, attempt) => { if (verdict !== null) card?.show(/** @type {View} of which the rest is empty */ ({ verdict, phase, requests: 1, attempt, site: 'openrouter.ai', hushed: null })); };
const begin = () => {
  card?.free();
  card = mountWhole(part('card-place'), mount_card, words, (action) => {
    if (action === 'retry') {
      show('retrying', 1);
      setTimeout(() => {
        show('answered', 2);
        part('tried').textContent = say('welcome_tried');
        setTimeout(begin, NEW_MS);
      }, ANSWER_MS);
    } else if (action === 'dismiss') setTimeout(begin, ANSWER_MS);
  });
  show('held', 1);
};
begin();

part('done').addEventListener('click', () => { window.close(); });
