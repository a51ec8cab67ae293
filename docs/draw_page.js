// A page as an SVG: what the browser laid out, as boxes, lines of text and the page's own drawings. docs/pictures.py evaluates it.
(size) => {
  const DRAWN = { fill: "rgb(0, 0, 0)", stroke: "none", "stroke-width": "1px", "fill-opacity": "1", opacity: "1", "font-size": "16px", "text-anchor": "start", "stroke-dasharray": "none" };
  const out = [], canvas = document.createElement("canvas").getContext("2d");
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
  const n = (value) => String(Math.round(value * 10) / 10);
  const seen = (colour) => colour && colour !== "transparent" && !/, 0\)$/.test(colour);
  const shown = (element, style) => style.visibility !== "hidden" && style.display !== "none" && style.opacity !== "0";
  function box(element, style) {
    const at = element.getBoundingClientRect();
    if (!at.width || !at.height || at.top > size.high) return;
    const sides = ["Top", "Right", "Bottom", "Left"].map((side) => [parseFloat(style[`border${side}Width`]), style[`border${side}Color`]]);
    const same = sides.every(([wide, colour]) => wide === sides[0][0] && colour === sides[0][1]);
    const fill = seen(style.backgroundColor) ? style.backgroundColor : "none", wide = same && seen(sides[0][1]) ? sides[0][0] : 0;
    const round = Math.min(parseFloat(style.borderTopLeftRadius) || 0, at.height / 2);
    if (fill !== "none" || wide) {
      const line = wide ? ` stroke="${sides[0][1]}" stroke-width="${n(wide)}"` : "";
      out.push(`<rect x="${n(at.left + wide / 2)}" y="${n(at.top + wide / 2)}" width="${n(at.width - wide)}" height="${n(at.height - wide)}"` +
        `${round ? ` rx="${n(round)}"` : ""} fill="${fill}"${line}/>`);
    }
    if (same) return;
    const corner = [[at.left, at.top, at.width, 0], [at.right, at.top, 0, at.height], [at.left, at.bottom, at.width, 0], [at.left, at.top, 0, at.height]];
    sides.forEach(([thick, colour], side) => {
      if (!thick || !seen(colour)) return;
      const [x, y, w, h] = corner[side], half = (side === 1 || side === 2 ? -1 : 1) * thick / 2;
      const [dx, dy] = side % 2 ? [half, 0] : [0, half];
      out.push(`<path d="M${n(x + dx)} ${n(y + dy)}l${n(w)} ${n(h)}" stroke="${colour}" stroke-width="${n(thick)}"/>`);
    });
  }
  function words(text, at, style) {
    canvas.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const below = canvas.measureText("x").fontBoundingBoxDescent, above = canvas.measureText("x").fontBoundingBoxAscent;
    const y = at.top + (at.height - above - below) / 2 + above;
    if (y > size.high) return;
    const weight = style.fontWeight === "400" ? "" : ` font-weight="${style.fontWeight}"`;
    out.push(`<text x="${n(at.left)}" y="${n(y)}" font-size="${parseFloat(style.fontSize)}"${weight} fill="${style.color}"` +
      ` textLength="${n(at.width)}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`);
  }
  function lines(node, style) {
    const range = document.createRange(), text = node.data;
    let from = 0, line = null;
    const put = (to) => {
      const said = text.slice(from, to).replace(/\s+/g, " ").trim();
      if (line && said) words(style.textTransform === "uppercase" ? said.toUpperCase() : said, line, style);
    };
    for (let at = 0; at < text.length; at += 1) {
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const spot = range.getBoundingClientRect();
      if (!spot.width || /\s/.test(text[at])) continue;
      if (!line || Math.abs(spot.top - line.top) > 2) {
        put(at);
        [from, line] = [at, { left: spot.left, top: spot.top, width: 0, height: spot.height }];
      }
      line.width = spot.right - line.left;
    }
    put(text.length);
  }
  function walk(element) {
    const style = getComputedStyle(element);
    if (!shown(element, style)) return;
    if (element.tagName.toLowerCase() === "svg") {
      const at = element.getBoundingClientRect(), copy = element.cloneNode(true);
      if (!at.width) return;
      for (const [name, value] of Object.entries({ x: n(at.left), y: n(at.top), width: n(at.width), height: n(at.height), color: style.color })) copy.setAttribute(name, value);
      const [theirs, ours] = [element, copy].map((one) => [one, ...one.querySelectorAll("*")]);
      theirs.forEach((one, place) => {
        const drawn = getComputedStyle(one);
        for (const [name, usual] of Object.entries(DRAWN)) if (drawn.getPropertyValue(name) !== usual) ours[place].setAttribute(name, drawn.getPropertyValue(name));
      });
      out.push(new XMLSerializer().serializeToString(copy).replace(/ (class|aria-hidden|role)="[^"]*"/g, ""));
      return;
    }
    box(element, style);
    if (element.matches("input:not([type=hidden]), textarea, select") && (element.value || element.placeholder)) {
      const at = element.getBoundingClientRect(), inner = parseFloat(style.paddingLeft) + 2;
      const said = element.tagName === "SELECT" ? element.selectedOptions[0]?.text || "" : element.value || element.placeholder;
      canvas.font = `${style.fontSize} ${style.fontFamily}`;
      words(said, { left: at.left + inner, top: at.top, height: at.height, width: canvas.measureText(said).width }, style);
      return;
    }
    if (element.tagName === "DETAILS" && !element.open) {
      const head = element.querySelector(":scope > summary");
      if (head) walk(head);
      return;
    }
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) lines(child, style);
      else if (child.nodeType === Node.ELEMENT_NODE) walk(child);
    }
  }
  walk(document.body);
  const ground = [document.body, document.documentElement].map((one) => getComputedStyle(one).backgroundColor).find(seen) || "white";
  const high = Math.min(size.high, Math.ceil(document.body.getBoundingClientRect().bottom));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.wide} ${high}" font-family="system-ui, sans-serif">\n` +
    `<rect width="100%" height="100%" fill="${ground}"/>\n${out.join("\n")}\n</svg>\n`;
}
