// @ts-check
// The history as it lies in IndexedDB: the only place that knows its schema. A failure is one record, by the time at which it failed; so what
// is old is one range, and nothing else is indexed. Each call rejects with the browser's own error, which `troubleOf` reads.

const { failure, isObject } = cooldownProtocol;

const NAME = 'history', FAILURES = 'failures', ASIDE = 'aside';
/** More than a person reads, and little enough for any disk: about 20 MB. */
export const MOST = 100_000;
const MOST_ASIDE = 100, BATCH = 5_000;

/** @typedef {Failure & {site: string}} Kept */

/** A record of ours; null for anything else. @param {unknown} x @returns {Kept | null} */
export const readKept = (x) => {
  const read = failure(x);
  return read !== null && isObject(x) && typeof x.site === 'string' && x.site.length <= 253 ? { ...read, site: x.site } : null;
};

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const done = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error);
});

/** What was read that is no record of ours: out of the way, and not thrown away. @param {IDBTransaction} transaction @param {readonly IDBValidKey[]} keys */
const moveAside = (transaction, keys) => {
  const failures = transaction.objectStore(FAILURES), aside = transaction.objectStore(ASIDE);
  for (const key of keys.slice(0, MOST_ASIDE)) {
    const wrong = failures.get(key);
    wrong.onsuccess = () => { aside.add(wrong.result); };
  }
  for (const key of keys) failures.delete(key);
};

/** @typedef {(transaction: IDBTransaction) => void} Migration */
/**
 * From each version of the schema to the next. What stands here was released: a change is one more.
 * @type {readonly Migration[]}
 */
export const MIGRATIONS = Object.freeze([
  ({ db }) => { db.createObjectStore(FAILURES, { keyPath: 'at_ms' }); },
  (transaction) => {
    transaction.db.createObjectStore(ASIDE, { autoIncrement: true });
    const all = transaction.objectStore(FAILURES).openCursor();
    /** @type {IDBValidKey[]} */
    const wrong = [];
    all.onsuccess = () => {
      if (all.result === null) { moveAside(transaction, wrong); return; }
      if (readKept(all.result.value) === null) wrong.push(all.result.key);
      all.result.continue();
    };
  },
]);

/** Rejects with a VersionError, and changes nothing, where a newer version of ours has been. @param {readonly Migration[]} [migrations] @returns {Promise<IDBDatabase>} */
export const openHistory = (migrations = MIGRATIONS) => new Promise((resolve, reject) => {
  const request = indexedDB.open(NAME, migrations.length);
  request.onupgradeneeded = ({ oldVersion }) => {
    const { transaction } = request;
    for (const step of migrations.slice(oldVersion)) step(/** @type {IDBTransaction} an upgrade has one */ (transaction));
  };
  request.onsuccess = () => {
    const db = request.result;
    db.onversionchange = () => db.close(); // a newer version, or a new start, need not wait for an old page
    resolve(db);
  };
  request.onerror = () => reject(request.error);
});

/** @typedef {'newer' | 'full' | 'broken'} Trouble  why no history is kept */
/** @param {unknown} error @returns {Trouble} */
export const troubleOf = (error) => {
  const { name } = /** @type {{name?: unknown}} */ (error ?? {});
  return name === 'VersionError' ? 'newer' : name === 'QuotaExceededError' ? 'full' : 'broken';
};

/** @param {IDBDatabase} db @param {Kept} kept */
export const add = async (db, kept) => {
  const transaction = db.transaction(FAILURES, 'readwrite'), store = transaction.objectStore(FAILURES), written = done(transaction);
  let { at_ms } = kept;
  while (await answer(store.getKey(at_ms)) !== undefined) at_ms++; // two in one moment
  store.add({ ...kept, at_ms });
  await written;
  return at_ms;
};

/** Takes out what is older than `before_ms`, and the oldest of what is too much. @param {IDBDatabase} db @param {number} before_ms @param {number} [most] */
export const prune = async (db, before_ms, most = MOST) => {
  const transaction = db.transaction(FAILURES, 'readwrite'), store = transaction.objectStore(FAILURES), pruned = done(transaction);
  store.delete(IDBKeyRange.upperBound(before_ms, true));
  const extra = await answer(store.count()) - most;
  if (extra > 0) {
    const cursor = store.openKeyCursor();
    let isThere = false;
    cursor.onsuccess = () => {
      if (cursor.result === null) return;
      if (!isThere && extra > 1) cursor.result.advance(extra - 1);
      else store.delete(IDBKeyRange.upperBound(cursor.result.key));
      isThere = true;
    };
  }
  await pruned;
};

/** Nothing without one gets in. @param {unknown} record @returns {IDBValidKey} */
const keyOf = (record) => /** @type {{at_ms: IDBValidKey}} */ (record).at_ms;

/** The newest ones, in order of time. @param {IDBDatabase} db @param {number} from_ms @param {number} count @returns {Promise<unknown[]>} */
export const newest = async (db, from_ms, count) => {
  const store = db.transaction(FAILURES).objectStore(FAILURES), cursor = store.openKeyCursor(IDBKeyRange.lowerBound(from_ms), 'prev');
  const last = await answer(cursor);
  if (last === null) return [];
  last.advance(count - 1);
  const first = await answer(cursor);
  return answer(store.getAll(IDBKeyRange.lowerBound(first?.key ?? from_ms)));
};
/** Those before that, in order of time: a hundred thousand at once would stop the page for a second. @param {IDBDatabase} db @param {number} from_ms @param {IDBValidKey} before @returns {AsyncGenerator<unknown[], void>} */
export async function* older(db, from_ms, before) {
  if (indexedDB.cmp(from_ms, before) >= 0) return;
  for (let range = IDBKeyRange.bound(from_ms, before, false, true); ;) {
    const values = await answer(db.transaction(FAILURES).objectStore(FAILURES).getAll(range, BATCH));
    yield values;
    if (values.length < BATCH) return;
    range = IDBKeyRange.bound(keyOf(values.at(-1)), before, true, true);
  }
}
/** What lies among them and is no record of ours; returns how many lie aside now. @param {IDBDatabase} db @param {readonly unknown[]} wrong as they were read */
export const setAside = async (db, wrong) => {
  const transaction = db.transaction([FAILURES, ASIDE], 'readwrite');
  moveAside(transaction, wrong.map(keyOf));
  await done(transaction);
  return answer(db.transaction(ASIDE).objectStore(ASIDE).count());
};
/** Takes all of it out. @param {IDBDatabase} db @returns {Promise<Kept[]>} what `putBack` takes */
export const clear = async (db) => {
  const transaction = db.transaction([FAILURES, ASIDE], 'readwrite'), cleared = done(transaction), store = transaction.objectStore(FAILURES);
  const all = await answer(store.getAll());
  store.clear();
  transaction.objectStore(ASIDE).clear();
  await cleared;
  return all.flatMap((one) => readKept(one) ?? []);
};
/** What was taken out a moment ago. @param {IDBDatabase} db @param {readonly Kept[]} all */
export const putBack = async (db, all) => {
  const transaction = db.transaction(FAILURES, 'readwrite'), put = done(transaction);
  for (const one of all) transaction.objectStore(FAILURES).put(one);
  await put;
};
/** A history that the browser cannot open goes, whole. @returns {Promise<unknown>} */
export const startAnew = () => answer(indexedDB.deleteDatabase(NAME));
