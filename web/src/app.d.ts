declare global {
	namespace App {
		interface Error {
			message: string;
			/** What kind of trouble it is, where the page has words of its own for it. */
			code?: string;
			/** Finds the lines in the operator's log. */
			requestId?: string;
		}
	}
}

export {};
