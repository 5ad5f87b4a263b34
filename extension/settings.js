// @ts-check
// What the person has set, as it lies in the browser's storage: the only place that knows its keys and shapes. `local` holds the settings,
// `session` what holds for a while, `sync` a copy where the person wants it, `managed` what an organisation has set, which stands above all.

import { LANGUAGES } from './words.js';

/** @typedef {'ask' | 'explain' | 'auto'} Way  keep the answer and ask; only explain; try again without a click where that is safe */
/** @typedef {'limits' | 'provider' | 'money' | 'key' | 'filters' | 'request'} Group */

/**
 * @typedef {object} Settings
 * @property {string[]} off            hosts that the person switched off; they stay off under "every site" too
 * @property {string[]} auto           hosts on which failures are tried again without a click
 * @property {Partial<Record<Group, Way>>} does  what happens with failures of a group; to ask, where nothing is said
 * @property {{on: boolean, days: number | null}} history  is a history kept, and for how many days; null: until it is full
 * @property {string | null} language  BCP 47 tag of the chosen language; null: as the browser
 * @property {'light' | 'dark' | null} theme  null: as the system
 * @property {Corner | null} corner    where the card stands; null: at the bottom, where the page's lines end
 * @property {Record<string, Corner>} places  the same by host, where the person moved it there
 * @property {string[]} quiet          `host where kind`: what is not shown there, because the person said that it is no problem of OpenRouter's
 * @property {boolean} sync            these settings are the same on the person's devices
 */

/** Which kinds of failures are set together; a test holds them against the core's. @type {Readonly<Record<Group, readonly string[]>>} */
export const GROUPS = Object.freeze({
  limits: ['upstream_rate_limit', 'byok_rate_limit', 'free_per_minute', 'free_per_day', 'account_rate_limit'],
  provider: ['provider_overloaded', 'provider_error', 'timeout', 'network'],
  money: ['insufficient_credits', 'key_limit'],
  key: ['auth', 'region_blocked', 'edge_block'],
  filters: ['moderation', 'data_policy'],
  request: ['no_endpoints', 'model_not_found', 'context_length', 'bad_request', 'unknown_openrouter'],
});
const groups = /** @type {Group[]} */ (Object.keys(GROUPS));
/** Of the others no try without a click can come to a good end. @type {readonly Group[]} */
const AUTO = ['limits', 'provider'];
/** @param {Group} group @returns {Way[]} */
export const waysOf = (group) => (AUTO.includes(group) ? ['ask', 'explain', 'auto'] : ['ask', 'explain']);
/** @param {Settings} settings @param {string} kind as the core names it @returns {Way} */
export const wayOf = ({ does }, kind) => does[groups.find((group) => GROUPS[group].includes(kind)) ?? 'request'] ?? 'ask';

/** @param {unknown} x @returns {x is Record<string, unknown>} */
const isObject = (x) => typeof x === 'object' && x !== null && !Array.isArray(x);
/** Pages from the disk have no host, and one name. @param {unknown} x @returns {x is string} */
const isHost = (x) => x === 'file:' || (typeof x === 'string' && x.length <= 253 && /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+$|^\[[0-9a-f:]+\]$/.test(x));
/** @param {unknown} x @returns {string[] | undefined} */
const hosts = (x) => (Array.isArray(x) ? [...new Set(x.filter(isHost))] : undefined);
/** @param {unknown} x @returns {Settings['does'] | undefined} */
const does = (x) => (isObject(x) ? Object.fromEntries(groups.filter((group) => waysOf(group).some((way) => way === x[group])).map((group) => [group, x[group]])) : undefined);
/** @param {unknown} x @returns {string | null | undefined} */
const language = (x) => (x === null ? null : LANGUAGES.map((folder) => folder.replace('_', '-')).find((tag) => tag === x));
const THEMES = /** @type {const} */ (['light', 'dark']);
/** @param {unknown} x @returns {Settings['theme'] | undefined} */
const theme = (x) => (x === null ? null : THEMES.find((one) => one === x));
/** @param {unknown} x @returns {Corner | null | undefined} */
const corner = (x) => (x === null ? null : cooldownProtocol.CORNERS.find((one) => one === x));
/** As many sites as are remembered; the oldest goes first. */
const MOST_PLACES = 200;
/** @param {unknown} x @returns {Settings['places'] | undefined} */
const places = (x) => (isObject(x) ? /** @type {Settings['places']} */ (Object.fromEntries(Object.entries(x).filter(([host, at]) => isHost(host) && corner(at)).slice(-MOST_PLACES))) : undefined);
/** @param {unknown} x @returns {x is string} */
const isQuiet = (x) => typeof x === 'string' && isHost(x.split(' ')[0]) && /^\S+ (?:call|text) [a-z_]{1,40}$/.test(x);
/** @param {unknown} x @returns {string[] | undefined} */
const quiet = (x) => (Array.isArray(x) ? [...new Set(x.filter(isQuiet))] : undefined);
/** @param {unknown} x */
const flag = (x) => (typeof x === 'boolean' ? x : undefined);

