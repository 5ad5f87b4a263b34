// Plays the bridge for page/tap.js where there is no extension: takes the port the way content/bridge.js does, and answers every
// failure at once, as a person would. Runs before or after the tap, as a classic script.
//   globalThis.__YARD_CFG__ = {retry: true}   each failure is sent again; otherwise the page gets it
//   globalThis.__COOLDOWN_WATCH_ALL__ = true  every address and method is watched, as it is wherever __YARD_CFG__ is set
(() => {
  'use strict';
  const NAME = 'cooldown-port';
  const { __YARD_CFG__: harness, __COOLDOWN_WATCH_ALL__: all } = globalThis;
  addEventListener(NAME, (event) => {
    const [port] = event.ports;
    event.preventDefault();
    event.stopImmediatePropagation();
    port.onmessage = ({ data: m }) => {
      if (m.type === 'ping') port.postMessage({ v: 1, type: 'pong' });
      if (m.type === 'observed') port.postMessage({ v: 1, type: 'decide', id: m.id, action: harness?.retry && m.replayable ? 'retry' : 'release', deadline_ms: null });
    };
    if (harness !== undefined || all) port.postMessage({ v: 1, type: 'configure', watch: 'all' });
  }, { once: true });
  dispatchEvent(new Event(`${NAME}-ask`));
})();
