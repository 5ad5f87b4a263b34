// @ts-check
// The history as it lies in IndexedDB: the only place that knows its schema. A failure is one record, by the time at which it failed; so what
// is old is one range, and nothing else is indexed. Each call rejects with the browser's own error, which `troubleOf` reads.

const { failure, isObject } = cooldownProtocol;

const NAME = 'history', FAILURES = 'failures';
/** More than a person reads, and little enough for any disk: about 20 MB. */
export const MOST = 100_000;

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

/** @typedef {(transaction: IDBTransaction) => void} Migration */
/**
 * From each version of the schema to the next. What stands here was released: a change is one more.
 * @type {readonly Migration[]}
 */
export const MIGRATIONS = Object.freeze([
  ({ db }) => { db.createObjectStore(FAILURES, { keyPath: 'at_ms' }); },
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
