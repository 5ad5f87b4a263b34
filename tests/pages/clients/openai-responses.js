// @ts-check
// npm's `openai`, the responses API. A failed run is no exception there: it is a status, and an event.
import OpenAI from 'openai';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const { responses } = new OpenAI({ baseURL: 'https://openrouter.ai/api/v1', apiKey: key, dangerouslyAllowBrowser: true });
  const request = { model: 'openai/gpt-oss-120b', input: question };
  if (!stream) {
    const answer = await responses.create(request);
    if (answer.error) throw new Error(answer.error.message);
    return answer.output_text;
  }
  for await (const event of await responses.create({ ...request, stream: true })) {
    if (event.type === 'response.failed') throw new Error(event.response.error?.message);
    if (event.type === 'response.output_text.delta') piece(event.delta);
  }
};
