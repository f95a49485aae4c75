let known: boolean | null = null;

/**
 * Whether this machine draws emoji in colour. A font that lacks them shows empty boxes, which are nobody's face: seats
 * then wear their initials.
 */
export function drawsEmoji(): boolean {
	// Where pages are rendered ahead nothing is known of the reader's machine.
	if (typeof document === 'undefined') return true;
	known ??= look();
	return known;
}

function look(): boolean {
	const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	if (!context) return true;
	context.canvas.width = context.canvas.height = 20;
	context.font = '16px sans-serif';
	context.fillStyle = '#000';
	context.fillText('🦊', 0, 16);
	return hasColour(context.getImageData(0, 0, 20, 20).data);
}

/** Whether any visible pixel (red, green, blue, opacity) is neither black nor grey. */
export function hasColour(pixels: ArrayLike<number>): boolean {
	for (let at = 0; at + 3 < pixels.length; at += 4) {
		const [red = 0, green = 0, blue = 0, opacity = 0] = [0, 1, 2, 3].map((channel) => pixels[at + channel]);
		if (opacity > 40 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) return true;
	}
	return false;
}
