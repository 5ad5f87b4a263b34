// @ts-check
// What the history adds up to, and how it is written down: pure functions over its records, which are in order of time.

/** @typedef {import('./history-store.js').Kept} Kept */
/** @typedef {{failed: number, cured: number}} Count  cured: a later try was answered */
/** @typedef {'site' | 'kind' | 'provider' | 'model'} Name  of a record, by which it is found */

/** Those that fit. @param {readonly Kept[]} all @param {number} from_ms @param {Partial<Record<Name, string>>} names @param {string} text in any name @param {(kind: string) => string} titleOf */
export const fitting = (all, from_ms, names, text, titleOf) => {
  const wanted = /** @type {[Name, string][]} */ (Object.entries(names).filter(([, name]) => name !== '')), sought = text.trim().toLocaleLowerCase();
  /** Names are few, records many. @type {Map<string | null, boolean>} */
  const found = new Map([[null, false]]);
  /** @param {string | null} name @param {(name: string) => string} [said] */
  const has = (name, said = (it) => it) => {
    let known = found.get(name);
    if (known === undefined && name !== null) found.set(name, known = said(name).toLocaleLowerCase().includes(sought));
    return known === true;
  };
  return all.filter((one) => one.at_ms >= from_ms && wanted.every(([name, value]) => one[name] === value)
    && (sought === '' || has(one.site) || has(one.provider) || has(one.model) || has(one.kind, titleOf)));
};

/** @param {Count} count @param {Kept} one */
const tally = (count, { outcome }) => {
  count.failed++;
  if (outcome === 'answered') count.cured++;
};
/** @param {readonly Kept[]} some @returns {Count} */
export const sum = (some) => {
  const count = { failed: 0, cured: 0 };
  for (const one of some) tally(count, one);
  return count;
};

const DAY_MS = 86_400_000;
/**
 * Midnights of this place: where each stretch of days begins, and where the last one ends. At most `most` stretches, however long it is.
 * @param {number} from_ms @param {number} to_ms @param {number} [most]
 */
export const stretches = (from_ms, to_ms, most = 92) => {
  const day = new Date(from_ms), starts = [];
  day.setHours(0, 0, 0, 0);
  const step = Math.max(1, Math.ceil((to_ms - day.getTime()) / DAY_MS / most));
  for (; day.getTime() <= to_ms; day.setDate(day.getDate() + step)) starts.push(day.getTime()); // a day may have 23 or 25 hours
  return [...starts, day.getTime()];
};
/** @param {readonly Kept[]} some @param {readonly number[]} starts as `stretches` makes them @returns {Count[]} */
export const byStretch = (some, starts) => {
  const counts = starts.slice(1).map(() => ({ failed: 0, cured: 0 }));
  let at = 0;
  for (const one of some) {
    while (at < counts.length && one.at_ms >= /** @type {number} */ (starts[at + 1])) at++;
    const count = counts[at];
    if (count !== undefined && one.at_ms >= /** @type {number} */ (starts[at])) tally(count, one);
  }
  return counts;
};
/** By the hour of the day, in this place. @param {readonly Kept[]} some @returns {Count[]} */
export const byHour = (some) => {
  const counts = Array.from({ length: 24 }, () => ({ failed: 0, cured: 0 })), time = new Date(0);
  for (const one of some) {
    time.setTime(one.at_ms);
    tally(/** @type {Count} */ (counts[time.getHours()]), one);
  }
  return counts;
};
/** What failed most, first; what has no such name is left out. @param {readonly Kept[]} some @param {Name} name @returns {(Count & {name: string})[]} */
export const byName = (some, name) => {
  /** @type {Map<string, Count & {name: string}>} */
  const counts = new Map();
  for (const one of some) {
    const its = one[name];
    if (its === null) continue;
    let count = counts.get(its);
    if (count === undefined) counts.set(its, count = { name: its, failed: 0, cured: 0 });
    tally(count, one);
  }
  return [...counts.values()].sort((a, b) => b.failed - a.failed || (a.name < b.name ? -1 : 1));
};

const COLUMNS = /** @type {const} */ (['site', 'kind', 'limit_owner', 'provider', 'model', 'status', 'tries', 'outcome', 'wait_s']);
/** What a spreadsheet would take for a formula is a text. @param {string | number | null} x */
const cell = (x) => {
  const text = x === null ? '' : String(x), said = typeof x === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
};
/** @param {readonly Kept[]} some */
export const toCsv = (some) => [['time', ...COLUMNS].join(','), ...some.map((one) => [new Date(one.at_ms).toISOString(), ...COLUMNS.map((name) => cell(one[name]))].join(','))].join('\r\n') + '\r\n';
/** @param {readonly Kept[]} some */
export const toJson = (some) => `${JSON.stringify({ cooldown_history: 1, failures: some })}\n`;
