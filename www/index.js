// @ts-check
// The public page: a pasted failure, read by the same core and shown on the same card as in the extension. Nothing leaves the page.

import { mountDecoder } from './decoder.js';
import { needCore, translate } from './page.js';
import { part } from './part.js';
import { languageNames } from './words.js';

const form = part('form', HTMLFormElement);
const text = part('text', HTMLTextAreaElement);
const gallery = part('gallery', HTMLDetailsElement);
const kinds = part('kinds', HTMLUListElement);
const languages = part('language', HTMLSelectElement);

/** What stands where the explanation will be. @param {'empty' | 'silent' | 'failed' | null} which null: the card does */
const say = (which) => {
  for (const id of ['empty', 'silent', 'failed']) part(id, HTMLElement).hidden = id !== which;
};

const { answer } = mountDecoder({ form, text, place: part('card-place', HTMLElement) }, needCore, say);

/** One of each kind, by the title of its own card. */
const fill = async () => {
  const [core, rows] = await Promise.all([needCore(), fetch('gallery.json').then((response) => response.json())]);
  kinds.replaceChildren(.../** @type {{status: number, text: string}[]} */ (rows).map(({ status, text: failure }) => {
    const item = document.createElement('li'), button = document.createElement('button'), code = document.createElement('span');
    button.type = 'button';
    code.textContent = String(status);
    button.append(core.judgeText(failure)?.words.title ?? '', ' ', code);
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
