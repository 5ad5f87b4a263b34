// @ts-check
// The settings page: where Cooldown may work, the language, and the settings as a file. Everything takes effect at once, and what was
// changed last can be undone.

import { fromFile, loadSettings, saveSettings, toFile } from './settings.js';
import { languageNames, loadWords } from './words.js';

const { api } = cooldownCompat;

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
const part = (id, kind) => {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`options.html has no #${id}`);
  return element;
};
const languages = part('language', HTMLSelectElement), undo = part('undo', HTMLButtonElement), file = part('file', HTMLInputElement);

/** @type {Record<string, string>} */
let words = {};
const say = (/** @type {string} */ key) => words[key] ?? '';

// ---- what was done last

/** @type {(() => Promise<unknown>) | null} */
let back = null;
/** @param {string} key of what is said @param {(() => Promise<unknown>) | null} [way] how it is undone */
const tell = (key, way = null) => {
  back = way;
  part('said', HTMLElement).firstElementChild?.replaceChildren(say(key));
  undo.hidden = way === null;
};
undo.addEventListener('click', async () => {
  const way = back;
  tell('options_undone');
  await way?.();
  await draw();
});
/** Sets, and knows the way back. @param {import('./settings.js').Settings} settings @param {string} key */
const change = async (settings, key) => {
  const before = await loadSettings();
  await saveSettings(settings);
  await draw();
  tell(key, () => saveSettings(before));
};

// ---- sites

/** @param {string} name @param {string} note @param {string} label @param {() => Promise<unknown>} act */
const row = (name, note, label, act) => {
  const item = document.createElement('li'), text = document.createElement('span'), soft = document.createElement('span'), button = document.createElement('button');
  text.append(name, ' ', soft);
  soft.className = 'soft';
  soft.textContent = note;
  button.type = 'button';
  button.textContent = label;
  button.setAttribute('aria-label', `${label}: ${name}`);
  button.addEventListener('click', (event) => { if (event.isTrusted) act(); });
  item.append(text, button);
  return item;
};

const drawSites = async () => {
  const { origins = [] } = await api.permissions.getAll(), settings = await loadSettings();
  const fixed = (api.runtime.getManifest().host_permissions ?? []);
  const allowed = origins.filter((origin) => /^(?:https?|\*):/.test(origin) && !fixed.includes(origin));
  const named = (/** @type {string} */ origin) => (/^[^/]*\/\/\*\//.test(origin) ? `${say('options_everywhere')} (${origin.split(':')[0]})` : origin.replace(/^https:\/\/|\/\*$/g, ''));
  part('sites', HTMLUListElement).replaceChildren(
    ...allowed.map((origin) => row(named(origin), '', say('options_take_back'), async () => {
      await api.permissions.remove({ origins: [origin] });
      await draw();
      tell('options_taken_back', () => api.permissions.request({ origins: [origin] })); // the browser may ask once more
    })),
    ...settings.off.map((host) => row(host, say('options_off'), say('options_switch_on'), () => change({ ...settings, off: settings.off.filter((one) => one !== host) }, 'options_saved'))),
    ...settings.auto.map((host) => row(host, say('options_auto'), say('options_auto_off'), () => change({ ...settings, auto: settings.auto.filter((one) => one !== host) }, 'options_saved'))),
  );
};

// ---- the page

const draw = async () => {
  const loaded = await loadWords(), { language } = await loadSettings();
  words = loaded.words;
  Object.assign(document.documentElement, { lang: loaded.lang, dir: loaded.dir });
  for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = say(element.getAttribute('data-i18n') ?? '');
  languages.value = language ?? '';
  await drawSites();
};

for (const [tag, name] of languageNames()) languages.append(new Option(name, tag));
languages.addEventListener('change', async () => change({ ...await loadSettings(), language: languages.value === '' ? null : languages.value }, 'options_saved'));

part('export', HTMLButtonElement).addEventListener('click', async () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([toFile(await loadSettings())], { type: 'application/json' }));
  link.download = 'cooldown-settings.json';
  link.click();
  URL.revokeObjectURL(link.href);
});
part('import', HTMLButtonElement).addEventListener('click', () => { file.click(); });
file.addEventListener('change', async () => {
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  const read = chosen.size > 1_000_000 ? null : fromFile(await chosen.text());
  file.value = '';
  if (read === null) tell('options_import_bad');
  else await change(read, 'options_imported');
});
part('reset', HTMLButtonElement).addEventListener('click', () => change({ off: [], auto: [], language: null }, 'options_reset_done'));

api.permissions.onAdded.addListener(() => { drawSites(); });
api.permissions.onRemoved.addListener(() => { drawSites(); });
await draw();
