// What a server would answer to the settings of one person, as identity-settings.mjs needs it.

const NOW = Date.now();
const ago = (hours) => new Date(NOW - hours * 3_600_000).toISOString();
const list = (data) => ({ body: { data, pagination: { next_cursor: null, has_more: false } } });

export const id = (number) => `0198a000-0000-7000-8000-${String(number).padStart(12, '0')}`;
export const refusal = (status, code, params = {}) => ({
	status,
	body: { error: { code, message: code, details: [], params } },
});

const PHONE =
	'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';
const LAPTOP =
	'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36';
const QR =
	'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="160" viewBox="0 0 4 4"><script>stolen</script><path d="M0 0h2v2H0z"/></svg>';
const MAIL = {
	id: id(60),
	to: 'grace@example.org',
	subject: 'Join us',
	template: 'invitation',
	locale: 'en',
	created_at: ago(1),
};
const MAIL_PAGE =
	'<!doctype html><html><head><style>body { background: #000 }</style><script>top.location = "https://evil.example"</script></head>' +
	'<body style="background: #000" onload="top.x = 1"><h1 style="color: #fff">You are invited</h1>' +
	'<img src="https://evil.example/seen.png" alt=""><p><a href="https://board.example/invitation?token=x">Open</a></p></body></html>';

function login(number, more) {
	return {
		id: id(number),
		current: false,
		created_at: ago(500),
		last_used_at: ago(200),
		expires_at: ago(-50),
		ip: '2001:db8:85a3::8a2e:370:7334',
		user_agent: 'quorate-cli/0.3.0',
		device_name: null,
		second_factor: false,
		...more,
	};
}

function entry(sequence, action) {
	return {
		sequence,
		at: ago(1),
		actor: { kind: 'user', user_id: id(1) },
		action,
		target: { kind: 'user', id: id(3) },
		org_id: null,
		before: { role: 'member' },
		after: { role: 'admin' },
		ip: '2001:db8:85a3::8a2e:370:7334',
		request_id: id(99),
	};
}

const member = (number, name, role) => ({
	user_id: id(number),
	name,
	email: `${name.toLowerCase()}@example.org`,
	role,
	joined_at: ago(900),
	avatar_url: null,
});

const invitation = (number, email, status) => ({
	id: id(number),
	email,
	role: 'member',
	invited_by: id(2),
	created_at: ago(30),
	expires_at: ago(-100),
	status,
});

