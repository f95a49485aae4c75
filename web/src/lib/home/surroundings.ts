import { api, ask } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import { decisions } from '$lib/decision/api';
import { budgets, keys, usage } from '$lib/gateway/api';
import type { ApiKey, Budget, Meter } from '$lib/gateway/types';
import { mine } from '$lib/settings/api';
import { runs } from '$lib/settings/roles';

/** What the home page tells beside the boards. */
export interface Surroundings {
	meters: Meter[];
	budgets: Budget[];
	/** For the names of budgets of keys. */
	keys: ApiKey[];
	/** How many decisions wait for a look back; what is more than can be asked at once counts as that many. */
	due: number;
	/** Whether the offline demo model is all that the server has. */
	demo: boolean;
}

const MOST_DUE = 20;

/** What somebody may not see, or a plan does not have, is none; a server in trouble is a problem all the same. */
async function orNone<T>(asked: Promise<{ data: T[] }>): Promise<T[]> {
	try {
		return (await asked).data;
	} catch (cause) {
		if (cause instanceof Problem && (cause.status === 403 || cause.status === 404)) return [];
		throw cause;
	}
}

export async function surroundings(): Promise<Surroundings> {
	const [me, meters, models, due] = await Promise.all([
		mine.read(),
		orNone(usage.quota()),
		orNone(ask(api.GET('/api/v1/models'))),
		orNone(decisions.due(MOST_DUE)),
	]);
	const leads = runs(me.organization?.role ?? 'member');
	const set = leads ? await orNone(budgets.list()) : [];
	const named = set.some(({ scope }) => scope === 'key') ? await orNone(keys.list(null)) : [];
	return {
		meters,
		budgets: set,
		keys: named,
		due: due.length,
		demo: models.length > 0 && models.every(({ offline }) => offline),
	};
}
