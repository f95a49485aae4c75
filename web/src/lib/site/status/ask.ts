import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];
export type State = Schemas['HealthStatus'];

/** What the server said about itself, or that it said nothing. */
export type Told =
	| { answered: true; version: string; state: State; checks: [string, State][]; ms: number; at: Date }
	| { answered: false; at: Date };

/** Asks both health checks. A server that is not ready answers 503 and still says why. */
export async function askHealth(
	ask: typeof fetch = fetch,
	now: () => number = () => performance.now(),
): Promise<Told> {
	const begun = now();
	try {
		const [live, ready] = await Promise.all([
			ask('/api/health', { cache: 'no-store' }),
			ask('/api/health/ready', { cache: 'no-store' }),
		]);
		if (!live.ok || (!ready.ok && ready.status !== 503)) return { answered: false, at: new Date() };
		const ms = Math.round(now() - begun);
		const { version } = (await live.json()) as Schemas['Health'];
		const { status, checks } = (await ready.json()) as Schemas['Readiness'];
		return { answered: true, version, state: status, checks: Object.entries(checks), ms, at: new Date() };
	} catch {
		return { answered: false, at: new Date() };
	}
}
