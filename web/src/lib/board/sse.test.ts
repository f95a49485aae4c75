import { expect, it } from 'vitest';
import { MessageCutter } from './sse';

const STREAM =
	': beat\n\nid: 1\nevent: a\ndata: {"x":\ndata: 1}\n\nid: 2\r\nevent: b\r\ndata: é\r\n\r\ndata\n\nid: 3\ndata: cut';

it.each([1, 2, 3, 7, 1000])('cuts the same messages from chunks of %i', (size) => {
	const cutter = new MessageCutter();
	const messages = [];
	for (let at = 0; at < STREAM.length; at += size) messages.push(...cutter.push(STREAM.slice(at, at + size)));
	expect(messages).toEqual([
		{ id: '1', event: 'a', data: '{"x":\n1}' },
		{ id: '2', event: 'b', data: 'é' },
		{ id: '2', event: 'message', data: '' },
	]);
});
