// A bridge for the tests of page/tap.js alone: it takes the port, keeps every message, and decides what a test told it to.
// It stands in the page's own world, where content/bridge.js stands in its own.
(() => {
  'use strict';
  const NAME = 'cooldown-port';
  const test = {
    /** every message, in order */
    log: [],
    /** what to answer to `observed`: 'hold', 'release', 'retry', a list of these, one a failure, or null: nothing */
    auto: null,
    deadline_ms: 60_000,
    /** what each retry changes */
    patch: null,
    /** false: as if the extension were gone */
    answers: true,
    port: null,
    offers: 0,
    send: (message) => test.port.postMessage(message),
    decide: (id, action, deadline_ms = test.deadline_ms) => test.send({ v: 1, type: 'decide', id, action, deadline_ms, patch: action === 'retry' ? test.patch : null }),
    of: (type) => test.log.filter((m) => m.type === type),
    /** Waits until `get` gives something. */
    async until(get, what, ms = 5_000) {
      for (const end = performance.now() + ms; performance.now() < end; await new Promise((r) => setTimeout(r, 5))) {
        const found = await get();
        if (found) return found;
      }
      throw new Error(`waited in vain for ${what}`);
    },
    /** Waits for the nth message of a type. */
    message: (type, n = 1) => test.until(() => test.of(type)[n - 1], `${type} ${n}`),
  };
  const hear = ({ data: m }) => {
    test.log.push(m);
    if (!test.answers) return;
    if (m.type === 'ping') test.send({ v: 1, type: 'pong' });
    if (m.type !== 'observed') return;
    const action = Array.isArray(test.auto) ? test.auto.shift() : test.auto;
    if (action) test.decide(m.id, action);
  };
  const take = (event) => {
    test.offers++;
    if (test.port !== null) return;
    [test.port] = event.ports;
    test.port.onmessage = hear;
    event.preventDefault();
    if (__TAP_WATCH__ !== 'openrouter') test.send({ v: 1, type: 'configure', watch: __TAP_WATCH__, routes: ['https://relay.example/proxy'] });
  };
  Object.defineProperty(globalThis, 'tapTest', { value: test });
  if (__TAP_BRIDGE__ === 'none') return;
  addEventListener(NAME, take);
  dispatchEvent(new Event(`${NAME}-ask`));
})();
