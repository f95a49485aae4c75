import { readProblem } from './problem';

const LOCK = 'quorate.refresh';
const HEADER = { 'X-Quorate-Client': 'web' };
/** Of the calls under /auth/ these alone are made by somebody who is signed in. */
const SIGNED_IN = ['/api/v1/auth/logout-all', '/api/v1/auth/verify-email/resend'];

let renewal: Promise<boolean> | null = null;
let onExpired: () => void = () => {};
let onUnreachable: () => void = () => {};
let onLost: () => Promise<boolean> = () => Promise.resolve(false);
let recovery: Promise<boolean> | null = null;

/** Says what to do when the login session is over for good. */
export function whenExpired(act: () => void) {
	onExpired = act;
}

/** Says who has to know that no answer came. */
export function whenUnreachable(act: () => void) {
	onUnreachable = act;
}

/**
 * Says who can bring back a login session that ended under an open page: it answers whether that worked. Meanwhile every
 * request waits, and is repeated afterwards. Answers how to take that back.
 */
export function whenLost(act: () => Promise<boolean>): () => void {
	onLost = act;
	return () => {
		if (onLost === act) onLost = () => Promise.resolve(false);
	};
}

function recover(): Promise<boolean> {
	recovery ??= onLost().finally(() => (recovery = null));
	return recovery;
}

/** The person whom the cookies stand for now, whoever logged in last in any tab; null for nobody. */
export async function signedIn(): Promise<string | null> {
	const answer = await fetch('/api/v1/users/me', { headers: HEADER });
	if (!answer.ok) return null;
	return ((await answer.json()) as { user?: { id?: string } }).user?.id ?? null;
}

async function reach(request: Request): Promise<Response> {
	try {
		return await fetch(request);
	} catch (cause) {
		// Who calls off a request has not lost the network.
		if (!request.signal.aborted) onUnreachable();
		throw cause;
	}
}

async function accessWorks(): Promise<boolean> {
	const answer = await fetch('/api/v1/users/me', { headers: HEADER });
	return answer.ok;
}

async function refresh(): Promise<boolean> {
	const answer = await fetch('/api/v1/auth/refresh', {
		method: 'POST',
		headers: { ...HEADER, 'Content-Type': 'application/json' },
		body: '{}',
	});
	// A server in trouble says nothing about the login session: let the caller see the trouble instead.
	if (answer.status >= 500 || answer.status === 429) {
		throw readProblem(
			answer.status,
			await bodyOf(answer),
			answer.headers.get('x-request-id'),
			answer.headers.get('retry-after'),
		);
	}
	return answer.ok;
}

/**
 * Two tabs that send one refresh token would end the login session (reuse detection, IDN-2), so tabs take turns, and
 * the one that had to wait first looks whether the other has done the work. Without Web Locks (plain HTTP away from
 * localhost) the single flight within this tab remains.
 */
async function renewInTurn(): Promise<boolean> {
	if (!navigator.locks) return refresh();
	const first = await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) =>
		lock ? { done: await refresh() } : null,
	);
	if (first) return first.done;
	return navigator.locks.request(LOCK, async () => (await accessWorks()) || (await refresh()));
}

function renew(): Promise<boolean> {
	renewal ??= renewInTurn().finally(() => (renewal = null));
	return renewal;
}

async function bodyOf(answer: Response): Promise<unknown> {
	try {
		return await answer.clone().json();
	} catch {
		return null;
	}
}

async function accessExpired(answer: Response): Promise<boolean> {
	if (answer.status !== 401) return false;
	const { code } = readProblem(401, await bodyOf(answer));
	return code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED';
}

/**
 * `fetch` with our client header that renews an expired access cookie once and repeats the request; also after the person
 * has logged in again, where the page lets them.
 */
export async function send(input: Request | string, init?: RequestInit): Promise<Response> {
	const request = new Request(input, init);
	for (const [name, value] of Object.entries(HEADER)) request.headers.set(name, value);
	const { pathname } = new URL(request.url);
	const renewable = !pathname.startsWith('/api/v1/auth/') || SIGNED_IN.includes(pathname);
	if (!renewable) return reach(request);
	if (recovery) await recovery;
	const [first, second] = [request.clone(), request.clone()];
	const answer = await reach(first);
	if (!(await accessExpired(answer))) return answer;
	if (await renew()) {
		const renewed = await reach(second);
		if (!(await accessExpired(renewed))) return renewed;
	}
	if (await recover()) {
		const recovered = await reach(request);
		if (!(await accessExpired(recovered))) return recovered;
	}
	onExpired();
	return answer;
}
