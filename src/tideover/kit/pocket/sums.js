// Money as the shop's other programs reckon it: whole numbers only (BigInt), each line rounded once, half away from zero.
// Quantities are thousandths, unit prices ten-thousandths, rates millionths, sums cents. tests/vectors/*.json hold here, too.
"use strict";
const Sums = (() => {
  const PER_CENT = 100_000n; // Thousandths × ten-thousandths in one cent.
  const RATES = 1_000_000n;

  const divideRounded = (numerator, denominator) => {
    const size = numerator < 0n ? -numerator : numerator;
    const quotient = size / denominator + (2n * (size % denominator) >= denominator ? 1n : 0n);
    return numerator < 0n ? -quotient : quotient;
  };
  const lineAmount = (quantity, unitPrice) => divideRounded(quantity * unitPrice, PER_CENT);

  // One document: gross and VAT of each rate, on the sum of its lines. lines: [{rate, amount}].
  const vat = (lines, isIncluded) => {
    const sums = new Map();
    for (const { rate, amount } of lines) sums.set(rate, (sums.get(rate) ?? 0n) + amount);
    const byRate = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rate, sum]) => {
      const tax = divideRounded(sum * rate, isIncluded ? RATES + rate : RATES);
      return { rate, gross: isIncluded ? sum : sum + tax, vat: tax };
    });
    const total = (key) => byRate.reduce((sum, one) => sum + one[key], 0n);
    return { byRate, gross: total("gross"), vat: total("vat") };
  };

  const roundCash = (sum, step) => divideRounded(sum, step) * step;

  // What a person typed, as a whole number of that many decimals: "3,5" with 2 is 350n. null: no number, or too fine.
  const typed = (text, decimals) => {
    const found = /^(\d{0,9})(?:[.,](\d*))?$/.exec(text.replace(/[\s\u00a0€£$]/gu, ""));
    if (!found || !(found[1] || found[2]) || (found[2] ?? "").length > decimals) return null;
    return BigInt((found[1] || "0") + (found[2] ?? "").padEnd(decimals, "0"));
  };

  // 123456n with 2 decimals is 1,234.56 or 1 234,56; more decimals than `least` only where they are not zero.
  const shown = (value, decimals, language, least = decimals) => {
    const digits = String(value < 0n ? -value : value).padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, language === "fi" ? "\u00a0" : ",");
    const part = digits.slice(digits.length - decimals).replace(/0+$/, "").padEnd(least, "0");
    return (value < 0n ? "\u2212" : "") + whole + (part ? (language === "fi" ? "," : ".") + part : "");
  };
  const SIGNS = { EUR: "€", GBP: "£", AUD: "$" };
  const withSign = (text, currency) => {
    const sign = SIGNS[currency] ?? currency;
    return sign === "£" || sign === "$" ? text.replace(/^\u2212?/, (minus) => minus + sign) : `${text}\u00a0${sign}`;
  };
  const money = (cents, currency, language) => withSign(shown(cents, 2, language), currency);
  const price = (unitPrice, currency, language) => withSign(shown(unitPrice, 4, language, 2), currency);

  return { divideRounded, lineAmount, vat, roundCash, typed, shown, money, price };
})();
