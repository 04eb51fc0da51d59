"""The command line, run as a user runs it."""

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.geo.regions.sample import county as sample

HOME = sample.HOME_ADDRESS
ROOT = Path(__file__).parents[2]


@pytest.fixture
def listed(tmp_path):
    """The sample county's prospects as a file."""
    path = tmp_path / "prospects.csv"
    path.write_text(sample.prospects_csv(), encoding="utf-8")
    return path


def test_help_leaves_the_heavy_packages_out():
    """`--help` must answer at once: polars, scipy and the like take 1.5 s to import."""
    heavy = {"polars", "scipy", "osmium", "shapely", "pyproj", "numpy", "fastapi", "httpx"}
    code = (
        "import sys; sys.argv = ['sweetspot', '--help']\n"
        "from app import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', sorted(set(sys.modules) & {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"
    assert "find" in done.stdout


def test_version(run):
    assert run("--version").out.startswith("sweetspot ")


def test_find_on_the_sample_county(run, listed):
    """The table names the firms that pass; the summary's funnel adds up to the rows read."""
    ran = run("find", str(listed), "--home", HOME, "--minutes", "50", "--quiet")
    assert ran.code == 0
    assert "Basin Printing" in ran.out
    assert "Kettle Corner" not in ran.out  # 4 employees


def test_the_summary_says_engine_region_and_traffic(run, listed):
    ran = run("find", str(listed), "--home", HOME, "--minutes", "50")
    assert "valhalla" in ran.out
    assert "region sample" in ran.out
    assert "without traffic" in ran.out
    assert "OpenStreetMap" in ran.out


def test_json_has_the_api_s_keys(run, listed):
    ran = run("find", str(listed), "--home", HOME, "--minutes", "50", "--json", "--verdict", "all")
    answer = json.loads(ran.out)
    counts = answer["counts"]
    assert {"home_base", "counts", "prospects", "engine", "region", "attribution"} <= set(answer)
    assert len(answer["prospects"]) == counts["read"]
    assert counts["passed"] + counts["maybe"] + counts["failed"] == counts["read"]


def test_every_out_format_holds_the_same_rows(run, listed, tmp_path):
    """CSV, XLSX, GeoJSON, Parquet and JSON files agree on who passes."""
    import polars as pl

    def names(kind: str) -> list[str]:
        path = tmp_path / f"out.{kind}"
        ran = run("find", str(listed), "--home", HOME, "--out", str(path), "--quiet")
        assert ran.code == 0, ran.err
        if kind == "csv":
            return pl.read_csv(path)["Company Name"].to_list()
        if kind == "xlsx":
            return pl.read_excel(path)["Company Name"].to_list()
        if kind == "parquet":
            return pl.read_parquet(path)["Company Name"].to_list()
        loaded = json.loads(path.read_text())
        if kind == "json":
            return [row["Company Name"] for row in loaded]
        return [f["properties"]["Company Name"] for f in loaded["features"]]

    first = names("csv")
    assert "Basin Printing" in first
    for kind in ("xlsx", "geojson", "parquet", "json"):
        assert names(kind) == first


def test_out_keeps_the_columns_and_adds_ours(run, listed, tmp_path):
    out = tmp_path / "out.csv"
    run("find", str(listed), "--home", HOME, "--out", str(out), "--verdict", "all", "--quiet")
    before, after = (
        next(csv.reader([path.read_text(encoding="utf-8-sig").splitlines()[0]]))
        for path in (listed, out)
    )
    assert after[: len(before)] == before
    assert after[len(before)] == "sweetspot_verdict"
    assert after[-1] == "sweetspot_opt_outs"


def test_pipes(listed, data_dir):
    """`-` reads standard input and `--out -` writes CSV to standard output, nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "find", "-", "--home", HOME, "--out", "-", "--quiet"],
        input=listed.read_bytes(),
        capture_output=True,
        cwd=ROOT,
        env={"SWEETSPOT_DATA_DIR": str(data_dir), "PATH": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8-sig"))))
    assert rows
    assert {row["sweetspot_verdict"] for row in rows} == {"pass"}


def test_nothing_passed_is_exit_1(run, listed):
    """No prospect has 5,000 employees."""
    sizes = ("--employees", "5000+", "--computers", "off", "--sales", "off")
    assert run("find", str(listed), "--home", HOME, *sizes, "-q").code == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--minutes", "50-30"), ("minutes", "50", "30")),
        (("--minutes", "soon"), ("minutes", "soon")),
        (("--minutes", "100000"), ("minutes", "longest")),
        (("--miles", "5", "--km", "8"), ("miles", "km")),
        (("--traffic", "9"), ("traffic",)),
        (("--verdict", "perhaps"), ("verdict", "perhaps")),
        (("--out", "rows.docx"), ("rows.docx", ".csv")),
        (("--direction", "up"), ("direction", "up")),
        (("--region", "atlantis"), ("atlantis", "sample")),
        (("--column", "employees"), ("MEANING=HEADER",)),
        (("--column", "employees=Nobody"), ("Nobody",)),
        (("--together", "most"), ("together", "most")),
    ],
)
def test_bad_options_name_themselves(run, listed, args, words):
    """Exit code 2 and one sentence that names the option and what to do; no trace."""
    ran = run("find", str(listed), "--home", HOME, *args)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("Nowhere Lane 1, Atlantis", ("not found",)),
        ("95,10", ("latitude",)),
        ("", ("home base",)),
        ("39.9874,-116.3192", ("road",)),  # a kilometre off every road of the county
    ],
)
def test_bad_home_bases(run, listed, home, words):
    ran = run("find", str(listed), "--home", home)
    assert ran.code == 2
    for word in words:
        assert word in ran.err


def test_an_ambiguous_home_base_names_the_candidates(run, listed):
    """There is a Springfield in many states."""
    ran = run("find", str(listed), "--home", "Springfield")
    assert ran.code == 2
    assert "Springfield, MA" in ran.err
    assert "Springfield, IL" in ran.err


def test_a_missing_file(run, tmp_path):
    ran = run("find", str(tmp_path / "none.csv"), "--home", HOME)
    assert ran.code == 2
    assert "none.csv" in ran.err


def test_without_a_map_minutes_are_estimated(run, tmp_path):
    """Outside every region: ZIP codes and the estimate, said as such, with what helps."""
    listed = tmp_path / "us.csv"
    listed.write_text("name,city,state,zip,employees\nA,Holyoke,MA,01040,20\n")
    ran = run("find", str(listed), "--home", "Springfield, MA", "--verdict", "all")
    assert "estimate" in ran.out
    assert "region add --near" in ran.out


def test_geocode(run):
    ran = run("geocode", HOME, "--json")
    rows = json.loads(ran.out)
    assert rows[0]["source"] == "sample gazetteer" or rows[0]["source"].startswith("sample")
    assert run("geocode", "Xyzzy Plugh 99").code == 1


def test_region_list_show_verify(run):
    assert "sample" in run("region", "list").out
    assert json.loads(run("region", "list", "--json").out)[0]["name"] == "sample"
    assert json.loads(run("region", "show", "sample").out)["name"] == "sample"
    assert run("region", "verify", "sample").code == 0
    missing = run("region", "show", "atlantis")
    assert missing.code == 2
    assert "sample" in missing.err


def test_region_list_says_how_large_how_new_and_of_what_ground(run, county):
    """The county is 101 miles wide; its data is of the first of January."""
    size = f"{county.size_bytes / 1e6:.1f} MB"
    line = next(line for line in run("region", "list").out.splitlines() if "sample" in line)
    assert f"{size} 2026-01-01 101 x 15 mi" in " ".join(line.split())
    (told,) = json.loads(run("region", "list", "--json").out)
    assert told["size_bytes"] == county.size_bytes
    assert told["data_date"] == "2026-01-01T00:00:00Z"
    assert told["circle"] is None
    assert told["digest"] == county.digest


def test_region_list_names_the_circle_of_a_cut_region(run, county, tmp_path, monkeypatch):
    """What a region was cut to stands in its manifest."""
    folder = tmp_path / "regions" / "sample"
    shutil.copytree(county.folder, folder)
    circle = {"lat": 40.0, "lon": -116.6, "miles": 60.0}
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(json.dumps(json.loads(text) | {"circle": circle}))
    monkeypatch.setenv("SWEETSPOT_DATA_DIR", str(tmp_path))
    assert "60 mi around 40.0000, -116.6000" in run("region", "list").out
    assert json.loads(run("region", "list", "--json").out)[0]["circle"] == circle


def test_a_bad_setting_names_its_variable(run, monkeypatch):
    monkeypatch.setenv("SWEETSPOT_REACH_CACHE_MB", "lots")
    ran = run("region", "list")
    assert ran.code == 2
    assert "SWEETSPOT_REACH_CACHE_MB" in ran.err


@pytest.mark.usefixtures("impatient")
def test_a_backend_that_fails_is_exit_3(run, monkeypatch):
    """Nothing listens where the maps should come from."""
    monkeypatch.setenv("SWEETSPOT_DOWNLOAD_URL", "http://127.0.0.1:9")
    ran = run("region", "add", "us/hawaii")
    assert ran.code == 3
    assert "127.0.0.1:9" in ran.err
    assert "Traceback" not in ran.err


def test_a_lower_bound_says_what_it_left_out(run, listed):
    """Cedar Halt and Larkfield lie nearer than half an hour."""
    ran = run("find", str(listed), "--home", HOME, "--minutes", "30-50")
    assert "Left out by the lower bound of the reach: " in ran.out


def test_kilometres_and_traffic_show_in_the_reasons(run, listed):
    ran = run("find", str(listed), "--home", HOME, "--km", "80", "--json", "--verdict", "all")
    reasons = [r for row in json.loads(ran.out)["prospects"] for r in row["reasons"]]
    assert any(" km" in reason for reason in reasons)
    ran = run("find", str(listed), "--home", HOME, "--traffic", "1.3", "--json")
    rows = json.loads(ran.out)["prospects"]
    assert all("1.3" in " ".join(row["reasons"]) for row in rows)


def test_a_packed_list_is_read_from_a_file_and_from_a_pipe(run, listed, tmp_path):
    packed = tmp_path / "list.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(listed, "prospects.csv")
    out = tmp_path / "found.csv"
    assert run("find", str(packed), "--home", HOME, "--out", str(out), "--quiet").code == 0
    done = subprocess.run(
        [sys.executable, "-m", "app", "find", "-", "--home", HOME, "--out", "-", "--quiet"],
        input=packed.read_bytes(), capture_output=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == out.read_bytes()


def test_a_home_base_abroad_is_no_street_of_the_map(run, county):  # noqa: ARG001
    for text, country in (("Paris, France", "France"), ("Oak, ON, Canada", "Canada")):
        ran = run("prospects", "--home", text)
        assert ran.code == 2
        assert f"is in {country}, of which no map is installed" in ran.err
        assert "not found" in run("geocode", text).err
