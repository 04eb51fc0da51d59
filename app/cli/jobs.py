"""`sweetspot worker` and `sweetspot job`: long works, and who does them."""

from typing import Annotated

import typer

from app.cli.base import Json, app, job_app, live_parts, print_error

JobId = Annotated[str, typer.Argument(metavar="ID", help="As the list of jobs shows it.")]


@app.command("worker")
def worker_command() -> None:
    """Work at jobs until interrupted; `serve` has such a process, too."""
    import signal
    from threading import Event

    from app.cli.base import configure_log
    from app.wiring.working import work_until

    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with live_parts() as live:
        print_error(f"sweetspot: working at the jobs in {live.database.where}")
        configure_log(live.settings.log_level)
        work_until(stopping, live)
    print_error("sweetspot: stopped")


@job_app.command("ls")
def job_ls(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most that are listed.")] = 100,
    json: Json = False,
) -> None:
    """The jobs, newest first."""
    from app.cli.job_output import show_jobs
    from app.jobs.progress import describe_job
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        found, now = live.jobs.list(DEFAULT_TENANT, limit), live.database.read_clock()
    show_jobs([describe_job(job, now) for job in found], json=json)


@job_app.command("show")
def job_show(job_id: JobId, json: Json = False) -> None:
    """One job: how far it is, and what came of it."""
    from app.cli.job_output import show_job
    from app.jobs.progress import describe_job
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        job, now = live.jobs.get(DEFAULT_TENANT, job_id), live.database.read_clock()
    show_job(describe_job(job, now), json=json)


@job_app.command("cancel")
def job_cancel(job_id: JobId, json: Json = False) -> None:
    """End a job; what it has written is removed. One that has ended stays as it is."""
    from app.cli.job_output import show_job
    from app.jobs.progress import describe_job
    from app.store.tables import DEFAULT_TENANT

    with live_parts() as live:
        job, now = live.jobs.cancel(DEFAULT_TENANT, job_id), live.database.read_clock()
    show_job(describe_job(job, now), json=json)
