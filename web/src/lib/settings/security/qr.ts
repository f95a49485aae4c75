/**
 * An SVG of the server as the address of a picture. Inside an `<img>` it can neither run nor load anything, whatever it
 * says; as markup in the page it could.
 */
export function svgPicture(svg: string): string {
	return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

/** A secret in groups of four, as people type it from one screen into another. */
export function inGroups(secret: string): string {
	return secret
		.replaceAll(/\s/g, '')
		.replaceAll(/(.{4})(?=.)/g, '$1 ')
		.toUpperCase();
}
