// @ts-check
// LangChain's OpenAI client: `openai` below, told to try once only, so that every request is marked as a first one; and six tries of its own
// above, but none after a 429 whose wait it cannot read, which no page can.
import { ChatOpenAI } from '@langchain/openai';

/** @param {import('../chat-events.js').Ask} ask */
export const ask = async ({ key, stream, question, piece }) => {
  const model = new ChatOpenAI({
    model: 'openai/gpt-oss-120b', apiKey: key, configuration: { baseURL: 'https://openrouter.ai/api/v1', dangerouslyAllowBrowser: true },
  });
  if (!stream) return (await model.invoke(question)).text;
  for await (const chunk of await model.stream(question)) piece(chunk.text);
};
