// @ts-check
// axios, by either adapter. Over XMLHttpRequest it streams as such apps do: by the progress of responseText.
import axios from 'axios';
import { chatRequest, Events, readChat, wholeChat } from './chat-events.js';

/** @param {import('./chat-events.js').Ask} ask @param {'xhr' | 'fetch'} adapter */
export const askBy = async ({ key, stream, question, piece }, adapter) => {
  const headers = { Authorization: `Bearer ${key}` };
  /** @param {object} [more] */
  const post = (more) => axios.post('https://openrouter.ai/api/v1/chat/completions', chatRequest(question, stream), { adapter, headers, ...more });
  if (!stream) return wholeChat((await post()).data);
  if (adapter === 'fetch') return readChat((await post({ responseType: 'stream' })).data, piece);
  const events = new Events(piece);
  let read = 0, /** @type {unknown} */ broken = null;
  /** An exception has no place in a listener. @param {string} text all that came so far */
  const more = (text) => {
    const fresh = text.slice(read);
    read = text.length;
    try { if (broken === null) events.push(fresh); } catch (error) { broken = error; }
  };
  const { data } = await post({
    responseType: 'text', onDownloadProgress: (/** @type {any} */ { event }) => { if (event.target.status === 200) more(event.target.responseText); },
  });
  more(data);
  if (broken !== null) throw broken;
  return events.end();
};
