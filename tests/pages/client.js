// @ts-check
// An app on one client library, ?client= of clients/, as bundled by tests/browser/matrix.mjs. It keeps what the client gives it, and counts the
// cards that a person saw. Its address sets it up: ?conversation= (the stand-in's script), stream=1.

/** @typedef {import('./chat-events.js').Told} Told */

const setup = new URLSearchParams(location.search);
/** @type {{ask: (ask: import('./chat-events.js').Ask) => Promise<string | null | undefined>}} */
const client = await import(`./clients/${setup.get('client')}.js`);

/** @type {Told[]} */
const told = [];
/** What nobody caught: no failure may come out beside the client's promise. @type {string[]} */
const loose = [];
addEventListener('unhandledrejection', ({ reason }) => { loose.push(String(reason)); });
addEventListener('error', ({ message }) => { loose.push(message); });
/** A card that showed for a moment counts; a host that was put up and taken away before anything could be seen does not. */
let cards = 0;
/** @param {ShadowRoot} root open in test builds */
const watch = (root) => {
  const look = () => {
    if (root.querySelector('#card, iframe:not([data-quiet])') === null) return;
    cards++;
    watcher.disconnect();
  };
  const watcher = new MutationObserver(look);
  watcher.observe(root, { subtree: true, childList: true, attributes: true });
  look();
};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node instanceof Element && node.matches('div[data-cooldown]') && node.shadowRoot) watch(node.shadowRoot);
}).observe(document.documentElement, { childList: true });

/** @param {string} question */
const ask = (question) => {
  /** @type {Told} */
  const one = { pieces: '', settled: 0, answer: null, error: null };
  told.push(one);
  client.ask({ key: `sk-or-v1-${setup.get('conversation')}`, stream: setup.get('stream') === '1', question, piece: (text) => { one.pieces += text; } }).then(
    (answer) => { one.settled++; one.answer = answer ?? one.pieces; },
    (error) => { one.settled++; one.error = `${error?.name}: ${error?.message}`; },
  );
};

Object.assign(globalThis, { app: { ask, state: () => ({ told, loose, cards }) } });
export {};
