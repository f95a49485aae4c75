import { afterEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '$lib/api/problem';
import { fromBase64Url, toBase64Url } from './binary';
import { autofillSupported, makePasskey, passkeyProblem, passkeysSupported, usePasskey } from './webauthn';
import { creationOptions, credentialJson, requestOptions } from './webauthn-json';

const bytes = (...list: number[]) => new Uint8Array(list).buffer;
const named = (name: string) => Object.assign(new Error(name), { name });

afterEach(() => vi.unstubAllGlobals());

describe('base64url', () => {
	it('goes there and back for every length and byte', () => {
		for (let length = 0; length < 70; length++) {
			const source = Uint8Array.from({ length }, (_, index) => (index * 37 + length * 11) % 256);
			const text = toBase64Url(source);
			expect(text).toMatch(/^[\w-]*$/);
			expect(new Uint8Array(fromBase64Url(text))).toEqual(source);
		}
	});

	it('writes the part that a view shows, not the buffer under it', () => {
		expect(toBase64Url(new Uint8Array([1, 2, 3, 4]).subarray(1, 3))).toBe(toBase64Url(bytes(2, 3)));
	});

	it('reads the plain alphabet and padding, and refuses the rest', () => {
		expect(new Uint8Array(fromBase64Url('+/8='))).toEqual(new Uint8Array([251, 255]));
		expect(() => fromBase64Url('no spaces!')).toThrow();
	});
});

describe('options by hand', () => {
	it('turns a request into bytes and leaves out what is not there', () => {
		const made = requestOptions({
			challenge: 'AQID',
			rpId: 'board.example',
			allowCredentials: [{ type: 'public-key', id: '_w', transports: ['internal'] }],
			userVerification: 'required',
		});
		expect(new Uint8Array(made.challenge as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
		expect(new Uint8Array(made.allowCredentials?.[0]?.id as ArrayBuffer)).toEqual(new Uint8Array([255]));
		expect(made).toMatchObject({ rpId: 'board.example', userVerification: 'required' });
		expect('timeout' in made).toBe(false);
	});

	it('turns a creation into bytes', () => {
		const made = creationOptions({
			rp: { name: 'Quorate', id: 'board.example' },
			user: { id: 'BAU', name: 'ada@example.org', displayName: 'Ada' },
			challenge: 'AQID',
			pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
			excludeCredentials: [{ type: 'public-key', id: 'Bg' }],
			authenticatorSelection: { residentKey: 'required' },
			attestation: 'none',
			extensions: { credProps: true },
		});
		expect(new Uint8Array(made.user.id as ArrayBuffer)).toEqual(new Uint8Array([4, 5]));
		expect(new Uint8Array(made.excludeCredentials?.[0]?.id as ArrayBuffer)).toEqual(new Uint8Array([6]));
		expect(made).toMatchObject({ user: { name: 'ada@example.org' }, attestation: 'none' });
		expect(made.extensions).toEqual({ credProps: true });
	});

	it('lets the browser do it where it can', () => {
		const own = { challenge: bytes(9) };
		vi.stubGlobal('PublicKeyCredential', { parseRequestOptionsFromJSON: () => own });
		expect(requestOptions({ challenge: 'AQID' })).toBe(own);
	});
});

describe('credentials by hand', () => {
	const assertion = {
		id: 'AQ',
		rawId: bytes(1),
		type: 'public-key',
		authenticatorAttachment: null,
		response: {
			clientDataJSON: bytes(2),
			authenticatorData: bytes(3),
			signature: bytes(4),
			userHandle: null,
		},
		getClientExtensionResults: () => ({ prf: { results: { first: bytes(255) } }, appid: true }),
	};

	it('writes an assertion, with bytes inside extensions too', () => {
		expect(credentialJson(assertion as unknown as PublicKeyCredential)).toEqual({
			id: 'AQ',
			rawId: 'AQ',
			type: 'public-key',
			authenticatorAttachment: undefined,
			response: { clientDataJSON: 'Ag', authenticatorData: 'Aw', signature: 'BA' },
			clientExtensionResults: { prf: { results: { first: '_w' } }, appid: true },
		});
	});

	it('writes an attestation with its transports', () => {
		const credential = {
			...assertion,
			authenticatorAttachment: 'platform',
			response: {
				clientDataJSON: bytes(2),
				attestationObject: bytes(5),
				getTransports: () => ['internal', 'hybrid'],
				getPublicKey: () => null,
			},
		};
		expect(credentialJson(credential as unknown as PublicKeyCredential)).toMatchObject({
			authenticatorAttachment: 'platform',
			response: { attestationObject: 'BQ', transports: ['internal', 'hybrid'] },
		});
	});

	it('does not fail where the credential’s own toJSON does', () => {
		const broken = {
			...assertion,
			toJSON() {
				throw new TypeError('Illegal invocation');
			},
		};
		expect(credentialJson(broken as unknown as PublicKeyCredential)).toMatchObject({ rawId: 'AQ' });
		const whole = { ...assertion, toJSON: () => ({ id: 'own' }) };
		expect(credentialJson(whole as unknown as PublicKeyCredential)).toEqual({ id: 'own' });
	});
});

describe('the ceremony', () => {
	const options = { publicKey: { challenge: 'AQID' } };
	function browser(credentials: object, more: object = {}) {
		vi.stubGlobal(
			'PublicKeyCredential',
			Object.assign(function PublicKeyCredential() {}, more),
		);
		vi.stubGlobal('navigator', { credentials });
	}

	it('says so where there are no passkeys', async () => {
		vi.stubGlobal('navigator', {});
		expect(passkeysSupported()).toBe(false);
		expect(await autofillSupported()).toBe(false);
		await expect(usePasskey(options)).rejects.toMatchObject({ code: 'PASSKEY_UNSUPPORTED' });
	});

	it('asks in the background only when told to', async () => {
		const get = vi.fn(async () => ({ toJSON: () => ({ id: 'x' }) }));
		browser({ get });
		const { signal } = new AbortController();
		expect(await usePasskey(options, { autofill: true, signal })).toEqual({ id: 'x' });
		expect(get).toHaveBeenLastCalledWith(expect.objectContaining({ mediation: 'conditional', signal }));
		await usePasskey(options);
		expect(get).toHaveBeenLastCalledWith(expect.objectContaining({ mediation: undefined }));
	});

	it.each([
		['NotAllowedError', 'PASSKEY_CANCELLED'],
		['InvalidStateError', 'PASSKEY_KNOWN'],
		['NotSupportedError', 'PASSKEY_UNSUPPORTED'],
		['SecurityError', 'PASSKEY_FAILED'],
		['TypeError', 'PASSKEY_FAILED'],
	])('calls %s %s', async (name, code) => {
		browser({ get: () => Promise.reject(named(name)), create: () => Promise.reject(named(name)) });
		await expect(usePasskey(options)).rejects.toMatchObject({ code, status: 0 });
	});

	it('is silent about what the page called off, and not about an empty answer', async () => {
		browser({ get: () => Promise.reject(named('AbortError')), create: async () => null });
		expect(await usePasskey(options)).toBeNull();
		const creation = {
			publicKey: {
				rp: { name: 'Quorate' },
				user: { id: 'BAU', name: 'a', displayName: 'A' },
				challenge: 'AQID',
				pubKeyCredParams: [],
			},
		};
		await expect(makePasskey(creation)).rejects.toMatchObject({ code: 'PASSKEY_CANCELLED' });
	});

	it('offers the list at an input where the browser can, and survives one that throws', async () => {
		browser({ get() {} }, { isConditionalMediationAvailable: async () => true });
		expect(await autofillSupported()).toBe(true);
		browser({ get() {} }, { isConditionalMediationAvailable: () => Promise.reject(new Error()) });
		expect(await autofillSupported()).toBe(false);
		browser({ get() {} });
		expect(await autofillSupported()).toBe(false);
	});

	it('hands through a problem that already has its code', () => {
		const known = new Problem('RATE_LIMITED', 429, '');
		expect(passkeyProblem(known)).toBe(known);
		expect(passkeyProblem(null)?.code).toBe('PASSKEY_FAILED');
	});
});
