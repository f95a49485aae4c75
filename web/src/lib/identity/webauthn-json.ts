import { fromBase64Url, toBase64Url } from './binary';

/*
 * JSON ↔ binary for passkeys. Browsers since 2023-2025 do this themselves; what they cannot, is done here by hand, after
 * "parseCreationOptionsFromJSON", "parseRequestOptionsFromJSON" and "toJSON" of WebAuthn Level 3.
 */

/** A passkey's answer as the server wants it: a registration's or an assertion's JSON. */
export type CredentialJson = object;

type Descriptor = PublicKeyCredentialDescriptorJSON;

function descriptors(list: readonly Descriptor[] | undefined): PublicKeyCredentialDescriptor[] | undefined {
	return list?.map((one) => ({
		type: 'public-key',
		id: fromBase64Url(one.id),
		transports: one.transports as AuthenticatorTransport[] | undefined,
	}));
}

/** An object without the names whose value is undefined: WebIDL would not take them for absent everywhere. */
function present<T extends object>(value: T): T {
	return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}

/** What `navigator.credentials.get` wants. */
export function requestOptions(
	json: PublicKeyCredentialRequestOptionsJSON,
): PublicKeyCredentialRequestOptions {
	const native = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;
	if (native) return native.call(PublicKeyCredential, json);
	return present({
		challenge: fromBase64Url(json.challenge),
		timeout: json.timeout,
		rpId: json.rpId,
		allowCredentials: descriptors(json.allowCredentials),
		userVerification: json.userVerification as UserVerificationRequirement | undefined,
	});
}

/** What `navigator.credentials.create` wants. */
export function creationOptions(
	json: PublicKeyCredentialCreationOptionsJSON,
): PublicKeyCredentialCreationOptions {
	const native = globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON;
	if (native) return native.call(PublicKeyCredential, json);
	return present({
		rp: json.rp,
		user: { ...json.user, id: fromBase64Url(json.user.id) },
		challenge: fromBase64Url(json.challenge),
		pubKeyCredParams: json.pubKeyCredParams,
		timeout: json.timeout,
		excludeCredentials: descriptors(json.excludeCredentials),
		authenticatorSelection: json.authenticatorSelection,
		attestation: json.attestation as AttestationConveyancePreference | undefined,
		extensions:
			json.extensions?.credProps === undefined ? undefined : { credProps: json.extensions.credProps },
	});
}

/** A copy in which every piece of bytes, at any depth, is base64url. */
function readable(value: unknown): unknown {
	if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return toBase64Url(value);
	if (Array.isArray(value)) return value.map(readable);
	if (value && typeof value === 'object') {
		return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, readable(one)]));
	}
	return value;
}

function responseOf(response: AuthenticatorResponse): Record<string, unknown> {
	const common = { clientDataJSON: toBase64Url(response.clientDataJSON) };
	if ('attestationObject' in response) {
		const made = response as AuthenticatorAttestationResponse;
		const key = made.getPublicKey?.();
		return {
			...common,
			attestationObject: toBase64Url(made.attestationObject),
			authenticatorData: made.getAuthenticatorData ? toBase64Url(made.getAuthenticatorData()) : undefined,
			publicKey: key ? toBase64Url(key) : undefined,
			publicKeyAlgorithm: made.getPublicKeyAlgorithm?.(),
			transports: made.getTransports?.() ?? [],
		};
	}
	const given = response as AuthenticatorAssertionResponse;
	return {
		...common,
		authenticatorData: toBase64Url(given.authenticatorData),
		signature: toBase64Url(given.signature),
		userHandle: given.userHandle ? toBase64Url(given.userHandle) : undefined,
	};
}

/** What the server wants. Some password managers hand out credentials whose own `toJSON` is missing or throws. */
export function credentialJson(credential: PublicKeyCredential): CredentialJson {
	try {
		if (typeof credential.toJSON === 'function') return credential.toJSON() as object;
	} catch {
		// By hand, then.
	}
	return {
		id: credential.id,
		rawId: toBase64Url(credential.rawId),
		type: credential.type,
		authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
		response: present(responseOf(credential.response)),
		clientExtensionResults: readable(credential.getClientExtensionResults?.() ?? {}),
	};
}
