/* A text as a QR code, drawn here: the box that would draw it is away. Loaded only where somebody asks for one. */

import { encode } from "../vendor/qr.js";

const QUIET = 4; // Empty squares around it, as the standard asks.

/** An SVG of the code, black on white, that scales to the place it is given. */
export function svgOf(text) {
  const { size, data } = encode(text, { ecc: "M", border: QUIET });
  const squares = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">`;
  return `${head}<path fill="#fff" d="M0 0h${size}v${size}h-${size}z"/><path d="${squares.join("")}"/></svg>`;
}
