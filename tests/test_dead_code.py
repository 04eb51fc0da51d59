"""Nothing is defined that nobody uses, tests aside."""

from pathlib import Path

from vulture import Vulture

from app.store.tables import Base

APP = Path(__file__).parents[1] / "app"
# Commands and routes, which typer and FastAPI call.
REGISTERED = ["@app.*", "@region_app.*", "@clients_app.*", "@list_app.*", "@router.*"]
REGISTERED += ["@suppress_app.*", "@job_app.*", "@keys_app.*"]
REGISTERED += ["@compiles"]  # which SQLAlchemy calls
# What numpy, io, html.parser, osmium, geopy, fpdf and typer ask for by these names; the other end
# of a protocol; columns of answers.
CALLED_BY_OTHERS = {"writeable", "readable", "readinto", "get_json", "api_path", "queries"}
CALLED_BY_OTHERS |= {"from_chunk"}
CALLED_BY_OTHERS |= {"apply_nodes_to_ways", "handle_starttag", "handle_data"}
CALLED_BY_OTHERS |= {"footer", "c_margin"}
CALLED_BY_OTHERS |= {"__signature__", "__annotations__"}
# SQLAlchemy and Alembic; the tables, each of which is made whether or not it is written to yet.
CALLED_BY_OTHERS |= {"impl", "cache_ok", "inherit_cache", "type_annotation_map", "metadata"}
CALLED_BY_OTHERS |= {"process_bind_param", "process_result_value", "revision", "down_revision"}
TABLES = {mapper.class_.__name__ for mapper in Base.registry.mappers}
SHOWN = {"lift", "income_per_hour_with_driving"}


def test_nothing_is_defined_and_never_used() -> None:
    """A method that only a test calls is dead, too. Fields of the API's models are for pydantic."""
    seen = Vulture(ignore_decorators=REGISTERED, ignore_names=[*CALLED_BY_OTHERS, *SHOWN, *TABLES])
    seen.scavenge([str(APP)])
    dead = {
        f"{item.filename.relative_to(APP.parent)}: {item.name}"
        for item in seen.get_unused_code(min_confidence=60)
        if item.typ != "import"  # ruff sees those, quoted annotations among them
        and not (item.typ == "variable" and _declares_models(item.filename))
    }
    assert dead == set()


def _declares_models(path: Path) -> bool:
    models = {"options.py", "defining.py", "settings.py", "tables.py"}
    return path.parent.name in {"routers", "schema"} or path.name in models
