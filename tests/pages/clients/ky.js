// @ts-check
// ky. Its two tries are not for a POST.
import ky from 'ky';
import { chatRequest, readChat, wholeChat } from '../chat-events.js';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const answer = await ky.post('https://openrouter.ai/api/v1/chat/completions', { json: chatRequest(question, stream), headers: { Authorization: `Bearer ${key}` } });
  return stream ? readChat(answer.body, piece) : wholeChat(await answer.json());
};
