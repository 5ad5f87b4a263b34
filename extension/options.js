// @ts-check
// The settings page: where Cooldown may work, what it does there, and the settings as a file. Everything takes effect at once, in open
// tabs too, and what was changed last can be undone.

import { clear, openHistory, putBack } from './history-store.js';
import { part } from './part.js';
import {
  GROUPS, HISTORY_DAYS, changeSettings, clearMemory, dropAside, firstSettings, fromFile, loadAside, loadForNow, loadSettings, loadSyncTrouble, managedSettings, saveSettings, setForNow,
  syncSettings, tidySettings, toFile, waysOf,
} from './settings.js';
import { CLOCK, languageNames, loadWords } from './words.js';

/** @typedef {import('./settings.js').Settings} Settings */

/** How it looks: a list each. */
const LOOKS = /** @type {const} */ (['corner', 'theme']);

const { api, fill } = cooldownCompat;

const languages = part('language', HTMLSelectElement), undo = part('undo', HTMLButtonElement), file = part('file', HTMLInputElement), sync = part('sync', HTMLInputElement);

/** @type {Record<string, string>} */
let words = {};
/** @param {string} key @param {Record<string, string>} [args] */
const say = (key, args = {}) => fill(words[key] ?? '', args);
/** @param {string} id @param {() => unknown} act */
const onClick = (id, act) => { part(id, HTMLButtonElement).addEventListener('click', (event) => { if (event.isTrusted) act(); }); };

// ---- what was done last

/** What the browser refused is false. @type {(() => Promise<unknown>) | null} */
let back = null;
/** @param {string} text what is said @param {(() => Promise<unknown>) | null} [way] how it is undone */
const tell = (text, way = null) => {
  back = way;
  part('said', HTMLElement).firstElementChild?.replaceChildren(text);
  undo.hidden = way === null;
  if (way !== null && document.activeElement === document.body) undo.focus(); // what was pressed is gone, and a person with a keyboard stays here
};
undo.addEventListener('click', async () => {
  const way = back;
  tell('');
  const said = await way?.().then((done) => (done === false ? 'popup_refused' : 'options_undone'), () => 'options_not_saved');
  await draw();
  tell(say(said ?? ''));
});
/** Sets, and knows the way back: of what was set alone, for another window may have set more. What was chosen is read before: meanwhile the page may be drawn anew. @param {(own: Settings) => Partial<Settings>} to @param {() => string} said in the language of by then */
const change = async (to, said = () => say('options_saved')) => {
  /** @type {Partial<Settings>} */
  let set = {};
  const before = await changeSettings((own) => (set = to(own))).catch(() => null);
  await draw();
  if (before === null) { tell(say('options_not_saved')); return; }
  tell(said(), () => saveSettings(Object.fromEntries(Object.entries(before).filter(([name]) => name in set))));
};

// ---- rows

/** @param {string} name @param {string} note @param {HTMLElement} control */
const row = (name, note, control) => {
  const item = document.createElement('li'), text = document.createElement('span'), soft = document.createElement('span');
  text.append(name, ' ', soft);
  soft.className = 'soft';
  soft.textContent = note;
  item.append(text, control);
  return item;
};
/** @param {string} label @param {string} name of what @param {() => Promise<unknown>} act @param {boolean} [locked] */
const button = (label, name, act, locked = false) => {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.disabled = locked;
  made.setAttribute('aria-label', `${label}: ${name}`);
  made.addEventListener('click', (event) => { if (event.isTrusted) act(); });
  return made;
};