/** The table of a person: what they are, and what is to be seen. */
export function answers({ role = 'owner', operator = false, totp = false, waiting = false } = {}) {
	const user = {
		id: id(1),
		email: 'ada@example.org',
		name: 'Ada Lovelace',
		locale: 'en',
		time_zone: 'Europe/Madrid',
		operator,
		email_verified: true,
		has_password: true,
		avatar_url: null,
		created_at: ago(900),
	};
	const me = {
		user,
		organization: { id: id(100), name: 'Northwind', role },
		subscription: { plan: 'pro', status: 'active' },
		settings: { data_retention_days: 365, notify_new_device: true, notify_product: false },
		consents: { terms_at: ago(900), privacy_at: null, marketing_at: null },
		second_factor: { totp, passkeys: 1, recovery_codes_left: totp ? 2 : 0, obligatory: false },
	};
	const org = `/orgs/${id(100)}`;
	return {
		'GET /users/me': { body: me },
		'PATCH /users/me': { body: { ...me, user: { ...user, locale: 'es' } } },
		'POST /auth/refresh': refusal(401, 'UNAUTHENTICATED'),
		'GET /auth/methods': {
			body: {
				password: true,
				registration: 'open',
				passkeys: true,
				turnstile_site_key: null,
				providers: [{ name: 'acme', kind: 'oidc', label: 'Acme' }],
			},
		},
		'GET /sessions': list([]),
		'GET /billing/subscription': {
			body: {
				plan: 'pro',
				plan_name: 'Pro',
				status: 'active',
				seats: 2,
				period: { start: ago(400), end: ago(-300) },
				features: [
					{ feature: 'board_sessions', included: true, limit: 50, used: 12, per: 'month' },
					{ feature: 'api_requests', included: true, limit: 10_000, used: 10_000, per: 'month' },
					{ feature: 'solve_sessions', included: true, limit: null, used: 4, per: 'month' },
					{ feature: 'videos', included: false, limit: null, used: 0, per: 'month' },
					{ feature: 'devices', included: true, limit: 3, used: null, per: null },
					{ feature: 'pdf_export', included: true, limit: null, used: null, per: null },
					{ feature: 'storage_bytes', included: true, limit: 10_000_000_000, used: 0, per: null },
				],
			},
		},
		'GET /billing/plans': list(
			[
				['free', 'Free', 0, false],
				['pro', 'Pro', 2900, false],
				['team', 'Team', 4950, true],
				['enterprise', 'Enterprise', null, true],
			].map(([plan, name, price_cents, per_seat]) => ({
				id: plan,
				name,
				price_cents,
				currency: 'USD',
				per_seat,
				support: 'email',
				features: [
					{ feature: 'tasks', included: true, limit: 10, by_contract: false, per: 'month', per_seat },
					{ feature: 'devices', included: true, limit: null, by_contract: true, per: null, per_seat },
				],
			})),
		),
		'GET /orgs': list([
			{ id: id(100), name: 'Northwind', role, personal: false, plan: 'pro', members: 3, acting: true },
			{
				id: id(101),
				name: 'Ada Lovelace',
				role: 'owner',
				personal: true,
				plan: 'free',
				members: 1,
				acting: false,
			},
		]),
		[`POST /orgs/${id(101)}/switch`]: { body: { user, expires_in: 900, subscription: {} } },
		'PUT /users/me/avatar': { body: { avatar_url: '/favicon.svg' } },
		'DELETE /users/me/avatar': { status: 204 },
		'GET /users/me/login-sessions': list([
			login(12),
			login(11, { last_used_at: ago(5), user_agent: PHONE, device_name: 'Ada’s phone' }),
			login(10, { last_used_at: ago(9), user_agent: LAPTOP, current: true }),
		]),
		[`DELETE /users/me/login-sessions/${id(11)}`]: refusal(404, 'NOT_FOUND'),
		[`DELETE /users/me/login-sessions/${id(12)}`]: { status: 204 },
		'GET /users/me/passkeys': list([
			{ id: id(20), name: 'MacBook', created_at: ago(300), last_used_at: null, backed_up: true },
		]),
		'POST /users/me/passkeys/options': {
			body: {
				challenge: 'qc_e2e',
				options: {
					publicKey: {
						rp: { id: 'localhost', name: 'Quorate' },
						user: { id: 'AQID', name: user.email, displayName: user.name },
						challenge: 'AQIDBAUGBwgJCgsMDQ4PEA',
						pubKeyCredParams: [-7, -257].map((alg) => ({ type: 'public-key', alg })),
						authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
					},
				},
			},
		},
		'POST /users/me/passkeys': { status: 201, body: { id: id(21), name: 'Desk' } },
		'POST /users/me/second-factor/totp': {
			body: { secret: 'JBSWY3DPEHPK3PXP', otpauth_uri: 'otpauth://totp/x', qr_svg: QR },
		},
		'GET /users/me/connections': list([
			{ provider: 'acme', label: 'Acme', email: 'ada@acme.example', connected_at: ago(300) },
		]),
		'GET /devices': {
			body: {
				data: [
					{ id: id(30), name: 'Work laptop', current: false, created_at: ago(400), last_seen_at: ago(2) },
					{ id: id(31), name: 'Pixel', current: true, created_at: ago(100), last_seen_at: ago(1) },
				],
				limit: 3,
				next_removal_at: waiting ? ago(-9) : null,
			},
		},
		[`GET ${org}/members`]: list([
			{ ...member(1, 'Ada', role), name: 'Ada Lovelace' },
			...(role === 'owner' ? [] : [member(2, 'Ola', 'owner')]),
			member(3, 'Max', 'member'),
		]),
		[`GET ${org}/invitations`]: list([
			invitation(40, 'grace@example.org', 'open'),
			invitation(41, 'a-person-with-a-rather-long-name@a-rather-long-domain.example.org', 'expired'),
			invitation(42, 'max@example.org', 'accepted'),
		]),
		[`POST ${org}/invitations`]: refusal(409, 'ALREADY_MEMBER'),
		'GET /operators': list([
			{ user_id: id(1), email: user.email, name: user.name, second_factor: true },
			{ user_id: id(2), email: 'ola@example.org', name: 'Ola', second_factor: false },
		]),
		'GET /operators/anomalies': list([
			{
				id: id(50),
				user: { id: id(3), email: 'max@example.org', name: 'Max' },
				kind: 'IMPOSSIBLE_TRAVEL',
				details: { kilometres: 9100, minutes: 42, altitude_gain: 3 },
				created_at: ago(3),
				reviewed_at: null,
			},
		]),
		[`POST /operators/anomalies/${id(50)}/review`]: { body: {} },
		'GET /operators/mails': list([MAIL]),
		[`GET /operators/mails/${id(60)}`]: {
			body: { ...MAIL, text: 'Hello Grace', html: MAIL_PAGE },
		},
		'GET /operators/audit': (search) => ({
			body: search.includes('cursor')
				? { data: [entry(40, 'login.failed')], pagination: { next_cursor: null, has_more: false } }
				: {
						data: [entry(42, 'member.role_changed'), entry(41, 'login.failed')],
						pagination: { next_cursor: 'next', has_more: true },
					},
		}),
	};
}
