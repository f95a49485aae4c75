// One page app: the binary serves the same shell for every address and the API for the rest.
export const ssr = false;
export const prerender = false;
