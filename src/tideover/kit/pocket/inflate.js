// Unpacks zlib (RFC 1950, 1951) in browsers that cannot do it themselves. What comes in was proven whole and genuine before.
"use strict";
const Inflate = (() => {
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const steps = (first, flat, each, count) => { // Base values and extra bits of lengths and distances.
    const bases = [], bits = [];
    for (let base = first, n = 0; n < count; n += 1) {
      bases.push(base);
      bits.push(n < flat ? 0 : Math.floor((n - flat) / each) + 1);
      base += 1 << bits[n];
    }
    return { bases, bits };
  };
  const LENGTHS = steps(3, 8, 4, 28), DISTANCES = steps(1, 4, 2, 30);
  LENGTHS.bases.push(258);
  LENGTHS.bits.push(0);

  // A code as how many symbols each length has, and the symbols in order (RFC 1951, 3.2.2).
  const codeOf = (lengths) => {
    const counts = new Uint16Array(16), places = new Uint16Array(16), symbols = new Uint16Array(lengths.length);
    for (const length of lengths) counts[length] += 1;
    counts[0] = 0;
    for (let n = 1; n < 16; n += 1) places[n] = places[n - 1] + counts[n - 1];
    lengths.forEach((length, symbol) => { if (length) symbols[places[length]++] = symbol; });
    return { counts, symbols };
  };

  const zlib = (packed) => {
    let at = 2, held = 0, have = 0, out = new Uint8Array(packed.length * 8), size = 0;
    const bits = (count) => {
      while (have < count) {
        if (at >= packed.length) throw new Error("the packed part ends early");
        held |= packed[at++] << have;
        have += 8;
      }
      const found = held & ((1 << count) - 1);
      held >>>= count;
      have -= count;
      return found;
    };
    const put = (value) => {
      if (size === out.length) {
        const wider = new Uint8Array(size * 2);
        wider.set(out);
        out = wider;
      }
      out[size++] = value;
    };
    const symbolOf = ({ counts, symbols }) => {
      for (let code = 0, first = 0, index = 0, length = 1; length < 16; length += 1) {
        code |= bits(1);
        if (code - counts[length] < first) return symbols[index + code - first];
        index += counts[length];
        first = (first + counts[length]) << 1;
        code <<= 1;
      }
      throw new Error("a code that is none");
    };
    const readCodes = () => {
      const literals = bits(5) + 257, distances = bits(5) + 1, count = bits(4) + 4, own = new Array(19).fill(0), lengths = [];
      for (let n = 0; n < count; n += 1) own[ORDER[n]] = bits(3);
      const code = codeOf(own);
      while (lengths.length < literals + distances) {
        const symbol = symbolOf(code);
        if (symbol < 16) lengths.push(symbol);
        else {
          const value = symbol === 16 ? lengths[lengths.length - 1] : 0;
          const times = symbol === 16 ? 3 + bits(2) : symbol === 17 ? 3 + bits(3) : 11 + bits(7);
          for (let n = 0; n < times; n += 1) lengths.push(value);
        }
      }
      return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
    };
    const fixed = () => [
      codeOf(Array.from({ length: 288 }, (_, n) => (n < 144 ? 8 : n < 256 ? 9 : n < 280 ? 7 : 8))), codeOf(new Array(30).fill(5)),
    ];
    const block = ([literals, distances]) => {
      for (let symbol = symbolOf(literals); symbol !== 256; symbol = symbolOf(literals)) {
        if (symbol < 256) put(symbol);
        else {
          const length = LENGTHS.bases[symbol - 257] + bits(LENGTHS.bits[symbol - 257]), far = symbolOf(distances);
          const distance = DISTANCES.bases[far] + bits(DISTANCES.bits[far]);
          for (let n = 0; n < length; n += 1) put(out[size - distance]);
        }
      }
    };
    for (let isLast = 0; !isLast;) {
      isLast = bits(1);
      const kind = bits(2);
      if (kind === 0) {
        held = have = 0;
        const length = packed[at] | (packed[at + 1] << 8);
        at += 4;
        for (let n = 0; n < length; n += 1) put(packed[at++]);
      } else block(kind === 1 ? fixed() : readCodes());
    }
    return out.subarray(0, size);
  };
  return { zlib };
})();
