"""What was moved, in sentences for people. Pure."""

from __future__ import annotations

from tideover.activate.switch_log import Act

TITLES = {"lines": "Internet line", "router": "Line at the router", "pbx": "Telephone system", "modem": "Mobile phone line"}


def in_words(act: Act) -> str:
    """One act as a sentence for the log; what the driver said stands behind it."""
    body, title = act.body, TITLES.get(act.body.switch, act.body.switch)
    before, target = body.before or "–", body.target or "–"
    match body.what:
        case "engaged" | "restored" if before == target:
            return f"{title}: is on {target} as before."
        case "engaged":
            return f"{title}: went from {before} to {target} in {body.took_ms} ms."
        case "restored":
            return f"{title}: went back from {before} to {target} in {body.took_ms} ms."
        case "rolled-back":
            return f"{title}: was to go to {target}, which does not work; it is on {before} as before."
        case "refused" if not body.target:
            return f"{title}: was not led back; nothing was changed."
        case "refused":
            return f"{title}: did not go to {target}; nothing was changed."
        case "healed":
            return f"{title}: was torn off in the middle and is on {target} now."
        case "failed":
            return f"{title}: did not get to {target}. Look at it and lead it back by hand."
    return f"{title}: is going from {before} to {target}."
