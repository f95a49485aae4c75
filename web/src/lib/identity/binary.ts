/** Bytes as base64url without padding, the way WebAuthn's JSON carries them. */
export function toBase64Url(bytes: ArrayBuffer | ArrayBufferView): string {
	const view = ArrayBuffer.isView(bytes)
		? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
		: new Uint8Array(bytes);
	let text = '';
	for (const byte of view) text += String.fromCharCode(byte);
	return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The bytes of base64url; padding and the plain alphabet are taken too. Throws on anything else. */
export function fromBase64Url(text: string): ArrayBuffer {
	const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
	const raw = atob(plain.padEnd(Math.ceil(plain.length / 4) * 4, '='));
	const bytes = new Uint8Array(raw.length);
	for (let index = 0; index < raw.length; index++) bytes[index] = raw.charCodeAt(index);
	return bytes.buffer;
}
