"""`--for route`: a day of visits, as pages to print or as a file for a phone's map."""

from app.exports.kind import ExportKind, ExportWork, Written
from app.exports.options import RouteOptions
from app.exports.route.day import plan_day


def write_route(work: ExportWork) -> Written:
    """One day of visits among the rows. Raises BadQuestion, and what a home base raises."""
    plan, more = plan_day(work), list[str]()
    match work.target.suffix.lower():
        case ".gpx":
            from app.exports.route.gpx_file import write_gpx

            write_gpx(plan, work.target)
        case ".html":
            from app.exports.route.page import write_page

            write_page(plan, work.target)
        case _:
            from app.exports.route.sheet import write_sheet

            more += write_sheet(plan, work)
    return Written([*plan.notes, *more], plan.left_out)


KIND = ExportKind("route", (".pdf", ".html", ".gpx"), "visits", write_route, (RouteOptions,))
