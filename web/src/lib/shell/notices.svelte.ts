import { goto } from '$app/navigation';
import { noteTitle } from './note-text';
import type { Note } from './notes';
import { browserStorage } from './storage';

const STORED = 'quorate.notices';
const able = () => 'Notification' in window && window.isSecureContext;
const permission = (): NotificationPermission => (able() ? Notification.permission : 'denied');

let wanted = $state(browserStorage.read(STORED) === 'on');
let allowed = $state(permission());

/**
 * Notices of the browser, for a page that is open but not looked at. They come out of the page itself: with the page
 * closed there are none.
 */
export const notices = {
	/** Whether this browser has notices at all, and the person has not forbidden them to this site. */
	get able(): boolean {
		return able() && allowed !== 'denied';
	},
	get on(): boolean {
		return wanted && allowed === 'granted';
	},
	/** Switches them; the first time the browser asks the person. */
	async choose(on: boolean) {
		if (on && permission() === 'default') await Notification.requestPermission();
		allowed = permission();
		wanted = on && allowed === 'granted';
		browserStorage.write(STORED, wanted ? 'on' : null);
	},
	/** Tells a note to somebody who looks elsewhere. */
	tell(note: Note) {
		if (!notices.on || !document.hidden) return;
		try {
			const notice = new Notification(noteTitle(note), {
				body: note.session.title ?? note.session.problem_statement.slice(0, 160),
				tag: note.id,
				icon: '/icons/icon-192.png',
			});
			notice.onclick = () => {
				window.focus();
				void goto(`/board/${note.session.id}`);
				notice.close();
			};
		} catch {
			// Phones let only a service worker show notices; there the list in the page remains.
		}
	},
};
