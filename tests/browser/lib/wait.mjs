// @ts-check
// Waiting for conditions, with hard ends. No test sleeps for luck.

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** A browser may never answer a question about what went away while it was asked: it is asked anew then. */
const ANSWER_MS = 5_000;

/** Between two questions: a twentieth of the wait so far, because each costs the browser some ms of work, and others wait for that. */
const ASK_AGAIN_MS = { least: 25, most: 100 };

/**
 * Asks again until the answer is truthy, and returns it. What the question throws counts as "not yet" and is told at the end.
 * @template T
 * @param {string} what  for the message
 * @param {() => T | Promise<T>} question
 * @param {number} [limitMs]
 * @returns {Promise<NonNullable<T>>}
 */
export const until = async (what, question, limitMs = 10_000) => {
  const begun = performance.now();
  for (;;) {
    let last;
    try {
      last = await within('an answer to the question', Math.min(ANSWER_MS, limitMs), Promise.resolve(question()));
      if (last) return last;
    } catch (error) { last = error; }
    const waited = performance.now() - begun;
    if (waited > limitMs) throw new Error(`waited ${limitMs} ms in vain for: ${what} (last: ${show(last)})`);
    await pause(Math.min(Math.max(ASK_AGAIN_MS.least, waited / 20), ASK_AGAIN_MS.most));
  }
};

/**
 * @template T
 * @param {string} what @param {number} limitMs @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export const within = async (what, limitMs, promise) => {
  let timer;
  const limit = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end within ${limitMs} ms: ${what}`)), limitMs); });
  try {
    return /** @type {T} */ (await Promise.race([promise, limit]));
  } finally { clearTimeout(timer); }
};

/** @param {unknown} x */
const show = (x) => (x instanceof Error ? x.message : String(JSON.stringify(x))).slice(0, 500);