/** For how long a history may be kept. */
export const HISTORY_DAYS = Object.freeze([7, 30, 90]);
/** @param {unknown} x @returns {Settings['history'] | undefined} */
const history = (x) => (isObject(x) ? { on: x.on !== false, days: x.days === null ? null : HISTORY_DAYS.find((one) => one === x.days) ?? 90 } : undefined);

/**
 * Each setting: as it is at first, and what is right in whatever lies there (undefined: nothing). A new one is a line here and one in `Settings`.
 * @type {{[Name in keyof Settings]: {first: Settings[Name], read: (x: unknown) => Settings[Name] | undefined}}}
 */
const SETTINGS = {
  off: { first: [], read: hosts },
  auto: { first: [], read: hosts },
  does: { first: {}, read: does },
  history: { first: { on: true, days: 90 }, read: history },
  language: { first: null, read: language },
  theme: { first: null, read: theme },
  corner: { first: null, read: corner },
  places: { first: {}, read: places },
  quiet: { first: [], read: quiet },
  sync: { first: false, read: flag },
};
const NAMES = /** @type {(keyof Settings)[]} */ (Object.keys(SETTINGS));
/** Whether a device takes part is its own. */
const SYNCED = /** @type {(keyof Settings)[]} */ (NAMES.filter((name) => name !== 'sync'));

/** The shape of what lies there. 0 had no such key, and `off`, `auto` and `language` alone. */
const VERSION = 1;

/** As they are at first. @returns {Settings} */
export const firstSettings = () => readSettings({});
/**
 * What is right in whatever lies there, or came from a file; the rest is left out.
 * @param {unknown} x @returns {Settings}
 */
export const readSettings = (x) => {
  const from = isObject(x) ? x : {};
  return /** @type {Settings} */ (Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].read(from[name]) ?? structuredClone(SETTINGS[name].first)])));
};
/** As text, in which the order of an object's members is of no account: a store gives them back in an order of its own. @param {unknown} x */
const told = (x) => JSON.stringify(x, (_, value) => (isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value));
/** The names of those of which something could not be read. @param {Record<string, unknown>} from */
const unread = (from) => NAMES.filter((name) => from[name] !== undefined && told(SETTINGS[name].read(from[name])) !== told(from[name]));

const { storage } = cooldownCompat.api;

/** One after the other, in all windows and the worker: who reads, changes and writes must find what the last one wrote. @template T @param {() => Promise<T>} act @returns {Promise<T>} */
const inTurn = async (act) => navigator.locks.request('cooldown-settings', act);

// ---- what an organisation has set

/** @type {Promise<Partial<Settings>> | undefined} */
let managed;
/** The settings that an organisation has set, which nobody here can change. @returns {Promise<Partial<Settings>>} */
export const managedSettings = () => (managed ??= storage.managed.get(NAMES).catch(() => ({})) // Firefox has none where nothing is set
  .then((/** @type {Record<string, unknown>} */ all) => Object.fromEntries(NAMES.map((name) => [name, SETTINGS[name].read(all[name])]).filter(([, value]) => value !== undefined))));
