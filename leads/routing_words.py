"""A routing decision in words: one sentence for the lead page, its trace line by line for whoever asks why (ROUTE-4). Pure."""

from collections.abc import Mapping

BECAUSE = {
    "explicit": "who was named for it",
    "opportunity": "who has the open opportunity at this company",
    "customer": "who looks after this customer",
    "keeper": "who keeps this lead",
    "c_level": "the account executive, since a head of the company asks",
    "target": "who has this target account",
    "company": "who works another lead at this company",
    "back": "who worked it last",
    "rule": "the next in turn of {pool}, by the rule “{rule}”",
    "queue": "the next in turn of {pool}, where it waited",
    "last": "the next in turn of {pool}, since no rule matches",
    "turn": "the next in turn of {pool}",
}
PATHS = {
    "explicit": "Named for it", "opportunity": "Has the open opportunity", "customer": "Looks after the customer", "keeper": "Keeps it",
    "c_level": "The account executive", "target": "Has the target account", "company": "Works another lead there",
    "back": "Worked it within 90 days", "rule": "A rule", "queue": "The queue it waited in", "last": "No rule matched", "turn": "In turn",
}  # fmt: skip
WHY_NOT = {
    "inactive": "is switched off", "away": "is away, and nobody stands in", "role": "has another role", "cap": "is at their cap",
    "weight": "has no share", "had_it": "had it already", "off_shift": "is off shift",
}  # fmt: skip
CRITERIA = {
    "motion": "the motion", "go_to_market": "inbound or outbound", "segment": "the segment", "region": "the region", "source": "the source",
    "campaign": "the campaign", "score_from": "the lowest score", "score_to": "the highest score", "is_target": "target account",
    "pool": "its pool is switched off",
}  # fmt: skip


def ids(route: Mapping) -> dict[str, set[int]]:
    """Name the rows a trace speaks of, so that their names can be read at once."""
    people = {
        route.get("for"),
        *(row[1] for row in route.get("tried", ())),
        *(row[0] for row in route.get("skipped", ())),
    }
    rules = {route.get("rule"), *(row[0] for row in route.get("rules", ()))}
    return {"people": people - {None}, "teams": {route.get("pool")} - {None}, "rules": rules - {None}}


def sentence(route: Mapping, to: str, pool: str = "", rule: str = "", instead_of: str = "") -> str:
    """Say why a lead went where it went: `Went to Ana: the next in turn of Inbound, by the rule “Demo requests”.`"""
    if not to:
        return f"Waits in {pool or 'the pool'}: nobody there could receive it."
    stands_in = f" {to} stands in for {instead_of}." if instead_of else ""
    return f"Went to {to}: {because(route, pool, rule)}.{stands_in}"


def because(route: Mapping, pool: str = "", rule: str = "") -> str:
    """Say who the receiver is to routing: `the next in turn of Inbound`."""
    words = BECAUSE.get(route.get("path", ""), "as routing decided")
    return words.format(pool=pool or "a pool", rule=rule or "since removed")


def lines(route: Mapping, people: Mapping[int, str], rules: Mapping[int, str]) -> list[str]:
    """Say a trace step by step: who was asked for and why not, which rules did not match, who of the pool was passed over."""
    told = [
        f"{PATHS.get(path, path)}: {people.get(user, 'somebody')} {WHY_NOT.get(why, why)}."
        for path, user, why in route.get("tried", ())
    ]
    told += [
        f"The rule “{rules.get(pk, 'since removed')}” does not match: {CRITERIA.get(failed, failed)}."
        for pk, failed in route.get("rules", ())
    ]
    told += [
        f"Passed over: {people.get(user, 'somebody')} {WHY_NOT.get(why, why)}."
        for user, why in route.get("skipped", ())
    ]
    return told
