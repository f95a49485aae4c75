// Runs before the first paint, so that a dark page never flashes light. Kept out of the HTML for the strict CSP.
(function () {
	var root = document.documentElement;
	root.classList.remove('no-js');
	function stored(name) {
		try {
			return localStorage.getItem(name);
		} catch {
			return null; // Storage may be blocked: the system's preferences then decide.
		}
	}
	var theme = stored('quorate.theme');
	var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
	root.dataset.theme = dark ? 'dark' : 'light';

	// Pages are rendered ahead in English. Whoever reads another language, or is signed in and about to be led to their
	// sessions, waits for the script instead of seeing the page change under their eyes; app.css ends the wait in any case.
	var languages = [stored('quorate.locale')].concat(navigator.languages || []).map(function (tag) {
		return String(tag).toLowerCase().split('-')[0];
	});
	var first = languages.find(function (tag) {
		return tag === 'en' || tag === 'es' || tag === 'zh';
	});
	var leaves = location.pathname === '/' && /(^|; )quorate_signed_in=1/.test(document.cookie);
	if ((first && first !== 'en') || leaves) root.classList.add('waiting');
})();