storage.onChanged.addListener((_, area) => { if (area === 'managed') managed = undefined; });

// ---- read and write

/** @returns {Promise<Settings>} */
export const loadSettings = async () => {
  const [own, above] = await Promise.all([storage.local.get(NAMES), managedSettings()]);
  return { ...readSettings(own), ...above };
};

/**
 * The one way to change them. What is not given stays.
 * @param {(own: Settings) => Partial<Settings>} change of the person's own, as they lie there by then
 * @returns {Promise<Settings>} as they were
 */
export const changeSettings = (change) => inTurn(async () => {
  const { stamps, ...stored } = await storage.local.get([...NAMES, 'stamps']);
  const before = readSettings(stored), changed = change(before), at_ms = Date.now();
  const names = NAMES.filter((name) => changed[name] !== undefined);
  const all = { ...(isObject(stamps) ? stamps : {}), ...Object.fromEntries(names.map((name) => [name, at_ms])) };
  await storage.local.set({ ...changed, version: VERSION, stamps: all });
  if (changed.sync ?? before.sync) await hand(names.filter((name) => SYNCED.includes(name)), { ...before, ...changed }, all);
  return before;
});
/** @param {Partial<Settings>} changed */
export const saveSettings = (changed) => changeSettings(() => changed);

// ---- what cannot be read

/**
 * What lay there and could not be read, whole: nothing of the person's is thrown away by us.
 * @typedef {{newer: boolean, settings: Record<string, unknown>}} Aside
 */
/** Brings what lies there into today's shape. What is wrong in it, or of a later version, is set aside. */
export const tidySettings = () => inTurn(async () => {
  const { version, ...stored } = await storage.local.get([...NAMES, 'version']);
  const newer = typeof version === 'number' && version > VERSION, wrong = unread(stored);
  if (version === VERSION && wrong.length === 0) return;
  const read = readSettings(stored), there = NAMES.filter((name) => stored[name] !== undefined);
  if (newer || wrong.length > 0) await storage.local.set({ aside: { newer, settings: stored } });
  await storage.local.set({ ...Object.fromEntries(there.map((name) => [name, read[name]])), version: VERSION });
});
/** @returns {Promise<Aside | null>} */
export const loadAside = async () => {
  const { aside } = await storage.local.get('aside');
  return isObject(aside) && isObject(aside.settings) ? { newer: aside.newer === true, settings: aside.settings } : null;
};
export const dropAside = () => storage.local.remove('aside');

// ---- on the person's other devices

/** @typedef {{full: boolean}} SyncTrouble  full: more than the browser carries */
/** @param {(keyof Settings)[]} names @param {Settings} settings @param {Record<string, unknown>} stamps when each was changed */
const hand = async (names, settings, stamps) => {
  const { sync_trouble: troubles } = await storage.local.get('sync_trouble'), left = /** @type {Record<string, SyncTrouble>} our own record, by setting */ (isObject(troubles) ? troubles : {});
  for (const name of names) {
    delete left[name];
    try { await storage.sync.set({ [name]: { value: settings[name], at_ms: stamps[name] } }); } catch (error) { left[name] = { full: /quota/i.test(String(error)) }; }
  }
  await storage.local.set({ sync_trouble: left });
};
/** @returns {Promise<SyncTrouble | null>} of a setting that could not be handed over */
export const loadSyncTrouble = async () => {
  const { sync_trouble: troubles } = await storage.local.get('sync_trouble'), all = /** @type {SyncTrouble[]} */ (isObject(troubles) ? Object.values(troubles).filter(isObject) : []);
  return all.find(({ full }) => full) ?? all[0] ?? null;
};
/** Takes what is newer there, and hands over what is newer here: of each setting the newest change counts. */
export const syncSettings = () => inTurn(async () => {
  const { stamps, ...stored } = await storage.local.get([...NAMES, 'stamps']);
  const own = readSettings(stored), here = /** @type {Record<string, number>} our own record */ (isObject(stamps) ? stamps : {});
  if (!own.sync) return;
  /** @type {Record<string, unknown>} */
  const there = await storage.sync.get(SYNCED).catch(() => ({}));
  /** @type {Record<string, unknown>} */
  const taken = {}, at = { ...here };
  /** @type {(keyof Settings)[]} */
  const handed = [];
  for (const name of SYNCED) {
    const one = isObject(there[name]) ? there[name] : {};
    const theirs = typeof one.at_ms === 'number' ? one.at_ms : 0, ours = here[name] ?? (stored[name] === undefined ? 0 : 1), value = SETTINGS[name].read(one.value);
    if (theirs > ours && value !== undefined) { taken[name] = value; at[name] = theirs; }
    else if (ours > theirs) { handed.push(name); at[name] = ours; }
  }
  if (Object.keys(taken).length > 0) await storage.local.set({ ...taken, stamps: at });
  if (handed.length > 0) await hand(handed, own, at);
});

