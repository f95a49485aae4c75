// The official `openai` package against Quorate (GTW-20).
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import * as peer from './checks.mjs';
import { all, ARGUMENTS, check, CITY, GREETING, KEY, MODELS, PARAMETERS, PICTURE, same, throws } from './checks.mjs';

const client = new OpenAI({ baseURL: `${peer.URL}/v1`, apiKey: KEY, maxRetries: 0 });
const chat = (model, content, more) =>
	client.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });

const City = z.object({ city: z.string(), people: z.number() });
const definition = { name: 'get_weather', description: 'The weather in a city.', parameters: PARAMETERS };
const weather = { type: 'function', function: definition };
const pieces = (chunks) => chunks.flatMap((chunk) => chunk.choices).map((choice) => choice.delta);

const withModel = {
	async chat(model) {
		const said = await chat(model, 'Hello', { temperature: 0.5 });
		same([said.object, said.choices[0].message.content], ['chat.completion', GREETING]);
		same([said.usage.prompt_tokens, said.usage.completion_tokens], [30, 12]);
		assert(said._request_id);
	},
	async stream(model) {
		const chunks = await all(await chat(model, 'Hello', { stream: true, stream_options: { include_usage: true } }));
		same(pieces(chunks).map((delta) => delta.content ?? '').join(''), GREETING);
		const last = chunks.at(-1);
		same([last.choices, last.usage.prompt_tokens, last.usage.completion_tokens], [[], 30, 12]);
	},
	async 'stream left early'(model) {
		const stream = await chat(model, 'Hello', { stream: true });
		for await (const chunk of stream) {
			same(chunk.object, 'chat.completion.chunk');
			break;
		}
		assert(stream.controller.signal.aborted);
	},
	async tools(model) {
		const turns = [{ role: 'user', content: 'What is the weather?' }];
		const said = (await client.chat.completions.create({ model, messages: turns, tools: [weather] })).choices[0];
		const [call] = said.message.tool_calls;
		same([said.finish_reason, call.type, call.function.name], ['tool_calls', 'function', 'get_weather']);
		same(JSON.parse(call.function.arguments), ARGUMENTS);
		turns.push(said.message, { role: 'tool', tool_call_id: call.id, content: 'Rain, 14 degrees' });
		const after = await client.chat.completions.create({ model, messages: turns, tools: [weather] });
		same(after.choices[0].message.content, 'It rains in Porto.');
	},
	async 'tools that run by themselves'(model) {
		const asked = [];
		const run = (given) => {
			asked.push(given);
			return 'Rain, 14 degrees';
		};
		const runner = client.chat.completions.runTools({
			model,
			stream: true,
			messages: [{ role: 'user', content: 'What is the weather?' }],
			tools: [{ type: 'function', function: { ...definition, parse: JSON.parse, function: run } }],
		});
		same(await runner.finalContent(), 'It rains in Porto.');
		same(asked, [ARGUMENTS]);
	},
	async structured(model) {
		const messages = [{ role: 'user', content: 'A city as JSON' }];
		const response_format = zodResponseFormat(City, 'city');
		const said = await client.chat.completions.parse({ model, messages, response_format });
		same(said.choices[0].message.parsed, CITY);
		const streamed = client.chat.completions.stream({ model, messages, response_format });
		same((await streamed.finalChatCompletion()).choices[0].message.parsed, CITY);
	},
	async vision(model) {
		const url = `data:image/png;base64,${PICTURE}`;
		const parts = [
			{ type: 'text', text: 'What is in the picture?' },
			{ type: 'image_url', image_url: { url } },
		];
		same((await chat(model, parts)).choices[0].message.content, 'A red square.');
	},
	async thinking(model) {
		const { message } = (await chat(model, 'Think, then answer')).choices[0];
		same([message.content, message.reasoning_content], ['Forty-two.', 'Six times seven.']);
	},
	async response(model) {
		const said = await client.responses.create({ model, instructions: 'Be kind.', input: 'Hello' });
		same([said.object, said.status, said.output_text], ['response', 'completed', GREETING]);
		same([said.usage.input_tokens, said.usage.output_tokens, said.instructions], [30, 12, 'Be kind.']);
	},
	async 'response stream'(model) {
		const events = await all(await client.responses.create({ model, input: 'Hello', stream: true }));
		same(events.map((event) => event.sequence_number), [...events.keys()]);
		const deltas = events.filter((event) => event.type === 'response.output_text.delta');
		same(deltas.map((event) => event.delta).join(''), GREETING);
		same([events[0].type, events.at(-1).type], ['response.created', 'response.completed']);
		const whole = await client.responses.stream({ model, input: 'Hello' }).finalResponse();
		same([whole.output_text, whole.usage.total_tokens], [GREETING, 42]);
	},
	async 'response tools'(model) {
		const tools = [{ type: 'function', strict: true, ...definition }];
		const input = [{ role: 'user', content: 'What is the weather?' }];
		const said = await client.responses.create({ model, input, tools });
		const call = said.output.find((item) => item.type === 'function_call');
		same([call.name, JSON.parse(call.arguments)], ['get_weather', ARGUMENTS]);
		const result = { type: 'function_call_output', call_id: call.call_id, output: 'Rain, 14 degrees' };
		const after = await client.responses.create({ model, input: [...input, ...said.output, result], tools });
		same(after.output_text, 'It rains in Porto.');
		const streamed = await client.responses.stream({ model, input, tools }).finalResponse();
		same(JSON.parse(streamed.output.find((item) => item.type === 'function_call').arguments), ARGUMENTS);
	},
	async 'response structured'(model) {
		const text = { format: zodTextFormat(City, 'city') };
		same((await client.responses.parse({ model, input: 'A city as JSON', text })).output_parsed, CITY);
	},
	async 'response vision'(model) {
		const picture = { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}`, detail: 'low' };
		const content = [{ type: 'input_text', text: 'What is in the picture?' }, picture];
		const said = await client.responses.create({ model, input: [{ role: 'user', content }] });
		same(said.output_text, 'A red square.');
	},
	async errors(model) {
		const stranger = client.withOptions({ apiKey: 'qk_live_nobody' });
		const hello = { model, messages: [{ role: 'user', content: 'Hello' }] };
		const refused = await throws(OpenAI.AuthenticationError, () => stranger.chat.completions.create(hello));
		same([refused.status, refused.type], [401, 'authentication_error']);
		assert(refused.requestID && refused.message);
		const unknown = await throws(OpenAI.NotFoundError, () => chat('nobody/knows', 'Hello'));
		assert.match(unknown.message, /nobody\/knows/);
		await throws(OpenAI.BadRequestError, () => chat(7, 'Hello'));
		const scripted = await throws(OpenAI.BadRequestError, () => chat(model, 'Refuse this'));
		assert.match(scripted.message, /scripted: this is refused/);
		await throws(OpenAI.APIError, async () => all(await chat(model, 'Break off', { stream: true })));
		await throws(OpenAI.APIError, async () =>
			all(await client.responses.create({ model, input: 'Break off', stream: true })),
		);
	},
	async retries(model) {
		const busy = await throws(OpenAI.RateLimitError, () => chat(model, 'Always busy'));
		same([busy.status, busy.headers.get('retry-after')], [429, '7']);
		const again = { model, messages: [{ role: 'user', content: 'Busy once' }] };
		const said = await client.chat.completions.create(again, { maxRetries: 2 });
		same(said.choices[0].message.content, GREETING);
	},
};

const alone = {
	async embeddings() {
		const asked = { model: 'open/vectors', input: ['one', 'two'] };
		const packed = await client.embeddings.create(asked);
		const plain = await client.embeddings.create({ ...asked, encoding_format: 'float' });
		same(packed.data.map((one) => one.index), [0, 1]);
		const near = (a, b) => Math.abs(a - b) < 1e-6;
		for (const [at, one] of packed.data.entries())
			assert(plain.data[at].embedding.every((value, place) => near(value, one.embedding[place])));
		assert.notDeepEqual(packed.data[0].embedding, packed.data[1].embedding);
		same((await client.embeddings.create({ model: 'offline/demo', input: 'one' })).data.length, 1);
	},
	async models() {
		const listed = (await all(client.models.list())).map((model) => model.id);
		for (const name of ['board', 'board-quick', 'default', ...MODELS]) {
			assert(listed.includes(name), name);
			same((await client.models.retrieve(name)).id, name);
		}
	},
	async board() {
		const deltas = pieces(await all(await chat('board-quick', peer.QUESTION, { stream: true })));
		assert(deltas.map((delta) => delta.content ?? '').join('').startsWith('#'), 'no report');
		assert.match(deltas.map((delta) => delta.reasoning_content ?? '').join(''), /\*\*/);
	},
};

for (const model of MODELS) await check(withModel, model);
await check(alone);
peer.end();
