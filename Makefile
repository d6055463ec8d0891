# The one door. Everything a person or CI does goes through a target below.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Where it is set every command that a test starts would be compiled anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak docs format catalogues lock clean

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## A whole back channel, then probes of two real cases; pages in build/
	@mkdir -p build
	$(BIN)/tracktwo demo --channel
	$(BIN)/tracktwo demo ukraine-spring-2022 --force --html build/ukraine-spring-2022.html
	$(BIN)/tracktwo demo writers-strike-2023 --force --html build/writers-strike-2023.html

test: $(READY) ## Run the tests, of the larger groups a part that differs each time
	$(BIN)/pytest -n auto --dist worksteal

check: $(READY) ## What CI runs before the tests: format, lint, types, import contracts, catalogues
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/catalogues.py check

bench: $(READY) ## Measure speed, traffic and memory beside the peers; prints tables
	$(BIN)/python bench/run.py

soak: $(READY) ## Every test at its full size; then 100,000 messages and 100 kills, on SQLite and on PostgreSQL
	TRACKTWO_SOAK=1 $(BIN)/pytest -n auto --dist worksteal
	$(BIN)/python tests/soak/soak.py --messages 100000 --kills 100

docs: $(READY) ## Run every command the documents show
	$(BIN)/pytest tests/test_docs.py

format: $(READY) ## Put the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

catalogues: $(READY) ## Take what the source says into the page's catalogues, to be translated
	$(BIN)/python tools/catalogues.py update

lock: $(READY) ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --group dev --python-version 3.11 pyproject.toml -o requirements.lock

clean: ## Remove what the targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