// ---- a file

/** As a file holds them. @param {Settings} settings */
export const toFile = (settings) => `${JSON.stringify({ cooldown: VERSION, settings }, null, 2)}\n`;
/**
 * @param {string} text
 * @returns {{settings: Partial<Settings>, left_out: string[]} | 'not_json' | 'foreign' | 'newer'} what it holds, and the names of what could not be read of it; or why it is no such file
 */
export const fromFile = (text) => {
  /** @type {unknown} */
  let file;
  try { file = JSON.parse(text); } catch { return 'not_json'; }
  if (!isObject(file) || typeof file.cooldown !== 'number' || !isObject(file.settings)) return 'foreign';
  if (file.cooldown > VERSION) return 'newer';
  const { settings } = file, names = /** @type {string[]} */ (NAMES), read = readSettings(settings);
  return {
    settings: Object.fromEntries(SYNCED.filter((name) => settings[name] !== undefined).map((name) => [name, read[name]])),
    left_out: [...unread(settings), ...Object.keys(settings).filter((name) => !names.includes(name))],
  };
};

// ---- for a while, in this browser session at most: a provider that is skipped on a site, a site that is paused

export const FOR_NOW_MS = 3_600_000;
/** @typedef {{rules: Record<string, Rule>, pauses: Record<string, {until_ms: number}>}} ForNow by host */
/** @template {{until_ms: number}} T @param {unknown} x @returns {Record<string, T>} those that still hold */
const running = (x) => {
  const all = Object.entries(isObject(x) ? x : {}).filter(([, one]) => isObject(one) && typeof one.until_ms === 'number' && one.until_ms > Date.now());
  return Object.fromEntries(/** @type {[string, T][]} our own record */ (all));
};
/** @returns {Promise<ForNow>} */
export const loadForNow = async () => {
  const { rules, pauses } = await storage.session.get(['rules', 'pauses']);
  return { rules: running(rules), pauses: running(pauses) };
};
/** @template {keyof ForNow} Name @param {Name} name @param {string} host @param {ForNow[Name][string] | null} one null: it ends */
export const setForNow = (name, host, one) => inTurn(async () => {
  const { [host]: _, ...others } = (await loadForNow())[name];
  await storage.session.set({ [name]: one === null ? others : { ...others, [host]: one } });
});

/**
 * Forgets what was learnt and noted, for a while or longer; the settings stay.
 * @returns {Promise<() => Promise<unknown>>} the way back
 */
export const clearMemory = () => inTurn(async () => {
  const [learnt, noted] = await Promise.all([storage.session.get(), storage.local.get('reminders')]);
  await Promise.all([storage.session.clear(), storage.local.remove('reminders')]);
  return () => Promise.all([storage.session.set(learnt), storage.local.set(noted)]);
});
