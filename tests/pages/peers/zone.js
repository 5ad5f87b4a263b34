// @ts-check
// zone.js, which Angular brings along: the app runs in a zone of its own that notes every task of a request.
import 'zone.js';
import 'zone.js/plugins/zone-patch-fetch';

/** @type {string[]} */
const records = [];
/** @param {Task} task */
const addressOf = (task) => /** @type {any} */ (task.data)?.fetchArgs?.[0] ?? /** @type {any} */ (task.data)?.url;
const app = Zone.current.fork({
  name: 'app',
  onScheduleTask: (parent, _current, target, task) => {
    if (addressOf(task) !== undefined) records.push(`${task.type} ${task.source} ${addressOf(task)}`);
    return parent.scheduleTask(target, task);
  },
  onInvokeTask: (parent, _current, target, task, self, args) => {
    if (addressOf(task) !== undefined) records.push(`done ${task.source} ${addressOf(task)}`);
    return parent.invokeTask(target, task, self, args);
  },
});
/** @type {Peer} */
const peer = {
  records,
  isInstalled: () => Promise.name === 'ZoneAwarePromise' && typeof /** @type {any} */ (globalThis)[Zone.__symbol__('fetch')] === 'function',
  inside: (go) => app.run(go),
};
Object.assign(globalThis, { peer });
