// @ts-check
// The public page: a pasted failure, read by the same core and shown on the same card as in the extension. Nothing leaves the page.

import { explain, mount_card } from './core/core.js';
import { loadCore } from './load-core.js';
import { languageNames } from './words.js';

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
const part = (id, kind) => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`index.html has no #${id}`);
  return element;
};
const form = part('form', HTMLFormElement);
const text = part('text', HTMLTextAreaElement);
const example = part('example', HTMLSelectElement);
const nothing = part('nothing', HTMLElement);
const languages = part('language', HTMLSelectElement);
const place = part('card-place', HTMLElement);

/** @type {[name: string, text: string][]} */
const EXAMPLES = [
  ['www_example_busy', '{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations","provider_name":"Chutes"}}}'],
  ['www_example_free_day', '{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0"}}}}'],
  ['www_example_credits', '{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only afford 1210. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account","code":402}}'],
  ['www_example_key', '{"error":{"message":"No auth credentials found","code":401}}'],
];

/** @param {string} body @returns {Verdict | null} */
const read = (body) => explain({
  exchange: { surface: 'page', url: '', method: '', status: 0, headers: {}, body, at_ms: Date.now() },
  request: null, replayable: false, attempt: 1,
});

// ?lang=de chooses: an address that can be handed on, and nothing is stored.
const asked = new URLSearchParams(location.search).get('lang');
const { lang, dir, words } = await loadCore(asked === null ? undefined : [asked]);
const say = (/** @type {string} */ key) => words[key] ?? '';

document.documentElement.lang = lang;
document.documentElement.dir = dir;
for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = say(element.getAttribute('data-i18n') ?? '');
part('answer', HTMLElement).setAttribute('aria-label', say('www_answer'));
for (const [name, failure] of EXAMPLES) example.append(new Option(say(name), failure));
for (const [tag, name] of languageNames()) languages.append(new Option(name, tag, false, tag === lang));
languages.addEventListener('change', () => { location.search = new URLSearchParams({ lang: languages.value }).toString(); });

/** @type {ReturnType<typeof mount_card> | null} */
let card = null;
const clear = () => {
  card?.free();
  card = null;
  nothing.hidden = false;
};
const answer = () => {
  const verdict = text.value.trim() === '' ? null : read(text.value);
  clear();
  if (verdict === null) {
    nothing.textContent = say(text.value.trim() === '' ? 'www_empty' : 'www_silent');
    return;
  }
  // A new card for each failure: the only thing to press on it, besides its links, is its cross.
  card = mount_card(place, clear);
  card.show({ verdict, phase: 'held', requests: 1, attempt: 1, site: '' });
  nothing.hidden = true;
};

form.addEventListener('submit', (event) => { event.preventDefault(); answer(); });
text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); answer(); } });
example.addEventListener('change', () => {
  if (example.value === '') return;
  text.value = example.value;
  example.selectedIndex = 0;
  answer();
});
