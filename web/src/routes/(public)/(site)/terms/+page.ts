import { text } from '$lib/site/posts';

export const load = async () => ({ english: await text('terms', 'en') });
