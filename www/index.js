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
const nothing = part('nothing', HTMLElement);
const languages = part('language', HTMLSelectElement);
const place = part('card-place', HTMLElement);

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

// One of each kind, by the title of its own card.
/** @type {{kind: string, status: number, text: string}[]} */
const gallery = await (await fetch('gallery.json')).json();
for (const { status, text: failure } of gallery) {
  const item = document.createElement('li'), button = document.createElement('button'), code = document.createElement('span');
  button.type = 'button';
  code.textContent = String(status);
  button.append(read(failure)?.words.title ?? '', ' ', code);
  button.addEventListener('click', () => {
    text.value = failure;
    answer();
    form.scrollIntoView({ block: 'nearest' });
  });
  item.append(button);
  part('kinds', HTMLUListElement).append(item);
}
