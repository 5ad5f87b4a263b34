// @ts-check
// The public page: a pasted failure, read by the same core and shown on the same card as in the extension. Nothing leaves the page.

import { needCore, part, translate } from './page.js';
import { languageNames } from './words.js';

const form = part('form', HTMLFormElement);
const text = part('text', HTMLTextAreaElement);
const gallery = part('gallery', HTMLDetailsElement);
const kinds = part('kinds', HTMLUListElement);
const languages = part('language', HTMLSelectElement);

/** @typedef {Awaited<ReturnType<typeof needCore>>} Core */

/** What stands where the explanation will be. @param {'empty' | 'silent' | 'failed' | null} which null: the card does */
const say = (which) => {
  for (const id of ['empty', 'silent', 'failed']) part(id, HTMLElement).hidden = id !== which;
};

/** @param {Core} core @param {string} body @returns {Verdict | null} */
const read = ({ explain }, body) => explain({
  exchange: { surface: 'page', url: '', method: '', status: 0, headers: {}, body, at_ms: Date.now() },
  request: null, replayable: false, attempt: 1,
});

/** @type {ReturnType<Core['mount_card']> | null} */
let card = null;
const clear = () => {
  card?.free();
  card = null;
  say('empty');
};
const answer = async () => {
  if (text.value.trim() === '') return clear();
  const core = await needCore().catch(() => null), verdict = core && read(core, text.value);
  clear();
  if (core === null || verdict === null) return say(core === null ? 'failed' : 'silent');
  // A new card for each failure: the only thing to press on it, besides its links, is its cross.
  card = core.mount_card(part('card-place', HTMLElement), clear);
  card.show({ verdict, phase: 'explained', requests: 1, attempt: 1, site: '' });
  say(null);
};

form.addEventListener('submit', (event) => { event.preventDefault(); answer(); });
text.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); answer(); } });
// Who goes there will ask.
text.addEventListener('focus', () => { needCore().catch(() => {}); }, { once: true });

/** One of each kind, by the title of its own card. */
const fill = async () => {
  const [core, rows] = await Promise.all([needCore(), fetch('gallery.json').then((response) => response.json())]);
  kinds.replaceChildren(.../** @type {{status: number, text: string}[]} */ (rows).map(({ status, text: failure }) => {
    const item = document.createElement('li'), button = document.createElement('button'), code = document.createElement('span');
    button.type = 'button';
    code.textContent = String(status);
    button.append(read(core, failure)?.words.title ?? '', ' ', code);
    button.addEventListener('click', async () => {
      text.value = failure;
      await answer();
      form.scrollIntoView({ block: 'nearest' });
    });
    item.append(button);
    return item;
  }));
  kinds.removeAttribute('aria-busy');
};
gallery.addEventListener('toggle', () => {
  if (gallery.open && kinds.childElementCount === 0) fill().catch(() => { gallery.open = false; say('failed'); });
});

await translate();
for (const [tag, name] of languageNames()) languages.append(new Option(name, tag, false, tag === document.documentElement.lang));
languages.addEventListener('change', () => { location.search = new URLSearchParams({ lang: languages.value }).toString(); });
