// @ts-check
// Microsoft's fetch-event-source. What breaks it tries again every second and for ever, unless the app says that an error is fatal: as its
// README shows it, an error that the server sent is.
import { fetchEventSource } from '@microsoft/fetch-event-source';
import { chatRequest, Events } from '../chat-events.js';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, question, piece }) => {
  const events = new Events(piece);
  await fetchEventSource('https://openrouter.ai/api/v1/chat/completions', {
    method: 'POST', body: JSON.stringify(chatRequest(question, true)), headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    onmessage: ({ data }) => { events.take(data); },
    onerror: (error) => { if (events.failed) throw error; },
  });
  return events.end();
};
