import { api, ask } from '$lib/api/client';
import type { components } from '$lib/api/schema';
import type { CreationOptions, CredentialJson } from '$lib/identity/webauthn';
import type * as T from './types';

type Schemas = components['schemas'];

const at = (id: string) => ({ params: { path: { id } } });

/** The calls about the person who is signed in. Each throws a `Problem`. */
export const mine = {
	read: () => ask(api.GET('/api/v1/users/me')),
	change: (body: Schemas['ProfileBody']) => ask(api.PATCH('/api/v1/users/me', { body })),
	consent: (body: Schemas['ConsentBody']) => ask(api.PUT('/api/v1/users/me/consents', { body })),
	putAvatar: (picture: Blob) =>
		ask(
			api.PUT('/api/v1/users/me/avatar', {
				// The description has no type for bytes.
				body: picture as never,
				bodySerializer: () => picture,
				headers: { 'Content-Type': picture.type },
			}),
		),
	dropAvatar: () => ask(api.DELETE('/api/v1/users/me/avatar')),
	changePassword: (body: Schemas['PasswordBody']) => ask(api.POST('/api/v1/users/me/password', { body })),
	changeEmail: (body: Schemas['EmailBody']) => ask(api.POST('/api/v1/users/me/email', { body })),
	resendVerification: () => ask(api.POST('/api/v1/auth/verify-email/resend')),
	logins: () => ask(api.GET('/api/v1/users/me/login-sessions')),
	endLogin: (id: string) => ask(api.DELETE('/api/v1/users/me/login-sessions/{id}', at(id))),
	endAllLogins: () => ask(api.POST('/api/v1/auth/logout-all')),
	beginTotp: (body: Schemas['PasswordProof']) =>
		ask(api.POST('/api/v1/users/me/second-factor/totp', { body })),
	confirmTotp: (code: string) =>
		ask(api.POST('/api/v1/users/me/second-factor/totp/confirm', { body: { code } })),
	removeTotp: (body: Schemas['AppRemoval']) =>
		ask(api.POST('/api/v1/users/me/second-factor/totp/remove', { body })),
	newRecoveryCodes: (code: string) =>
		ask(api.POST('/api/v1/users/me/second-factor/recovery-codes', { body: { code } })),
	passkeys: () => ask(api.GET('/api/v1/users/me/passkeys')),
	// What a browser takes and gives for a passkey is the browser's own; the description knows it as an object.
	beginPasskey: async (body: Schemas['PasswordProof']) =>
		(await ask(api.POST('/api/v1/users/me/passkeys/options', { body }))) as {
			challenge: string;
			options: CreationOptions;
		},
	addPasskey: (body: { challenge: string; credential: CredentialJson; name?: string }) =>
		ask(api.POST('/api/v1/users/me/passkeys', { body: body as Schemas['NewPasskeyBody'] })),
	renamePasskey: (id: string, name: string) =>
		ask(api.PATCH('/api/v1/users/me/passkeys/{id}', { ...at(id), body: { name } })),
	/** The last one of an account without an app goes only with the account's password. */
	removePasskey: (id: string, password?: string) =>
		ask(
			api.DELETE('/api/v1/users/me/passkeys/{id}', {
				...at(id),
				body: password === undefined ? undefined : { password },
			}),
		),
	connections: () => ask(api.GET('/api/v1/users/me/connections')),
	disconnect: (provider: string) =>
		ask(api.DELETE('/api/v1/users/me/connections/{provider}', { params: { path: { provider } } })),
	devices: () => ask(api.GET('/api/v1/devices')),
	renameDevice: (id: string, name: string) =>
		ask(api.PATCH('/api/v1/devices/{id}', { ...at(id), body: { name } })),
	removeDevice: (id: string) => ask(api.DELETE('/api/v1/devices/{id}', at(id))),
};

/** The calls about organizations; all but the list, making one, switching and leaving act on the acting one. */
export const organizations = {
	list: async () => (await ask(api.GET('/api/v1/orgs'))) as { data: T.Organization[] },
	create: async (name: string) => (await ask(api.POST('/api/v1/orgs', { body: { name } }))) as T.Organization,
	switchTo: (id: string) => ask(api.POST('/api/v1/orgs/{id}/switch', at(id))),
	read: async (id: string) => (await ask(api.GET('/api/v1/orgs/{id}', at(id)))) as T.Organization,
	rename: (id: string, name: string) => ask(api.PATCH('/api/v1/orgs/{id}', { ...at(id), body: { name } })),
	remove: (id: string, confirm: string) =>
		ask(api.DELETE('/api/v1/orgs/{id}', { ...at(id), body: { confirm } })),
	leave: (id: string) => ask(api.POST('/api/v1/orgs/{id}/leave', at(id))),
	transfer: (id: string, body: Schemas['TransferBody']) =>
		ask(api.POST('/api/v1/orgs/{id}/transfer', { ...at(id), body })),
	members: (id: string) => ask(api.GET('/api/v1/orgs/{id}/members', at(id))),
	setRole: (id: string, user_id: string, role: T.Role) =>
		ask(
			api.PATCH('/api/v1/orgs/{id}/members/{user_id}', { params: { path: { id, user_id } }, body: { role } }),
		),
	removeMember: (id: string, user_id: string) =>
		ask(api.DELETE('/api/v1/orgs/{id}/members/{user_id}', { params: { path: { id, user_id } } })),
	invitations: (id: string) => ask(api.GET('/api/v1/orgs/{id}/invitations', at(id))),
	invite: (id: string, body: Schemas['InviteBody']) =>
		ask(api.POST('/api/v1/orgs/{id}/invitations', { ...at(id), body })),
	resend: (id: string, invitation_id: string) =>
		ask(
			api.POST('/api/v1/orgs/{id}/invitations/{invitation_id}/resend', {
				params: { path: { id, invitation_id } },
			}),
		),
	revoke: (id: string, invitation_id: string) =>
		ask(
			api.DELETE('/api/v1/orgs/{id}/invitations/{invitation_id}', {
				params: { path: { id, invitation_id } },
			}),
		),
};

/** What the organization has bought and used, and what there is to buy. */
export const billing = {
	subscription: () => ask(api.GET('/api/v1/billing/subscription')),
	plans: () => ask(api.GET('/api/v1/billing/plans')),
};

/** The calls of those who run the server. */
export const operators = {
	list: () => ask(api.GET('/api/v1/operators')),
	add: (email: string) => ask(api.POST('/api/v1/operators', { body: { email } })),
	remove: (user_id: string) =>
		ask(api.DELETE('/api/v1/operators/{user_id}', { params: { path: { user_id } } })),
	anomalies: (reviewed: boolean, cursor: string | null) =>
		ask(
			api.GET('/api/v1/operators/anomalies', {
				params: { query: { reviewed, cursor: cursor ?? undefined } },
			}),
		),
	review: (anomaly_id: string) =>
		ask(api.POST('/api/v1/operators/anomalies/{anomaly_id}/review', { params: { path: { anomaly_id } } })),
	mails: () => ask(api.GET('/api/v1/operators/mails')),
	mail: (mail_id: string) =>
		ask(api.GET('/api/v1/operators/mails/{mail_id}', { params: { path: { mail_id } } })),
	audit: (filter: { action: string; user_id: string }, cursor: string | null) =>
		ask(
			api.GET('/api/v1/operators/audit', {
				params: {
					query: {
						action: filter.action || undefined,
						user_id: filter.user_id || undefined,
						cursor: cursor ?? undefined,
					},
				},
			}),
		),
};
