// @ts-nocheck: it breaks what types are about.
// A page that wants more than is its own: what its very first script does, by ?attack=. What it gets hold of lies in `loot`. It uses only what
// it took first, so that its own work leaves no trace there.
(() => {
  const attack = new URLSearchParams(location.search).get('attack');
  const { apply, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect, { stringify } = JSON;
  const loot = globalThis.loot = [];
  const take = (what) => { defineProperty(loot, loot.length, { value: what, enumerable: true, configurable: true, writable: true }); };

  /** Whatever is handed to a method, and on whom it is called. */
  const spy = (owner, key, look, part = 'value') => {
    const slot = getOwnPropertyDescriptor(owner, key), native = slot[part];
    slot[part] = function (...args) {
      try { const found = look(this, args); if (found) take(found); } catch { /* nothing to be had */ }
      return apply(native, this, args);
    };
    defineProperty(owner, key, slot);
  };
  /** One of our own messages. */
  const isMessage = (x) => typeof x === 'object' && x !== null && x.v === 1 && typeof x.type === 'string';
  /** Put over a member that every object or list inherits, where it sees what is set there. */
  const trap = (owner, key) => defineProperty(owner, key, { configurable: true, get: () => undefined, set(value) { take([String(key), String(value)]); } });
  /** In a frame of the page's own, at once: before anything else runs there? */
  const spyOnFrame = (frame) => {
    const { contentWindow: inner } = frame;
    inner.addEventListener('cooldown-port', (event) => { take(event.ports.length); });
    spy(inner.MessagePort.prototype, 'postMessage', (_, [message]) => message?.type);
    spy(inner.EventTarget.prototype, 'dispatchEvent', (_, [event]) => event.type);
  };

  const ATTACKS = {
    'listen for the port': () => addEventListener('cooldown-port', (event) => { take(event.ports.length); }),
    'MessagePort': () => spy(MessagePort.prototype, 'postMessage', (_, [message]) => isMessage(message) && message.type),
    'MessageEvent': () => spy(MessageEvent.prototype, 'data', (self) => self instanceof MessageEvent && self.target instanceof MessagePort && 'data', 'get'),
    'Array.prototype': () => { for (let i = 0; i < 8; i++) trap(Array.prototype, i); },
    'Object.prototype': () => { for (const key of ['content-type', 'retry-after', 'x-provider-name', 'server', 'date']) trap(Object.prototype, key); },
    // As a careless library leaves it behind: every descriptor has a value now.
    'descriptors': () => { Object.prototype.value = 1; },
    'JSON': () => spy(JSON, 'parse', (_, [text]) => typeof text === 'string' && text.includes('"messages"') && text),
    'then': () => {
      spy(Promise.prototype, 'then', (self) => self instanceof Promise && 'then');
      defineProperty(Promise, Symbol.species, { get() { take('species'); return Promise; } });
    },
    'RegExp': () => spy(RegExp.prototype, 'exec', (self) => self.source.includes('openrouter') && self.source),
    'Function': () => { for (const key of ['call', 'apply']) spy(Function.prototype, key, (self) => self.name === 'postMessage' && key); },
    'timers': () => { globalThis.setTimeout = (_, ms) => { take(ms); return 0; }; },
    'Event': () => { for (const key of ['type', 'currentTarget', 'defaultPrevented']) spy(Event.prototype, key, (self) => self.target instanceof XMLHttpRequest && key, 'get'); },
  };
  ATTACKS[attack]?.();

  /** All of them at once: whoever is careful is careful always. */
  if (attack === 'everything') for (const name of ownKeys(ATTACKS)) if (name !== 'timers' && name !== 'descriptors') ATTACKS[name]();

  globalThis.hostile = {
    /** A frame that this very script makes. */
    frame: () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      spyOnFrame(frame);
    },
    /** A frame whose `fetch` is locked, and tells who asks for it, before anything else runs there. */
    lockedFrame: () => new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.src = 'hostile.html';
      document.body.append(frame);
      defineProperty(frame.contentWindow, 'fetch', { configurable: false, get: () => { take('fetch'); return undefined; } });
      frame.onload = () => { resolve(getOwnPropertyDescriptor(frame.contentWindow, 'fetch')?.get !== undefined); };
    }),
    /** Fails so many times at once, and counts the answers. */
    storm: (count) => {
      globalThis.answers = 0;
      for (let n = 0; n < count; n++) {
        fetch('https://openrouter.ai/api/v1/chat/completions', {
          method: 'POST', headers: { Authorization: `Bearer sk-or-v1-${new URLSearchParams(location.search).get('conversation')}` }, body: stringify({ model: 'a/b', messages: [String(n)] }),
        }).then(() => { globalThis.answers++; });
      }
    },
    /** A panel of the page's over everything, which lets clicks through or does not. */
    cover: (css) => {
      const panel = document.createElement('div');
      panel.popover = 'manual';
      panel.className = 'cover';
      panel.style.cssText = `all:initial;display:block;position:fixed;background:#07a;${css}`;
      document.body.append(panel);
      panel.showPopover();
    },
    /** Our page in a frame of the page's own: says what comes through the port that it is handed. */
    frameCard: (address, token) => new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel(), frame = document.createElement('iframe');
      port1.onmessage = ({ data }) => { resolve(data.type); };
      frame.onload = () => { frame.contentWindow.postMessage({ v: 1, type: 'token', token }, '*', [port2]); };
      frame.credentialless = true;
      frame.src = `${address}#${token}`;
      document.body.append(frame);
      setTimeout(resolve, 1_500, 'nothing');
    }),
  };
})();
