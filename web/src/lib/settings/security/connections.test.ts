import { expect, it } from 'vitest';
import { connectionLines, connectProblem } from './connections';

const connection = (provider: string) => ({
	provider,
	label: provider.toUpperCase(),
	email: `ada@${provider}.example`,
	connected_at: '2026-01-01T00:00:00Z',
});

it('joins what is offered with what is connected, and keeps what is no longer offered', () => {
	const providers = [
		{ name: 'google', kind: 'google', label: 'Google' },
		{ name: 'acme', kind: 'oidc', label: 'Acme' },
	];
	const lines = connectionLines(providers, [connection('acme'), connection('github')]);
	expect(lines.map(({ name, kind, connected }) => [name, kind, connected?.email ?? null])).toEqual([
		['google', 'google', null],
		['acme', 'oidc', 'ada@acme.example'],
		['github', 'github', 'ada@github.example'],
	]);
	expect(connectionLines([], [])).toEqual([]);
});

it('tells why a service could not be connected in words about connecting', () => {
	expect(connectProblem(null)).toBeNull();
	expect(connectProblem('SOCIAL_DENIED')?.message).toContain('Nothing was connected');
	expect(connectProblem('EMAIL_NOT_VERIFIED')?.message).toContain('then connect again');
	expect(connectProblem('<script>')?.message).toContain('did not work');
	expect(connectProblem('ACCOUNT_SUSPENDED')?.code).toBe('ACCOUNT_SUSPENDED');
});
