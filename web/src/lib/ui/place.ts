interface Box {
	left: number;
	top: number;
	width: number;
	height: number;
}

const GAP = 6;
const EDGE = 8;

/** Where a hint lies: centred above its control, below where there is no room, and never over the screen's edge. */
export function place(
	control: Box,
	hint: { width: number; height: number },
	screen: { width: number; height: number },
): { left: number; top: number } {
	const centred = control.left + control.width / 2 - hint.width / 2;
	const above = control.top - hint.height - GAP;
	return {
		left: Math.max(EDGE, Math.min(centred, screen.width - hint.width - EDGE)),
		top: above >= EDGE ? above : control.top + control.height + GAP,
	};
}
