# `make app` and `make test` each set up everything they need in .venv; nothing else has to be done by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TYPESCRIPT := 5.9.3

.PHONY: app test wheel fuzz check bench demo-assets clean

app: $(VENV)/.ready
	$(BIN)/streamlit run app.py

test: $(VENV)/.ready-dev $(VENV)/.ready-typescript-$(TYPESCRIPT) browser
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

# What `pip install` gets, in dist/, and whether it works where there is no checkout.
wheel: $(VENV)/.ready-dev browser
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	$(BIN)/python -m pytest -m wheel tests/e2e/test_wheel.py

# Odd input to everything that reads, for ten minutes; FUZZ_SECONDS=60 is shorter. What is found is in fuzz-finds/.
fuzz: $(VENV)/.ready-dev
	nice $(BIN)/python -m tests.fuzz

check: $(VENV)/.ready-dev $(VENV)/.ready-typescript-$(TYPESCRIPT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.house.javascript

bench: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks

# What the demo ships and shows, made from nothing but its seed, in build/demo-assets; an interrupted run goes on.
demo-assets: $(VENV)/.ready-dev
	nice $(BIN)/python -m tests.house.demo_assets

# pip installs again only when pyproject.toml changed.
$(VENV)/.ready: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.ready-dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.ready

# What checks the JavaScript. Without npm or a network it is not installed; the check then says so and is left out.
$(VENV)/.ready-typescript-$(TYPESCRIPT): | $(VENV)/.ready-dev
	@npm install --prefix $(VENV)/typescript --no-save --no-audit --no-fund --fetch-retries 0 --silent \
	  typescript@$(TYPESCRIPT) >/dev/null 2>&1 && touch $@ || true

# A browser for the end-to-end tests: Debian's where we may install it, else Playwright's own. Without one those tests
# are skipped and say so.
.PHONY: browser
browser: $(VENV)/.ready-dev
	@command -v chromium >/dev/null 2>&1 \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 \
	       && apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	  || $(BIN)/python -m playwright install chromium >/dev/null 2>&1 \
	  || echo "No browser could be installed: the end-to-end tests will be skipped."

clean:
	rm -rf $(VENV) build dist fuzz-finds *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
