// Finds an item by what somebody has: a barcode, a code, the beginning of its name, any words, the middle of a word.
// Folds as the box does: accents fall away (crème = creme), but å, ä and ö are letters of their own: näkki is not nakki.
"use strict";
const Find = (() => {
  const KEPT = "åäö";
  const WORDS_MAX = 8;
  // What lower case alone does not bring together.
  const ALIKE = { "ß": "ss", "ẞ": "ss", "ſ": "s", "ς": "σ", "ŉ": "ʼn" };
  const plain = new Map();

  const plainOf = (letter) => {
    if (KEPT.includes(letter)) return letter;
    if (!plain.has(letter)) plain.set(letter, letter.normalize("NFKD").replace(/(?<! )\u0345/gu, "ι").replace(/\p{M}/gu, ""));
    return plain.get(letter);
  };
  const fold = (text) => {
    let folded = text.normalize("NFC").toLowerCase();
    if (!/^[\x00-\x7f]*$/.test(folded)) {
      folded = folded.replace(/[ßẞſςŉ]/gu, (letter) => ALIKE[letter]).replace(/[^\x00-\x7f]/gu, plainOf);
    }
    return folded.replace(/\s+/gu, " ").trim();
  };
  const wordsIn = (folded) => folded.match(/[\p{L}\p{N}]+/gu) ?? [];
  const gtin = (text) => (/^(\d{8}|\d{12,14})$/.test(text) ? text.padStart(14, "0") : text);

  // items: [code, name, …, department, barcodes]; at: where those stand. Done once, at opening.
  const prepared = (items, at) => items.map((item) => {
    const name = fold(item[at.name]);
    const words = wordsIn(fold(`${item[at.name]} ${item[at.code]} ${item[at.department]} ${item[at.barcodes].join(" ")}`));
    return { item, name, code: item[at.code].toLowerCase(), words: ` ${words.join(" ")}`, barcodes: item[at.barcodes].map(gtin) };
  });

  // At most `most` items, best first.
  const search = (known, text, most) => {
    const bare = text.trim();
    if (!bare) return [];
    const barcode = gtin(bare);
    const scanned = barcode.length === 14 ? known.filter((one) => one.barcodes.includes(barcode)) : [];
    if (scanned.length) return scanned.slice(0, most).map((one) => one.item);
    const folded = fold(bare), code = bare.toLowerCase();
    const words = wordsIn(folded).slice(0, WORDS_MAX), inside = words.filter((word) => word.length > 2);
    const ways = [[], [], [], []];
    for (const one of known) {
      if (one.code === code) ways[0].push(one);
      else if (one.name.startsWith(folded)) ways[1].push(one);
      else if (words.length && words.every((word) => one.words.includes(` ${word}`))) ways[2].push(one);
      else if (words.length && inside.length === words.length && words.every((word) => one.words.includes(word))) ways[3].push(one);
    }
    const byLength = (a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
    return ways.flatMap((way) => (way.length > 1 ? way.sort(byLength) : way)).slice(0, most).map((one) => one.item);
  };
  return { fold, wordsIn, gtin, prepared, search };
})();
