// Runs before the first paint, so that a dark page never flashes light. Kept out of the HTML for the strict CSP.
(function () {
	var root = document.documentElement;
	root.classList.remove('no-js');
	var stored = null;
	try {
		stored = localStorage.getItem('quorate.theme');
	} catch {
		// Storage may be blocked: the system's preference then decides.
	}
	var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
	root.dataset.theme = dark ? 'dark' : 'light';
})();
