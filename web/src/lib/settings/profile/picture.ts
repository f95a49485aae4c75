import { cropOf, SIDE, type View } from './crop';

/** What the server takes at most. */
const MOST_BYTES = 256 * 1024;

/** The picture of a file, upright; null when this browser cannot read it. */
export async function readPicture(file: Blob): Promise<ImageBitmap | null> {
	try {
		return await createImageBitmap(file);
	} catch {
		return null;
	}
}

/** Draws what the window shows. What is on the canvas is what will be sent. */
export function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, view: View) {
	const pen = canvas.getContext('2d');
	if (!pen) return;
	const { left, top, side } = cropOf(picture, view);
	pen.clearRect(0, 0, SIDE, SIDE);
	pen.imageSmoothingQuality = 'high';
	pen.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
}

function encode(canvas: HTMLCanvasElement, type: string, quality?: number): Promise<Blob | null> {
	return new Promise((done) => canvas.toBlob(done, type, quality));
}

/** The canvas as WebP, or as PNG where the browser writes none; smaller in steps until the server takes it. */
export async function pictureOf(canvas: HTMLCanvasElement): Promise<Blob | null> {
	for (const quality of [0.9, 0.7, 0.5]) {
		const made = await encode(canvas, 'image/webp', quality);
		// A browser that cannot write the type asked for hands back PNG.
		if (made && made.size <= MOST_BYTES) return made;
	}
	const made = await encode(canvas, 'image/jpeg', 0.8);
	return made && made.size <= MOST_BYTES ? made : null;
}
