/** What screens ask of the shop's terms: the VAT rates of today, and its settings wherever they stand. */

/** A setting of the shop, whichever way the box wrote it; undefined where there is none. */
export const setting = (till, name) => till.shop?.[name] ?? till.shop?.settings?.[name];

/** The rates in force on the day, highest first, none twice: [{vat_ppm, category}]. */
export function ratesOn(till, day) {
  const newest = new Map();
  for (const one of till.shop?.vat_rates ?? []) {
    if (!one.from_day || !day || one.from_day <= day) newest.set(one.category ?? one.vat_ppm, one);
  }
  const rates = [...newest.values()].sort((a, b) => b.vat_ppm - a.vat_ppm);
  return rates.filter((one, place) => rates.findIndex((other) => other.vat_ppm === one.vat_ppm) === place);
}
