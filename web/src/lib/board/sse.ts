/** One message of a server-sent event stream (WHATWG HTML, "event stream interpretation"). */
export interface Message {
	id: string | null;
	event: string;
	data: string;
}

/**
 * Cuts a stream of text into messages. Comments (heartbeats) yield nothing; a message cut off by the end of the stream
 * is dropped, as the standard says: it will be replayed.
 */
export class MessageCutter {
	#rest = '';
	#id: string | null = null;
	#event = '';
	#data: string[] = [];

	push(chunk: string): Message[] {
		const messages: Message[] = [];
		const text = this.#rest + chunk;
		// A trailing CR may be half of a CRLF: wait for what follows.
		const usable = text.endsWith('\r') ? text.length - 1 : text.length;
		let from = 0;
		for (let at = 0; at < usable; at++) {
			const letter = text[at];
			if (letter !== '\n' && letter !== '\r') continue;
			const message = this.#line(text.slice(from, at));
			if (message) messages.push(message);
			if (letter === '\r' && text[at + 1] === '\n') at++;
			from = at + 1;
		}
		this.#rest = text.slice(from);
		return messages;
	}

	#line(line: string): Message | null {
		if (line === '') return this.#dispatch();
		const colon = line.indexOf(':');
		if (colon === 0) return null;
		const field = colon === -1 ? line : line.slice(0, colon);
		const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
		if (field === 'data') this.#data.push(value);
		else if (field === 'event') this.#event = value;
		else if (field === 'id' && !value.includes('\0')) this.#id = value;
		return null;
	}

	#dispatch(): Message | null {
		const message = { id: this.#id, event: this.#event || 'message', data: this.#data.join('\n') };
		const empty = this.#data.length === 0;
		this.#event = '';
		this.#data = [];
		return empty ? null : message;
	}
}