/** @param {Settings} settings @param {Partial<Settings>} locked */
const drawSites = async ({ off, auto, quiet }, locked) => {
  const { origins = [] } = await api.permissions.getAll();
  const fixed = (api.runtime.getManifest().host_permissions ?? []);
  const allowed = origins.filter((origin) => /^(?:https?|\*):/.test(origin) && !fixed.includes(origin));
  const named = (/** @type {string} */ origin) => (/^[^/]*\/\/\*\//.test(origin) ? `${say('options_everywhere')} (${origin.split(':')[0]})` : origin.replace(/^https:\/\/|\/\*$/g, ''));
  /** @param {'off' | 'auto'} list @param {string} host @param {string} label */
  const leave = (list, host, label) => button(label, host, () => change((own) => ({ [list]: own[list].filter((one) => one !== host) })), list in locked);
  part('sites', HTMLUListElement).replaceChildren(
    ...allowed.map((origin) => row(named(origin), '', button(say('options_take_back'), named(origin), async () => {
      await api.permissions.remove({ origins: [origin] });
      await draw();
      tell(say('options_taken_back'), () => api.permissions.request({ origins: [origin] }).catch(() => false)); // the browser may ask once more
    }))),
    ...off.map((host) => row(host, say('options_off'), leave('off', host, say('options_switch_on')))),
    ...quiet.map((one) => {
      const [host = '', where, kind] = one.split(' '), title = words[`${kind}_title_plain`] ?? words[`${kind}_title`] ?? kind ?? '';
      const note = say(where === 'text' ? 'options_quiet_text' : 'options_quiet', { title });
      return row(host, note, button(say('options_show_again'), host, () => change((own) => ({ quiet: own.quiet.filter((other) => other !== one) })), 'quiet' in locked));
    }),
    ...auto.map((host) => row(host, say('options_auto'), leave('auto', host, say('options_auto_off')))),
  );
};

/** @param {Settings} settings @param {Partial<Settings>} locked */
const drawDoes = ({ does }, locked) => {
  const groups = /** @type {(keyof typeof GROUPS)[]} */ (Object.keys(GROUPS));
  // Changed in place: who chose with a key stays where they are.
  const list = part('does', HTMLUListElement);
  if (list.childElementCount === 0) {
    list.append(...groups.map((group) => {
      const select = document.createElement('select'), item = row('', '', select);
      select.dataset.group = group;
      select.append(...waysOf(group).map((way) => new Option('', way)));
      select.addEventListener('change', () => { const { value } = select; change((own) => ({ does: { ...own.does, [group]: value } })); });
      return item;
    }));
  }
  for (const select of list.querySelectorAll('select')) {
    const group = /** @type {keyof typeof GROUPS} */ (select.dataset.group), name = say('group_' + group);
    select.previousElementSibling?.replaceChildren(name);
    select.setAttribute('aria-label', name);
    for (const option of select.options) option.textContent = say('does_' + option.value);
    select.value = does[group] ?? 'ask';
    select.disabled = 'does' in locked;
  }
};

const drawForNow = async () => {
  const { rules, pauses } = await loadForNow();
  const time = (/** @type {number} */ at_ms) => new Intl.DateTimeFormat(document.documentElement.lang, CLOCK).format(at_ms);
  /** @template {'rules' | 'pauses'} Name @param {Name} name @param {string} host @param {import('./settings.js').ForNow[Name][string]} one @param {string} note */
  const ends = (name, host, one, note) => row(host, note, button(say('options_end'), host, async () => {
    await setForNow(name, host, null);
    await draw();
    tell(say('options_saved'), () => setForNow(name, host, one));
  }));
  const rows = [
    ...Object.entries(pauses).map(([host, one]) => ends('pauses', host, one, say('options_paused', { time: time(one.until_ms) }))),
    ...Object.entries(rules).map(([host, one]) => ends('rules', host, one, say('options_skips', { provider: one.name, time: time(one.until_ms) }))),
  ];
  part('for-now-rows', HTMLUListElement).replaceChildren(...rows);
  part('for-now-none', HTMLElement).hidden = rows.length > 0;
};

const drawNotify = async () => {
  const allowed = await api.permissions.contains({ permissions: ['notifications'] });
  part('notify-says', HTMLElement).textContent = say(allowed ? 'options_notify_on' : 'options_notify_off');
  part('notify-ask', HTMLElement).hidden = allowed;
  part('notify-take', HTMLElement).hidden = !allowed;
};

const drawAside = async () => {
  const aside = await loadAside();
  part('aside', HTMLElement).hidden = aside === null;
  part('aside-says', HTMLElement).textContent = aside === null ? '' : say(aside.newer ? 'options_aside_newer' : 'options_aside_wrong');
};

/** @param {Settings} settings @param {Partial<Settings>} locked */
const drawHistory = ({ history: { on, days } }, locked) => {
  const count = new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit: 'day', unitDisplay: 'long' });
  keeps.checked = on;
  keptFor.replaceChildren(...HISTORY_DAYS.map((one) => new Option(count.format(one), String(one))), new Option(say('options_history_always'), ''));
  keptFor.value = days === null ? '' : String(days);
  keeps.disabled = keptFor.disabled = 'history' in locked;
};
const keeps = part('history-on', HTMLInputElement), keptFor = part('history-days', HTMLSelectElement);
keeps.addEventListener('change', () => { const on = keeps.checked; change(({ history }) => ({ history: { ...history, on } })); });
keptFor.addEventListener('change', () => { const days = keptFor.value === '' ? null : Number(keptFor.value); change(({ history }) => ({ history: { ...history, days } })); });
/** @template T @param {(db: IDBDatabase) => Promise<T>} act @returns {Promise<T>} */
const withHistory = async (act) => {
  const db = await openHistory();
  try { return await act(db); } finally { db.close(); }
};
onClick('history-clear', async () => {
  try {
    const before = await withHistory(clear);
    tell(say('history_cleared'), () => withHistory((db) => putBack(db, before)));
  } catch { tell(say('history_broken')); }
});

