// The official `@anthropic-ai/sdk` package against Quorate (GTW-20).
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { z } from 'zod';
import * as peer from './checks.mjs';
import { all, ARGUMENTS, check, CITY, GREETING, KEY, MODELS, PARAMETERS, PICTURE, same, throws } from './checks.mjs';

const client = new Anthropic({ baseURL: peer.URL, apiKey: KEY, maxRetries: 0 });
const request = (model, content, more) => ({
	model,
	max_tokens: 2000,
	messages: [{ role: 'user', content }],
	...more,
});
const ask = (model, content, more) => client.messages.create(request(model, content, more));

const City = z.object({ city: z.string(), people: z.number() });
const weather = { name: 'get_weather', description: 'The weather in a city.', input_schema: PARAMETERS };

const withModel = {
	async message(model) {
		const said = await ask(model, 'Hello', { system: 'Be kind.' });
		same([said.type, said.role, said.stop_reason], ['message', 'assistant', 'end_turn']);
		same([said.content[0].type, said.content[0].text], ['text', GREETING]);
		const { usage } = said;
		same([usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens], [20, 10, 12]);
		assert(said._request_id);
	},
	async stream(model) {
		const stream = client.messages.stream(request(model, 'Hello'));
		const heard = [];
		stream.on('text', (piece) => heard.push(piece));
		const whole = await stream.finalMessage();
		same([heard.join(''), whole.content[0].text, whole.stop_reason], [GREETING, GREETING, 'end_turn']);
		same([whole.usage.input_tokens, whole.usage.output_tokens], [20, 12]);
		const kinds = (await all(await ask(model, 'Hello', { stream: true }))).map((event) => event.type);
		same([kinds[0], kinds.at(-1)], ['message_start', 'message_stop']);
	},
	async tools(model) {
		const messages = [{ role: 'user', content: 'What is the weather?' }];
		const said = await client.messages.create({ model, max_tokens: 200, messages, tools: [weather] });
		const call = said.content.at(-1);
		same([said.stop_reason, call.type, call.name, call.input], ['tool_use', 'tool_use', 'get_weather', ARGUMENTS]);
		const result = { type: 'tool_result', tool_use_id: call.id, content: 'Rain, 14 degrees' };
		messages.push({ role: 'assistant', content: said.content }, { role: 'user', content: [result] });
		const after = await client.messages.create({ model, max_tokens: 200, messages, tools: [weather] });
		same(after.content[0].text, 'It rains in Porto.');
	},
	async 'streamed tools'(model) {
		const stream = client.messages.stream(request(model, 'What is the weather?', { tools: [weather] }));
		const pieces = [];
		stream.on('inputJson', (piece) => pieces.push(piece));
		const whole = await stream.finalMessage();
		same([whole.stop_reason, whole.content.at(-1).input], ['tool_use', ARGUMENTS]);
		same(JSON.parse(pieces.join('')), ARGUMENTS);
	},
	async structured(model) {
		const tell = { name: 'tell_city', input_schema: { type: 'object', properties: { city: { type: 'string' } } } };
		const forced = { tools: [weather, tell], tool_choice: { type: 'tool', name: 'tell_city' } };
		same((await ask(model, 'Tell of a city', forced)).content[0].input, CITY);
		const output_config = { format: zodOutputFormat(City) };
		same((await client.messages.parse(request(model, 'A city as JSON', { output_config }))).parsed_output, CITY);
	},
	async vision(model) {
		const source = { type: 'base64', media_type: 'image/png', data: PICTURE };
		const parts = [
			{ type: 'image', source },
			{ type: 'text', text: 'What is in the picture?' },
		];
		same((await ask(model, parts)).content[0].text, 'A red square.');
	},
	async thinking(model) {
		const thinking = { type: 'enabled', budget_tokens: 1024 };
		const whole = await client.messages.stream(request(model, 'Think, then answer', { thinking })).finalMessage();
		same(whole.content.map((block) => block.type), ['thinking', 'text']);
		same([whole.content[0].thinking, whole.content[1].text], ['Six times seven.', 'Forty-two.']);
	},
	async count(model) {
		const asked = { model, messages: [{ role: 'user', content: 'Hello there' }] };
		const little = await client.messages.countTokens(asked);
		const more = await client.messages.countTokens({ ...asked, system: 'Be kind. '.repeat(20), tools: [weather] });
		assert(little.input_tokens > 0 && more.input_tokens > little.input_tokens);
	},
	async errors(model) {
		const stranger = new Anthropic({ baseURL: peer.URL, apiKey: 'qk_live_nobody', maxRetries: 0 });
		const hello = request(model, 'Hello');
		const refused = await throws(Anthropic.AuthenticationError, () => stranger.messages.create(hello));
		same([refused.status, refused.error.error.type], [401, 'authentication_error']);
		assert(refused.requestID);
		const unknown = await throws(Anthropic.NotFoundError, () => ask('nobody/knows', 'Hello'));
		assert.match(unknown.message, /nobody\/knows/);
		await throws(Anthropic.BadRequestError, () => ask(7, 'Hello'));
		const scripted = await throws(Anthropic.BadRequestError, () => ask(model, 'Refuse this'));
		assert.match(scripted.message, /scripted: this is refused/);
		const broken = client.messages.stream(request(model, 'Break off'));
		await assert.rejects(() => broken.finalMessage(), Anthropic.APIError);
	},
	async retries(model) {
		const busy = await throws(Anthropic.RateLimitError, () => ask(model, 'Always busy'));
		same([busy.status, busy.headers.get('retry-after')], [429, '7']);
		const said = await client.messages.create(request(model, 'Busy once'), { maxRetries: 2 });
		same(said.content[0].text, GREETING);
	},
};

const alone = {
	async models() {
		const listed = (await all(client.models.list())).map((model) => model.id);
		for (const name of ['board', 'board-quick', 'default', ...MODELS]) {
			assert(listed.includes(name), name);
			same((await client.models.retrieve(name)).id, name);
		}
	},
	async board() {
		const whole = await client.messages.stream(request('board-quick', peer.QUESTION)).finalMessage();
		assert(whole.content.at(-1).text.startsWith('#'), 'no report');
		assert.match(whole.content.map((block) => block.thinking ?? '').join(''), /\*\*/);
	},
};

for (const model of MODELS) await check(withModel, model);
await check(alone);
peer.end();
