// @ts-check
// What a page measures of itself: the same code with the extension and without it. tests/browser/price.mjs runs it and compares.

const API = 'https://openrouter.ai/api/v1/chat/completions';
/** @param {string} conversation @param {string} text @returns {RequestInit} */
const post = (conversation, text) => ({ method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Bearer sk-or-v1-${conversation}` }, body: text });
const body = JSON.stringify({ model: 'openai/gpt-oss-120b', messages: [{ role: 'user', content: 'x'.repeat(2_000) }] });
/** @param {number} from */
const since = (from) => performance.now() - from;
const nothing = () => {};

Object.assign(globalThis, { price: {
  /** µs of the page's own thread in one call that is not watched. @param {number} count */
  call: (count) => {
    const calls = [], from = performance.now();
    for (let n = 0; n < count; n++) calls.push(fetch('data:,x'));
    const took = since(from);
    for (const one of calls) one.catch(nothing);
    return took / count * 1_000;
  },
  /** µs of one XMLHttpRequest up to its `send`, not watched. @param {number} count */
  xhr: (count) => {
    const all = [], from = performance.now();
    for (let n = 0; n < count; n++) {
      const xhr = new XMLHttpRequest();
      xhr.open('GET', 'price.html');
      xhr.setRequestHeader('X-A', 'b');
      all.push(xhr);
    }
    const took = since(from);
    for (const xhr of all) xhr.abort();
    return took / count * 1_000;
  },
  /** µs of one watched call with 2 KB. @param {number} count @param {string} conversation */
  watched: async (count, conversation) => {
    const stop = new AbortController(), calls = [], from = performance.now();
    for (let n = 0; n < count; n++) calls.push(fetch(API, { ...post(conversation, body), signal: stop.signal }));
    const took = since(from);
    stop.abort();
    await Promise.allSettled(calls);
    return took / count * 1_000;
  },
  /** ms from a watched call to its whole JSON. @param {number} count @param {string} conversation */
  answer: async (count, conversation) => {
    const from = performance.now();
    for (let n = 0; n < count; n++) await (await fetch(API, post(conversation, body))).json();
    return since(from) / count;
  },
  /** MB/s of an event stream. @param {string} conversation @param {'reader' | 'iteration' | 'pipe' | 'text'} way */
  stream: async (conversation, way) => {
    const response = await fetch(API, post(conversation, body)), stream = /** @type {ReadableStream<Uint8Array>} */ (response.body), from = performance.now();
    let bytes = 0;
    if (way === 'reader') {
      const reader = stream.getReader();
      for (let part; !(part = await reader.read()).done;) bytes += part.value.byteLength;
    } else if (way === 'iteration') for await (const part of /** @type {any} */ (stream)) bytes += part.byteLength;
    else if (way === 'pipe') await stream.pipeTo(new WritableStream({ write(part) { bytes += part.byteLength; } }));
    else bytes = (await response.text()).length;
    return bytes / 1_000 / since(from);
  },
  /** ms from the call to the first byte that the page can read. @param {string} conversation */
  firstByte: async (conversation) => {
    const from = performance.now(), reader = /** @type {ReadableStream<Uint8Array>} */ ((await fetch(API, post(conversation, body))).body).getReader();
    await reader.read();
    const took = since(from);
    await reader.cancel();
    return took;
  },
  /** ms from a failing answer to a card on the screen. @param {string} conversation */
  card: async (conversation) => {
    const call = fetch(API, post(conversation, body)).catch(nothing);
    const start = await new Promise((resolve) => {
      const look = () => {
        const [entry] = performance.getEntriesByName(API).slice(-1);
        if (entry !== undefined && /** @type {PerformanceResourceTiming} */ (entry).responseEnd > 0) resolve(/** @type {PerformanceResourceTiming} */ (entry).responseEnd); else setTimeout(look, 1);
      };
      performance.clearResourceTimings();
      look();
    });
    await new Promise((resolve) => {
      const look = () => {
        const frame = document.querySelector('div[data-cooldown]')?.shadowRoot?.querySelector('iframe');
        if (frame && frame.dataset.quiet === undefined) requestAnimationFrame(() => setTimeout(resolve)); else requestAnimationFrame(look);
      };
      look();
    });
    const took = performance.now() - /** @type {number} */ (start);
    return { took, call };
  },
  /** So many calls, read to their end, one after the other. @param {number} count @param {string} conversation */
  many: async (count, conversation) => {
    for (let n = 0; n < count; n++) {
      const response = await fetch(API, post(conversation, JSON.stringify({ n, filler: 'x'.repeat(2_000) })));
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      while (!(await reader.read()).done);
    }
  },
} });
