"""`sweetspot push`: an answer's rows to a mailing tool, a CRM or a webhook."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.base import Exclude, Quiet, app, live_parts, print_lines, with_options
from app.errors import BadQuestion
from app.exports.options import PushOptions

if TYPE_CHECKING:
    from app.exports.push.push import PushReport, PushTarget
    from app.exports.push.rows import PushPlan


@app.command("push")
@with_options(PushOptions)
def push_command(
    asked: PushOptions,
    answer: Annotated[Path, typer.Argument(metavar="ANSWER", help="A file that find wrote.")],
    exclude: Exclude = None,
    quiet: Quiet = False,
) -> None:
    """Send an answer's rows to listmonk, Mailchimp, HubSpot, Brevo or a webhook."""
    from app.exports.answer import open_answer
    from app.exports.mailing.csv_file import PERMISSION
    from app.exports.push.push import foretell_push
    from app.exports.push.rows import plan_push
    from app.lists.excluding import open_exclusions
    from app.wiring.pushing import open_push_target

    _check_answer(answer)
    _check_exclusions(answer, exclude or ())
    with live_parts() as live, ExitStack() as closing:
        target = open_push_target(live.settings, live.memory, closing, asked.to, asked.list_)
        if asked.tag and not target.tool.terms.tags:
            raise BadQuestion(f"tag: {asked.to} has no tags", field="tag")
        rows = open_answer(answer, answer.name)
        excluded = [open_exclusions(path, path.name) for path in exclude or ()]
        plan = plan_push(rows, target.tool, asked, excluded)
        rule = [f"{target.rule}; {PERMISSION}"] if target.rule and not asked.permission else []
        if asked.dry_run:
            print_lines([*foretell_push(target, plan, again=asked.again), *rule])
            return
        report = _push(target, plan, answer, asked, quiet)
    if not quiet:
        print_lines([*report.lines(), *rule])
    if report.stopped:
        raise report.stopped
    if report.errors:
        raise typer.Exit(1)


def _check_answer(answer: Path) -> None:
    """Raise BadQuestion for a stored list: a find of it is the use, of which a push may be many."""
    from app.library.slugs import are_slugs

    if are_slugs(str(answer)) and not answer.exists():
        raise BadQuestion(
            f"answer {str(answer)!r}: no such file; of stored lists `sweetspot find {answer} "
            "--home ... --out rows.csv` writes one, and a push sends that",
            field="answer",
        )


def _check_exclusions(answer: Path, exclude: Sequence[Path]) -> None:
    """Raise BadQuestion for the file of refused rows, which a push would remove or write anew."""
    from app.exports.push.push import errors_path

    errors = errors_path(answer)
    if errors.exists() and any(one.exists() and one.samefile(errors) for one in exclude):
        raise BadQuestion(
            f"exclude: each push writes {errors} anew: copy it, and name the copy", field="exclude"
        )


def _push(
    target: "PushTarget", plan: "PushPlan", answer: Path, asked: PushOptions, quiet: bool
) -> "PushReport":
    from app.cli.output import show_count
    from app.exports.push.push import push_rows

    with show_count("sending", quiet) as progress:
        return push_rows(target, plan, answer, progress, again=asked.again)
