import { Problem } from '$lib/api/problem';
import { creationOptions, credentialJson, requestOptions, type CredentialJson } from './webauthn-json';

/** WebAuthn options as the server sends them: what `navigator.credentials` takes, with base64url for bytes. */
export interface RequestOptions {
	publicKey: PublicKeyCredentialRequestOptionsJSON;
}
/** The same for making a passkey. */
export interface CreationOptions {
	publicKey: PublicKeyCredentialCreationOptionsJSON;
}
export type { CredentialJson };

/** Whether passkeys work here at all: a browser that knows them, at https or localhost. */
export function passkeysSupported(): boolean {
	return typeof globalThis.PublicKeyCredential === 'function' && Boolean(globalThis.navigator?.credentials);
}

/** Whether the browser can offer passkeys in the list that opens at an input (conditional mediation). */
export async function autofillSupported(): Promise<boolean> {
	if (!passkeysSupported()) return false;
	try {
		return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
	} catch {
		return false;
	}
}

/** Puts the browser's refusal into a code with a sentence; `null` for what the page itself called off. */
export function passkeyProblem(cause: unknown): Problem | null {
	if (cause instanceof Problem) return cause;
	const name = (cause as { name?: unknown } | null)?.name;
	if (name === 'AbortError') return null;
	// One name for "closed the window", "took too long" and "has none": the browser does not tell them apart.
	if (name === 'NotAllowedError') return new Problem('PASSKEY_CANCELLED', 0, 'No passkey was used.');
	if (name === 'InvalidStateError') return new Problem('PASSKEY_KNOWN', 0, 'The passkey exists already.');
	if (name === 'NotSupportedError')
		return new Problem('PASSKEY_UNSUPPORTED', 0, 'Passkeys do not work here.');
	return new Problem('PASSKEY_FAILED', 0, 'The passkey could not be used.');
}

/**
 * Asks for a passkey; null when `signal` ended the wait. With `autofill` the browser waits in the background until the
 * person picks one from the list at an input with `autocomplete="… webauthn"`. Throws a `Problem`.
 */
export async function usePasskey(
	options: RequestOptions,
	how: { autofill?: boolean; signal?: AbortSignal } = {},
): Promise<CredentialJson | null> {
	return ceremony(() =>
		navigator.credentials.get({
			publicKey: requestOptions(options.publicKey),
			mediation: how.autofill ? 'conditional' : undefined,
			signal: how.signal,
		}),
	);
}

/** Makes a passkey; null when `signal` ended the wait. Throws a `Problem`. */
export async function makePasskey(
	options: CreationOptions,
	how: { signal?: AbortSignal } = {},
): Promise<CredentialJson | null> {
	return ceremony(() =>
		navigator.credentials.create({ publicKey: creationOptions(options.publicKey), signal: how.signal }),
	);
}

async function ceremony(ask: () => Promise<Credential | null>): Promise<CredentialJson | null> {
	if (!passkeysSupported()) throw new Problem('PASSKEY_UNSUPPORTED', 0, 'Passkeys do not work here.');
	try {
		const credential = await ask();
		if (!credential) throw new Problem('PASSKEY_CANCELLED', 0, 'No passkey was used.');
		return credentialJson(credential as PublicKeyCredential);
	} catch (cause) {
		const problem = passkeyProblem(cause);
		if (problem) throw problem;
		return null;
	}
}
