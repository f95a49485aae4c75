// These pages are rendered ahead, in English; see the root layout for what then happens to the language.
export const ssr = true;
export const prerender = true;
