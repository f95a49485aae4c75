import { expect, it } from 'vitest';
import { readAgent } from './user-agent';

const SAFARI = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0';

it.each([
	[`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`, 'Chrome', 'Windows', 'desktop'],
	[
		`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 Edg/141.0.0.0`,
		'Edge',
		'Windows',
		'desktop',
	],
	[`Mozilla/5.0 (X11; Linux x86_64) ${CHROME} Safari/537.36 OPR/120.0`, 'Opera', 'Linux', 'desktop'],
	['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux', 'desktop'],
	[
		`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${SAFARI} Version/26.0 Safari/605.1.15`,
		'Safari',
		'macOS',
		'desktop',
	],
	[
		`Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${SAFARI} Version/26.0 Mobile/15E148 Safari/604.1`,
		'Safari',
		'iOS',
		'phone',
	],
	[
		`Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${SAFARI} CriOS/141.0 Mobile/15E148 Safari/604.1`,
		'Chrome',
		'iOS',
		'phone',
	],
	[
		`Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) ${SAFARI} Version/16.6 Safari/604.1`,
		'Safari',
		'iPadOS',
		'tablet',
	],
	[`Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`, 'Chrome', 'Android', 'phone'],
	[
		`Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Safari/537.36 SamsungBrowser/28.0`,
		'Samsung Internet',
		'Android',
		'tablet',
	],
	[`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`, 'Chrome', 'ChromeOS', 'desktop'],
	['curl/8.14.1', 'curl', null, 'program'],
	['quorate-cli/0.3.0 (Linux)', 'quorate-cli', 'Linux', 'program'],
	['python-requests/2.32.3', 'python-requests', null, 'program'],
	['Mozilla/5.0 (compatible)', null, null, 'unknown'],
	['<script>alert(1)</script>', null, null, 'unknown'],
	['', null, null, 'unknown'],
	[null, null, null, 'unknown'],
	[undefined, null, null, 'unknown'],
])('reads %j', (text, name, system, machine) => {
	expect(readAgent(text)).toEqual({ name, system, machine });
});
