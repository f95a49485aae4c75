/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
/// <reference types="@sveltejs/kit" />
import { build, files } from '$service-worker';
import { cacheName, kept, route } from '$lib/shell/offline/cache';

/*
 * Keeps the files of the app, so that it opens without a network and so that a page of an older version still finds its
 * parts after the server has been upgraded. Answers of the API and whatever else belongs to a person are never kept.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const ASSETS = kept(build, files);
const CACHE = cacheName(ASSETS);
/** Every address of the app is the same page; one copy of it serves them all. */
const SHELL = '/home';

worker.addEventListener('install', (event) => {
	const fill = async () => {
		const cache = await caches.open(CACHE);
		await cache.addAll(ASSETS);
		const page = await fetch(SHELL, { headers: { Accept: 'text/html' }, cache: 'no-store' });
		if (!page.ok) throw new Error(`the page answered ${page.status}`);
		await cache.put(SHELL, page);
	};
	event.waitUntil(fill());
});

worker.addEventListener('activate', (event) => {
	const tidy = async () => {
		const names = await caches.keys();
		await Promise.all(
			names
				.filter((name) => name.startsWith('quorate-') && name !== CACHE)
				.map((name) => caches.delete(name)),
		);
		await worker.clients.claim();
	};
	event.waitUntil(tidy());
});

worker.addEventListener('message', (event) => {
	if (event.data === 'take-over') event.waitUntil(worker.skipWaiting());
});

worker.addEventListener('fetch', (event) => {
	const { request } = event;
	const way = route(
		{ method: request.method, url: request.url, mode: request.mode },
		worker.location.origin,
		ASSETS,
	);
	if (way === 'asset') event.respondWith(fromCache(request));
	else if (way === 'file') event.respondWith(fromNetwork(request, new URL(request.url).pathname));
	else if (way === 'page') event.respondWith(fromNetwork(request, SHELL));
});

async function fromCache(request: Request): Promise<Response> {
	const cache = await caches.open(CACHE);
	return (await cache.match(new URL(request.url).pathname)) ?? fetch(request);
}

/** What is kept as `name` stands in only where the network does not answer. */
async function fromNetwork(request: Request, name: string): Promise<Response> {
	try {
		return await fetch(request);
	} catch (cause) {
		const copy = await (await caches.open(CACHE)).match(name);
		if (!copy) throw cause;
		return copy;
	}
}