// ---- the page

const draw = async () => {
  const [loaded, settings, locked, trouble] = await Promise.all([loadWords(), loadSettings(), managedSettings(), loadSyncTrouble()]);
  words = loaded.words;
  Object.assign(document.documentElement, { lang: loaded.lang, dir: loaded.dir });
  for (const element of document.querySelectorAll('[data-i18n]')) element.textContent = say(element.getAttribute('data-i18n') ?? '');
  for (const element of document.querySelectorAll('[data-locked]')) {
    /** @type {HTMLElement} */ (element).hidden = !element.getAttribute('data-locked')?.split(' ').some((name) => name in locked);
  }
  languages.value = settings.language ?? '';
  languages.disabled = 'language' in locked;
  for (const name of LOOKS) {
    const chosen = part(name, HTMLSelectElement);
    chosen.value = settings[name] ?? '';
    chosen.disabled = name in locked;
  }
  sync.checked = settings.sync;
  sync.disabled = 'sync' in locked;
  part('sync-trouble', HTMLElement).hidden = !settings.sync || trouble === null;
  part('sync-trouble', HTMLElement).textContent = trouble === null ? '' : say(trouble.full ? 'options_sync_full' : 'options_sync_failed');
  drawDoes(settings, locked);
  drawHistory(settings, locked);
  await Promise.all([drawSites(settings, locked), drawForNow(), drawNotify(), drawAside()]);
};

for (const [tag, name] of languageNames()) languages.append(new Option(name, tag));
languages.addEventListener('change', () => { const language = languages.value === '' ? null : languages.value; change(() => ({ language })); });
for (const name of LOOKS) {
  const chosen = part(name, HTMLSelectElement);
  chosen.addEventListener('change', () => { const value = chosen.value === '' ? null : chosen.value; change(() => ({ [name]: value })); });
}
sync.addEventListener('change', async () => {
  const { checked } = sync;
  await change(() => ({ sync: checked }));
  await syncSettings(); // what the other devices have
  await draw();
});
onClick('notify-ask', async () => {
  if (await api.permissions.request({ permissions: ['notifications'] }).catch(() => false)) tell(say('options_saved'));
  else tell(say('popup_refused'));
  await draw();
});
onClick('notify-take', async () => {
  await api.permissions.remove({ permissions: ['notifications'] }).catch(() => false);
  await draw();
  tell(say('options_saved'));
});

/** @param {string} name @param {string} text */
const save = (name, text) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};
onClick('export', async () => save('cooldown-settings.json', toFile(await loadSettings())));
onClick('import', () => file.click());
file.addEventListener('change', async () => {
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  const read = chosen.size > 1_000_000 ? 'not_json' : fromFile(await chosen.text());
  file.value = '';
  if (typeof read === 'string') tell(say({ not_json: 'options_import_not_json', foreign: 'options_import_bad', newer: 'options_import_newer' }[read]));
  else await change(() => read.settings, () => (read.left_out.length === 0 ? say('options_imported') : say('options_imported_part', { names: read.left_out.join(', ').slice(0, 200) })));
});
onClick('clear', async () => {
  const way = await clearMemory();
  await draw();
  tell(say('options_cleared'), way);
});
onClick('reset', () => change(firstSettings, () => say('options_reset_done')));
onClick('aside-save', async () => {
  const aside = await loadAside();
  if (aside !== null) save('cooldown-settings-kept-aside.json', `${JSON.stringify(aside.settings, null, 2)}\n`);
});
onClick('aside-drop', async () => {
  await dropAside();
  await draw();
});

// What another window, the popup or the browser changes.
let drawing = Promise.resolve(), isDue = false;
const drawDue = () => { isDue = false; return draw(); };
const again = () => {
  if (isDue) return; // many changes, one drawing
  isDue = true;
  drawing = drawing.then(drawDue, drawDue);
};
api.permissions.onAdded.addListener(again);
api.permissions.onRemoved.addListener(again);
api.storage.onChanged.addListener(again);
await tidySettings();
await draw();
