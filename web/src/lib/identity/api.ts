import { api, ask } from '$lib/api/client';
import type { components } from '$lib/api/schema';
import type { User } from '$lib/api/types';
import type { CredentialJson, RequestOptions } from './webauthn';

type Schemas = components['schemas'];

/** A service that people can log in with. `kind` chooses the picture, `label` is its name. */
export type SocialProvider = Schemas['ProviderView'];
/** What this server lets people log in and register with. */
export type Methods = Schemas['Methods'];
/** Somebody is signed in; the tokens went into cookies that this page cannot read. */
export interface Entered {
	user: User;
}
/** The answer of a server that tells nobody which addresses have accounts. */
export type CheckMail = Schemas['CheckMail'];
export type Registration = Schemas['RegisterBody'];
/** What an invitation's link says before anybody is signed in. */
export type Invitation = Schemas['InvitedView'];

/** A passkey's answer to a question. What is in it is the browser's own; the description knows its parts. */
interface Answer {
	challenge: string;
	credential: CredentialJson;
}
const answer = (body: Answer) => ({ body: body as Schemas['PasskeyAnswer'] });

/** The calls of the signed-out pages; each throws a `Problem`. */
export const identity = {
	methods: () => ask(api.GET('/api/v1/auth/methods')),
	logIn: (body: Schemas['LogInBody']): Promise<Entered> => ask(api.POST('/api/v1/auth/login', { body })),
	register: (body: Registration): Promise<Entered | CheckMail> =>
		ask(api.POST('/api/v1/auth/register', { body })),
	secondFactor: (body: Schemas['CodeAnswer']): Promise<Entered> =>
		ask(api.POST('/api/v1/auth/second-factor', { body })),
	secondFactorPasskeyOptions: async (challenge: string) =>
		(await ask(api.POST('/api/v1/auth/second-factor/passkey/options', { body: { challenge } }))) as {
			options: RequestOptions;
		},
	secondFactorPasskey: (body: Answer): Promise<Entered> =>
		ask(api.POST('/api/v1/auth/second-factor/passkey', answer(body))),
	passkeyOptions: async () =>
		(await ask(api.POST('/api/v1/auth/passkeys/options'))) as { challenge: string; options: RequestOptions },
	passkeyLogIn: (body: Answer): Promise<Entered> =>
		ask(api.POST('/api/v1/auth/passkeys/login', answer(body))),
	verifyEmail: (token: string) => ask(api.POST('/api/v1/auth/verify-email', { body: { token } })),
	resendVerification: () => ask(api.POST('/api/v1/auth/verify-email/resend')),
	forgotPassword: (body: Schemas['ForgotBody']) => ask(api.POST('/api/v1/auth/forgot-password', { body })),
	resetPassword: (body: Schemas['ResetBody']) => ask(api.POST('/api/v1/auth/reset-password', { body })),
	confirmEmail: (token: string) => ask(api.POST('/api/v1/auth/confirm-email', { body: { token } })),
	lookAtInvitation: (token: string) => ask(api.POST('/api/v1/auth/invitations/look', { body: { token } })),
	acceptInvitation: (token: string) => ask(api.POST('/api/v1/orgs/invitations/accept', { body: { token } })),
	switchOrganization: (id: string): Promise<Entered> =>
		ask(api.POST('/api/v1/orgs/{id}/switch', { params: { path: { id } } })),
};

/** Whether somebody without an invitation may make an account. */
export function takesStrangers({ registration }: Pick<Methods, 'registration'>): boolean {
	return registration === 'open' || registration === 'concealed';
}

/** Whether this person has still to confirm their address. */
export function mustConfirm(user: User | null): boolean {
	return user?.email_verified === false;
}
