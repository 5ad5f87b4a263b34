// @ts-check
// Where the card of a frame stands: one card a tab, in the top frame where the site is allowed there, else in the frame that failed.
// It has the overlay's own face (open, show, close), so the bridge need not know. A frame inside speaks to the top frame through the
// worker, over a port whose end tells each side that the other is gone.

(() => {
  'use strict';
  const { api, isAlive, ask } = cooldownCompat;
  const { V, fromStage, toStage } = cooldownProtocol;

  const AGAIN_MS = 100; // after the worker stopped: one that cannot start must not be called without end
  const SEAT_MS = 2_000; // awake, the worker and the top frame answer within a few ms, from cold within 300; a busy machine takes longer, and after this the card stands here

  /** @typedef {{onAct: (action: Act['action'], index: number) => void, onCard: (open: boolean) => void, openRoots: boolean}} Options as the overlay has them */

  /** @param {Options} options */
  const inTopFrame = ({ onAct, onCard, openRoots }) => {
    /** What is asked to be seen, the latest last; null where it is still judged. @type {Map<number, View | null>} by frame; our own is 0 */
    const views = new Map();
    /** Our own go before those of frames; and what is still judged hides nothing that can be read. */
    const shown = () => {
      const readable = [...views.keys()].filter((frame) => views.get(frame) !== null);
      return readable.includes(0) ? 0 : readable.at(-1) ?? [...views.keys()].at(-1) ?? null;
    };
    const overlay = cooldownOverlay.createOverlay({
      onCard, openRoots,
      onAct: (action, index) => {
        const frame = shown();
        if (frame === null || frame === 0) onAct(action, index);
        else answer(frame, action, index);
      },
    });
    /** @param {number} frame @param {Act['action']} action @param {number} index */
    const answer = async (frame, action, index) => {
      const reply = await ask({ v: V, type: 'stage_act', frame, action, index });
      if (reply?.ok !== true) leave(frame); // it is gone, and nobody waits for what the person decided
    };
    const draw = () => {
      const frame = shown(), view = frame === null ? undefined : views.get(frame);
      if (view === undefined) overlay.close();
      else {
        overlay.open();
        if (view !== null) overlay.show(view);
      }
    };
    /** @param {number} frame @param {View | null} view */
    const enter = (frame, view) => {
      views.set(frame, view ?? views.get(frame) ?? null);
      draw();
    };
    /** @param {number} frame */
    const leave = (frame) => { if (views.delete(frame)) draw(); };

    api.runtime.onMessage.addListener((raw, sender, respond) => {
      if (sender.id !== api.runtime.id || sender.tab !== undefined) return;
      const m = toStage(raw);
      if (m === null) return;
      if (m.what === 'leave') leave(m.frame);
      else enter(m.frame, m.view);
      respond({ v: V, ok: true });
    });
    return Object.freeze({
      open: () => { if (!views.has(0)) enter(0, null); },
      /** @param {View} view */
      show: (view) => enter(0, view),
      close: () => leave(0),
      goTo: overlay.goTo,
    });
  };

  /** @param {Options} options */
  const inFrame = (options) => {
    const { onAct } = options, overlay = cooldownOverlay.createOverlay(options);
    /** @type {'closed' | 'asking' | 'top' | 'here'} */
    let seat = 'closed';
    /** @type {View | null} */
    let view = null;
    /** @type {chrome.runtime.Port | null} */
    let port = null;
    let timer = 0;

    const here = () => {
      clearTimeout(timer);
      port?.disconnect();
      port = null;
      if (seat === 'closed') return;
      seat = 'here';
      overlay.open();
      if (view !== null) overlay.show(view);
    };
    const askForSeat = () => {
      seat = 'asking';
      try { port = api.runtime.connect({ name: 'stage' }); } catch { here(); return; }
      port.onMessage.addListener((raw) => {
        const m = fromStage(raw);
        if (m === null || seat === 'closed' || seat === 'here') return;
        if (m.type === 'act') onAct(m.action, m.index);
        else if (!m.ok) here();
        else if (seat === 'asking') {
          clearTimeout(timer);
          seat = 'top';
        }
      });
      // The worker stopped: it has forgotten us, and the top frame keeps what it shows until it is told otherwise.
      port.onDisconnect.addListener(() => {
        port = null;
        if (seat !== 'top' || !isAlive()) here();
        else timer = setTimeout(askForSeat, AGAIN_MS);
      });
      timer = setTimeout(here, SEAT_MS);
      tell('enter');
    };
    /** @param {'enter' | 'leave'} what */
    const tell = (what) => { try { port?.postMessage({ v: V, type: 'stage', what, view }); } catch { /* its end is told apart */ } };

    return Object.freeze({
      open: () => { if (seat === 'closed') askForSeat(); },
      /** @param {View} what */
      show: (what) => {
        view = what;
        if (seat === 'closed') askForSeat();
        else if (seat === 'here') overlay.show(what);
        else tell('enter');
      },
      close: () => {
        clearTimeout(timer);
        tell('leave');
        seat = 'closed';
        view = null;
        port?.disconnect();
        port = null;
        overlay.close();
      },
      goTo: overlay.goTo,
    });
  };

  /** @param {Options} options `openRoots` in test builds alone */
  const createStage = (options) => (top === window ? inTopFrame(options) : inFrame(options));
  Object.defineProperty(globalThis, 'cooldownStage', { value: Object.freeze({ createStage }) });
})();
