import { error } from '@sveltejs/kit';
import { POSTS, text } from '$lib/site/posts';

export const entries = () => POSTS.map(({ slug }) => ({ slug }));

export async function load({ params }) {
	const post = POSTS.find((one) => one.slug === params.slug);
	if (!post) error(404, 'Not Found');
	return { post, english: await text(post.slug, 'en') };
}
