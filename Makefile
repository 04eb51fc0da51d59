# `make find` shows what Sweetspot does; `make test` proves it. Both set up what they need.
.PHONY: docs find test test-nominatim check bench bench-engines bench-together screenshots serve \
  clean help
RUN := .venv/bin
# What the environments are made of. The last is packed with them (hatch_build.py): where it is
# missing, they are made anew.
PACKED := app/pages/lib/package-lock.json
SETUP := pyproject.toml uv.lock setup.sh package-lock.json hatch_build.py $(PACKED)
# What is tried out here stays here.
export SWEETSPOT_DATA_DIR ?= data
unexport PYTHONDONTWRITEBYTECODE  # compiled once, every later run starts in half the time

help:
	@echo "make find    set up and run the main job: without a map, then on the sample county"
	@echo "make test    set up and run every check and test"
	@echo "make test-nominatim"
	@echo "             set up and ask a real Nominatim, with Debian's PostgreSQL, PostGIS, osm2pgsql"
	@echo "make bench   measure, side by side with Valhalla and OSRM, into bench/RESULTS.md"
	@echo "make bench-engines"
	@echo "             the routing and geocoding services only"
	@echo "make bench-together"
	@echo "             many clients at once only, beside the commit before"
	@echo "make screenshots"
	@echo "             the pictures in docs/"
	@echo "make serve   the page and the API on http://127.0.0.1:8080"

find: .venv/.find
	@echo "1. No map: ZIP centroids and estimated minutes (examples/us.csv)"
	$(RUN)/sweetspot find examples/us.csv --home "Springfield, MA" --minutes 50
	@echo
	@echo "2. With a map: the sample county, real roads, real engine"
	$(RUN)/sweetspot region sample
	$(RUN)/sweetspot find $(SWEETSPOT_DATA_DIR)/sample.csv --region sample \
	  --home "350 Main Street, Larkfield, NV" --minutes 50 --verdict all
	@echo
	@echo "3. The page: make serve, then http://127.0.0.1:8080/"

test: .venv/.test check
	@sh tests/postgres.sh
	@sh tests/chromium.sh
	COVERAGE_CORE=sysmon $(RUN)/pytest -n 2 -W error --cov=app --cov-report=
	$(RUN)/python -m tests.coverage_by_room

test-nominatim: .venv/.test
	@sh tests/nominatim.sh
	@sh setup.sh --group nominatim
	$(RUN)/pytest -m nominatim -W error --timeout 900

check: .venv/.test
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports

bench: .venv/.test
	$(RUN)/python -m bench

bench-engines: .venv/.test
	$(RUN)/python -m bench engines geocoders

bench-together: .venv/.test
	$(RUN)/python -m bench together

docs: .venv/.test
	$(RUN)/python docs/make_reference.py

screenshots: .venv/.test
	@sh tests/chromium.sh
	PYTHONPATH=. $(RUN)/python docs/make_screenshots.py

serve: .venv/.find
	$(RUN)/sweetspot serve --open

$(PACKED):

clean:
	rm -rf .venv app/pages/lib tests/pages/lib data out .coverage .mypy_cache .pytest_cache \
	  .ruff_cache .import_linter_cache

.venv/.find: $(SETUP)
	@sh setup.sh --no-dev && touch $@

.venv/.test: $(SETUP)
	@sh setup.sh && touch $@
