// Vercel's AI SDK against Quorate (GTW-20), through its packages for OpenAI's chat and responses, for servers that speak
// like OpenAI, and for Anthropic.
import assert from 'node:assert/strict';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embed, embedMany, generateText, isStepCount, Output, streamText, tool } from 'ai';
import { z } from 'zod';
import * as peer from './checks.mjs';
import { all, ARGUMENTS, check, CITY, GREETING, KEY, MODELS, PICTURE, same, throws } from './checks.mjs';

const baseURL = `${peer.URL}/v1`;
const openai = createOpenAI({ baseURL, apiKey: KEY });
const compatible = createOpenAICompatible({
	name: 'quorate',
	baseURL,
	apiKey: KEY,
	includeUsage: true,
	supportsStructuredOutputs: true,
});
const anthropic = createAnthropic({ baseURL, apiKey: KEY });
const WAYS = {
	chat: (model) => openai.chat(model),
	responses: (model) => openai.responses(model),
	compatible: (model) => compatible(model),
	messages: (model) => anthropic(model),
};

const City = z.object({ city: z.string(), people: z.number() });
const Place = z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) });
const patience = { maxRetries: 0 };

function weather() {
	const asked = [];
	const execute = async (given) => {
		asked.push(given);
		return 'Rain, 14 degrees';
	};
	const tools = { get_weather: tool({ description: 'The weather in a city.', inputSchema: Place, execute }) };
	return { asked, tools };
}

const withModel = {
	async generate(way, model) {
		const said = await generateText({ ...patience, model: WAYS[way](model), system: 'Be kind.', prompt: 'Hello' });
		same([said.text, said.finishReason], [GREETING, 'stop']);
		same([said.usage.inputTokens, said.usage.outputTokens], [30, 12]);
	},
	async stream(way, model) {
		const stream = streamText({ ...patience, model: WAYS[way](model), prompt: 'Hello' });
		same((await all(stream.textStream)).join(''), GREETING);
		const usage = await stream.usage;
		same([await stream.finishReason, usage.inputTokens, usage.outputTokens], ['stop', 30, 12]);
	},
	async tools(way, model) {
		const { asked, tools } = weather();
		const prompt = 'What is the weather?';
		const said = await generateText({ ...patience, model: WAYS[way](model), tools, prompt, stopWhen: isStepCount(3) });
		same([said.text, said.steps.length, asked], ['It rains in Porto.', 2, [ARGUMENTS]]);
	},
	async 'streamed tools'(way, model) {
		const { asked, tools } = weather();
		const prompt = 'What is the weather?';
		const stream = streamText({ ...patience, model: WAYS[way](model), tools, prompt, stopWhen: isStepCount(3) });
		same((await all(stream.textStream)).join(''), 'It rains in Porto.');
		same(asked, [ARGUMENTS]);
	},
	async structured(way, model) {
		const output = Output.object({ schema: City });
		const asked = { ...patience, model: WAYS[way](model), output, prompt: 'A city as JSON' };
		same((await generateText(asked)).output, CITY);
		const stream = streamText(asked);
		same((await all(stream.partialOutputStream)).at(-1), CITY);
	},
	async vision(way, model) {
		const picture = { type: 'file', data: Buffer.from(PICTURE, 'base64'), mediaType: 'image/png' };
		const content = [{ type: 'text', text: 'What is in the picture?' }, picture];
		const messages = [{ role: 'user', content }];
		same((await generateText({ ...patience, model: WAYS[way](model), messages })).text, 'A red square.');
	},
	async thinking(way, model) {
		// The package for OpenAI's own chat does not know the field that others send thinking in.
		if (way === 'chat') return;
		const said = await generateText({ ...patience, model: WAYS[way](model), prompt: 'Think, then answer' });
		same([said.text, said.reasoningText], ['Forty-two.', 'Six times seven.']);
		const stream = streamText({ ...patience, model: WAYS[way](model), prompt: 'Think, then answer' });
		same([await stream.text, await stream.reasoningText], ['Forty-two.', 'Six times seven.']);
	},
	async errors(way, model) {
		const ask = (model, prompt) => generateText({ ...patience, model: WAYS[way](model), prompt });
		const unknown = await throws(APICallError, () => ask('nobody/knows', 'Hello'));
		same([unknown.statusCode, unknown.isRetryable], [404, false]);
		assert.match(unknown.message, /nobody\/knows/);
		const refused = await throws(APICallError, () => ask(model, 'Refuse this'));
		same([refused.statusCode, refused.isRetryable], [400, false]);
		assert.match(refused.message, /scripted: this is refused/);
		const seen = [];
		const onError = ({ error }) => seen.push(error);
		const stream = streamText({ ...patience, model: WAYS[way](model), prompt: 'Break off', onError });
		await stream.consumeStream({ onError: () => {} });
		assert(seen.length > 0, 'a broken stream was taken for a whole one');
	},
	async retries(way, model) {
		const busy = await throws(APICallError, () =>
			generateText({ ...patience, model: WAYS[way](model), prompt: 'Always busy' }),
		);
		same([busy.statusCode, busy.isRetryable, busy.responseHeaders['retry-after']], [429, true, '7']);
		const said = await generateText({ maxRetries: 2, model: WAYS[way](model), prompt: `Busy once: ${way}` });
		same(said.text, GREETING);
	},
};

const alone = {
	async 'wrong key'() {
		const stranger = createOpenAI({ baseURL, apiKey: 'qk_live_nobody' });
		const ask = () => generateText({ ...patience, model: stranger.chat(MODELS[0]), prompt: 'Hello' });
		same((await throws(APICallError, ask)).statusCode, 401);
	},
	async embeddings() {
		for (const from of [openai, compatible]) {
			const model = from.embeddingModel('open/vectors');
			const { embedding } = await embed({ ...patience, model, value: 'two' });
			const { embeddings, usage } = await embedMany({ ...patience, model, values: ['one', 'two'] });
			same(embeddings[1], embedding);
			assert(usage.tokens > 0);
		}
	},
	async board() {
		const stream = streamText({ ...patience, model: compatible('board-quick'), prompt: peer.QUESTION });
		assert((await stream.text).startsWith('#'), 'no report');
		assert.match(await stream.reasoningText, /\*\*/);
	},
};

for (const model of MODELS) for (const way of Object.keys(WAYS)) await check(withModel, way, model);
await check(alone);
peer.end();
