// @ts-check
// npm's `openai`, chat completions.
import OpenAI from 'openai';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const { chat } = new OpenAI({ baseURL: 'https://openrouter.ai/api/v1', apiKey: key, dangerouslyAllowBrowser: true });
  const request = { model: 'openai/gpt-oss-120b', messages: [{ role: /** @type {const} */ ('user'), content: question }] };
  if (!stream) return (await chat.completions.create(request)).choices[0]?.message.content;
  for await (const part of await chat.completions.create({ ...request, stream: true })) piece(part.choices[0]?.delta?.content ?? '');
};
