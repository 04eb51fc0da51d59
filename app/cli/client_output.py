"""What the commands about clients show on the screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.output import VERDICT_STYLES

if TYPE_CHECKING:
    from app.clients.capacity.choice import Plan
    from app.clients.partners.ranking import Introductions
    from app.clients.portfolio.review import Review

SHOWN = 12
PARTNERS_SHOWN = 40
TIER_STYLES = {"A": "green", "B": "yellow"}
DECISIONS = {"keep": "green", "slack": "yellow", "hand_on": "red"}


def show_review(review: "Review", meta: Mapping[str, Any]) -> None:
    """The clients that pay most, the answers, traits, niches, and the back test."""
    console, document = Console(highlight=False), review.document()
    _show_clients(console, document["clients"])
    for one in document["answers"]:
        _heading(console, one["question"])
        _text(console, one["answer"] + (f": {_names(one['clients'])}" if one["clients"] else ""))
    _heading(console, "What do the best have in common?")
    for trait in document["traits"][:SHOWN]:
        _text(console, f"{trait['trait']}: {trait['label']}. {trait['words']}")
    _show_niches(console, document["niches"])
    _show_back_test(console, document)
    _show_end(console, document["notes"], meta)


def _show_clients(console: Console, clients: Sequence[Mapping[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("tier", "client", "USD/month", "share", "sum", "category", "drive", "USD/hour"):
        left = name in {"client", "category"}
        table.add_column(
            name, justify="left" if left else "right", no_wrap=True, overflow="ellipsis"
        )
    for one in clients[: 2 * SHOWN]:
        minutes = one["drive_minutes"]
        table.add_row(
            Text(one["tier"] or "-", TIER_STYLES.get(one["tier"], "default")),
            one["name"][:32],
            _number(one["monthly_income"], 0),
            _share(one["share"]),
            _share(one["cumulative_share"]),
            one["category"],
            "" if minutes is None else f"{minutes:.0f} min",
            _number(one["income_per_hour_with_driving"], 2),
        )
    console.print(table)
    if len(clients) > 2 * SHOWN:
        _text(
            console, f"... and {len(clients) - 2 * SHOWN:,} more; --out FILE.xlsx writes them all"
        )


def _show_niches(console: Console, niches: Sequence[Mapping[str, Any]]) -> None:
    _heading(console, "Which niches does that suggest?")
    for niche in niches[:SHOWN]:
        fits = f"; fits {', '.join(niche['fits_background'])}" if niche["fits_background"] else ""
        found = "".join(f"; {n:,} in {source}" for source, n in niche["prospects"].items())
        _text(console, f"{niche['code']} {niche['title']}: {niche['evidence']}{fits}{found}")
        beside = ", ".join(f"{one['title']} ({one['code']})" for one in niche["neighbours"][:3])
        if beside:
            console.print(Text(f"  opens {beside}", "dim"), soft_wrap=True)


def _show_back_test(console: Console, document: Mapping[str, Any]) -> None:
    tested = document["back_test"]
    for name, title in (("asked", "the sweet spot asked"), ("suggested", "the suggested one")):
        _heading(
            console,
            f"Would {title} have kept the {tested['of']} best? "
            f"{tested['kept'][name]} yes, {tested['unsure'][name]} maybe",
        )
        for one in tested["clients"]:
            judged = one[name]
            line = Text(f"{judged['verdict']:<6}", VERDICT_STYLES[judged["verdict"]])
            line.append(f"{one['name']}: {'; '.join(judged['reasons'])}", "default")
            console.print(line, soft_wrap=True)
    _heading(console, "Suggested sweet spot (--save FILE keeps it for find --sweet-spot)")
    spot = document["suggested_sweet_spot"]
    _text(console, ", ".join(f"{name} {_limit(limit)}" for name, limit in spot.items()))


def show_plan(plan: "Plan", meta: Mapping[str, Any]) -> None:
    """The hours, each decision with its sentence, and what it comes to."""
    console = Console(highlight=False)
    for one in plan.decisions:
        line = Text(f"{one.decision.replace('_', ' '):<8}", DECISIONS[one.decision])
        line.append(one.name, "bold")
        console.print(line, soft_wrap=True)
        console.print(Text(f"        {one.reason}", "dim"), soft_wrap=True)
    for missing in plan.undecided:
        _text(console, f"undecided {missing.name}: {missing.missing}")
    _heading(console, "Hours a week")
    for name, value in plan.hours.items():
        shown = _limit(value) if not isinstance(value, Mapping) else _pairs(value)
        _text(console, f"{name.replace('_', ' ')}: {shown}")
    _heading(console, "Income a month, USD")
    _text(console, _pairs(plan.income))
    _show_end(console, plan.notes, meta)


def show_partners(found: "Introductions", meta: Mapping[str, Any], notes: Sequence[str]) -> None:
    """The partners in order, each with its sentence."""
    console = Console(highlight=False)
    for one in found.rows()[:PARTNERS_SHOWN]:
        console.print(Text(f"{one['name']}", "bold"), soft_wrap=True)
        contact = [one["address"], one["phone"], one["website"]]
        text = "  ".join([one["reason"], *(part for part in contact if part)])
        console.print(Text(f"  {text}", "dim"), soft_wrap=True)
    if len(found) > PARTNERS_SHOWN:
        _text(console, f"... and {len(found) - PARTNERS_SHOWN:,} more; --out FILE.csv writes all")
    _heading(console, f"{len(found):,} found: {_pairs(found.counts) or 'none'}")
    if found.left_out:
        _text(console, f"left out: {_pairs(found.left_out)}")
    _show_end(console, notes, meta)


def _show_end(console: Console, notes: Sequence[str], meta: Mapping[str, Any]) -> None:
    console.print()
    if meta:
        home = meta["home_base"]
        region = f", region {meta['region']}" if meta["region"] else ""
        _text(console, f"home base {home['label']} ({home['accuracy']}), {meta['engine']}{region}")
    for note in notes:
        _text(console, f"- {note}")
    if meta.get("attribution"):
        _text(console, meta["attribution"])


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, "bold"), soft_wrap=True)


def _text(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_limit(value)}" for name, value in values.items())


def _limit(value: Any) -> str:
    match value:
        case [low, None]:
            return f"{low:,g}+"
        case [low, high]:
            return f"{low:,g}-{high:,g}"
        case bool() | str():
            return str(value)
        case list():
            return " ".join(value) or "any"
        case float() | int():
            return f"{round(value, 1):,g}"
    return str(value)
