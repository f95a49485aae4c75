/** How a picture lies under the square window: how close, and where in the room that leaves (-1 to 1 on each axis). */
export interface View {
	zoom: number;
	x: number;
	y: number;
}

export interface Size {
	width: number;
	height: number;
}

/** The side of the picture that is sent. */
export const SIDE = 256;
export const MOST_ZOOM = 4;

const within = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

export function centred(): View {
	return { zoom: 1, x: 0, y: 0 };
}

/** The square of the picture that the window shows, in the picture's own pixels; always inside it. */
export function cropOf(picture: Size, view: View): { left: number; top: number; side: number } {
	const side = Math.min(picture.width, picture.height) / within(view.zoom, 1, MOST_ZOOM);
	const room = { x: (picture.width - side) / 2, y: (picture.height - side) / 2 };
	return {
		left: room.x * (1 + within(view.x, -1, 1)),
		top: room.y * (1 + within(view.y, -1, 1)),
		side,
	};
}

/** The view after the picture was dragged by so many pixels of a window of that side. */
export function dragged(picture: Size, view: View, by: { x: number; y: number }, side: number): View {
	const crop = cropOf(picture, view);
	const scale = crop.side / side;
	const along = (length: number, at: number, distance: number) => {
		const room = (length - crop.side) / 2;
		// Nothing to move in: a square picture at zoom 1, or the short side of any.
		return room < 0.5 ? 0 : within(at - (distance * scale) / room, -1, 1);
	};
	return {
		zoom: view.zoom,
		x: along(picture.width, view.x, by.x),
		y: along(picture.height, view.y, by.y),
	};
}

/** Whether the picture can be moved along each axis. */
export function movable(picture: Size, view: View): { x: boolean; y: boolean } {
	const { side } = cropOf(picture, view);
	return { x: picture.width - side >= 1, y: picture.height - side >= 1 };
}
