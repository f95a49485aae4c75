/** The address typed last on one of the signed-out pages, so that the next of them need not ask for it again. */
export const typed = { email: '' };
