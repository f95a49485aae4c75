// The words of the settings under their short names. They come out of openapi.json by `npm run api`.
import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
/** The person who is signed in. */
export type Person = Schemas['UserView'];
export type PersonalSettings = Schemas['SettingsView'];
/** When each was given; nothing when it was not, or no longer is. */
export type Consents = Schemas['ConsentsView'];
export type SecondFactor = Schemas['SecondFactorView'];
/** Everything about the person, at once. */
export type Me = Schemas['Me'];
export type LoginSession = Schemas['LoginSessionView'];
export type TotpSecret = Schemas['AppSetupView'];
export type Passkey = Schemas['PasskeyView'];
export type Connection = Schemas['ConnectionView'];
export type Device = Schemas['DeviceAnswer'];
export type Member = Schemas['MemberView'];
export type Invitation = Schemas['InvitationView'];
export type Operator = Schemas['OperatorView'];
export type Anomaly = Schemas['AnomalyView'];
export type MailLine = Schemas['MailHead'];
export type AuditEntry = Schemas['AuditEntry'];
export type Subscription = Schemas['SubscriptionUsage'];
export type Use = Schemas['UsageView'];
export type Plan = Schemas['PlanView'];
export type Allowance = Schemas['AllowanceView'];
export type Feature = Schemas['Feature'];

/** The server has two answers of this name, and its description keeps the shorter one. */
export interface Organization extends Readonly<Schemas['OrganizationView']> {
	personal: boolean;
	plan: string;
	members: number;
	acting: boolean;
}

/** A list, whole or in pages. */
export interface Page<T> {
	data: T[];
	pagination?: { next_cursor?: string | null; has_more: boolean };
}
