/* What screens ask of a basket, in the words of the core: a screen names lines by their place and items by their code. */

/** The core's action for a screen's wish; null where the wish names what is not there. Pure. */
export function actionOf(wish, basket, catalogue) {
  const key = basket.lines[wish.line]?.key;
  switch (wish.do) {
    case "add":
      return added(wish, catalogue);
    case "free":
      return { ...wish, type: "add_free" };
    case "quantity":
    case "price":
    case "discount":
    case "remove":
      return { ...wish, type: wish.do, key };
    case "discount-all":
      return { ...wish, type: "discount_all" };
    case "untender":
      return { type: "untender", index: wish.tender };
    default:
      return { ...wish, type: wish.do };
  }
}

function added({ item, quantity, unit_price, is_fixed }, catalogue) {
  const found = typeof item === "string" ? catalogue.byCode(item) : item;
  if (!found) return null;
  const hit = found.item ? found : { item: found };
  return {
    type: "add",
    item: hit.item,
    quantity: quantity ?? hit.quantity ?? undefined,
    unit_price: unit_price ?? hit.unit_price ?? undefined,
    is_fixed: is_fixed ?? hit.by === "weight",
  };
}

/** Refunds of a sale as far as the box counted them: one body that took back what is no longer left of each line. */
export function earlierOf(lines) {
  const gone = lines.filter((line) => line.left !== undefined && line.left !== line.quantity);
  return gone.length ? [{ lines: gone.map((line) => ({ ...line, quantity: line.left - line.quantity })) }] : [];
}
