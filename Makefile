# The two commands that matter: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TESTS ?= tests
# Test processes; each has servers of its own, and a file of tests stays in one.
JOBS ?= auto
UV ?= uv

.PHONY: run test fuzz mutation lint types audit bench eval lock migration clean

run: $(READY)
	@$(BIN)/factcheck start

test: $(READY)
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(TESTS)

# Generated calls of the whole API and hostile bodies, so many of each, until something breaks.
CASES ?= 20000
DATABASE ?= both
fuzz: $(READY)
	$(BIN)/python tests/fuzz.py --cases $(CASES) --database $(DATABASE) $(if $(SEED),--seed $(SEED))

# Would the tests notice a wrong rule? See docs/mutation.md.
mutation: $(READY)
	$(BIN)/python -m bench.mutation $(MODULES) $(if $(SAMPLE),--sample $(SAMPLE))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive factcheck

types: $(READY)
	$(BIN)/mypy

# Options go into BENCH, as in: make bench BENCH=--large
bench: $(READY)
	$(BIN)/python -m bench $(BENCH)

# The text engines on the development sets in the folder EVAL, against the figures to reach.
eval: $(READY)
	@test -n "$(EVAL)" || { echo "eval: say where the development sets are, as in: make eval EVAL=DIR"; exit 2; }
	$(BIN)/python -m training.evaluate $(EVAL) $(if $(MODEL),--model $(MODEL))

# What we stand on: the licences of all that is installed, and a list of components (CycloneDX) from the lock.
audit: $(READY)
	@mkdir -p dist
	$(BIN)/pip-licenses --format=markdown --order=license --with-urls --output-file=dist/licences.md
	$(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/components.cdx.json requirements.lock
	$(BIN)/pip-licenses --summary --order=count

# Rewrites the lock files; needs uv. They hold hashes and no addresses.
lock:
	$(UV) pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --upgrade --quiet --output-file requirements.lock
	# What a server needs and nothing else, at the same versions; for deploy/Containerfile.
	$(UV) pip compile pyproject.toml --all-extras --group build --constraint requirements.lock \
		--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		--output-file deploy/requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "factcheck needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $(READY)

clean:
	rm -rf $(VENV) instance
