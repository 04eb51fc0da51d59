"""`sweetspot keys`: the API keys of who may ask over HTTP."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli.base import Json, keys_app, live_parts, print_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.store.access import KeyFacts

DEFAULT_RATE = 600  # ten a second, all day: more than a person's tools ask (judgement)

Tenant = Annotated[str, typer.Option(help="Whose lists it reaches; made where there is none.")]


@keys_app.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use it.")],
    tenant: Tenant = "default",
    scope: Annotated[
        Literal["read", "write", "admin"],
        typer.Option(help="read: ask. write: store, delete and push, too. admin: all."),
    ] = "read",
    rate: Annotated[int, typer.Option(min=1, help="Requests a minute.")] = DEFAULT_RATE,
    most_mb: Annotated[int, typer.Option(min=1, help="Megabytes of one body.")] = 2048,
) -> None:
    """Make a key; it is shown once, on standard output. With the first one all must have one."""
    from app.store.access import KeyRequest, create_key

    with live_parts() as live:
        secret = create_key(live.database, KeyRequest(name, tenant, scope, rate, most_mb))
    print_error("sweetspot: the key, which can't be shown again:")
    typer.echo(secret)


@keys_app.command("ls")
def keys_ls(
    tenant: Annotated[str, typer.Option(help="Of this one only.")] = "", json: Json = False
) -> None:
    """The keys, without their secrets."""
    from app.store.access import list_keys

    with live_parts() as live:
        _show(list_keys(live.database, tenant), json=json)


@keys_app.command("revoke")
def keys_revoke(
    key: Annotated[str, typer.Argument(metavar="PREFIX", help="As `keys ls` shows it.")],
) -> None:
    """Refuse a key from now on, in every process within seconds."""
    from app.store.access import revoke_key

    with live_parts() as live:
        revoked = revoke_key(live.database, key)
    print_error(f"sweetspot: revoked {revoked}...")


def _show(keys: "Sequence[KeyFacts]", *, json: bool) -> None:
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from app.cli.output import print_json

    if json:
        times = ("created", "revoked")
        told = [asdict(key) for key in keys]
        print_json([one | {t: one[t] and one[t].isoformat() for t in times} for one in told])
        return
    table = Table(
        "key", "name", "tenant", "scope", "a minute", "most MB", "created", "revoked", box=None
    )
    for key in keys:
        days = [f"{day:%Y-%m-%d}" if day else "" for day in (key.created, key.revoked)]
        limits = f"{key.rate:,}", f"{key.most_mb:,}"
        table.add_row(key.prefix, key.name, key.tenant, key.scope, *limits, *days)
    Console(markup=False).print(table)
