# serve and test need nothing but Python 3.11 and make; each target installs what it needs into .venv.

PYTHON ?= python3
BIN = .venv/bin

serve: install
	$(BIN)/freiton serve --demo

test: lint types
	rm -f .coverage*
	$(BIN)/coverage run -m pytest --numprocesses auto --dist worksteal -m "not alone"
	$(BIN)/coverage run -m pytest -m alone
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# All checks and phases of Schemathesis on a demo server with two workers, at least 100,000 cases.
fuzz: install
	$(BIN)/python -m tests.fuzz

# The full number of rounds of what make test runs a few of: the model, concurrency, crashes, faults, backups, load.
faults: install
	$(BIN)/python -m pytest --long tests/test_model.py tests/test_concurrency.py tests/test_crashes.py \
		tests/test_faults.py tests/test_backup.py tests/test_restore.py tests/test_slow_clients.py tests/test_leaks.py

# What ten million contacts cost, against a small database and bare SQLite; takes 10 GB and some minutes.
bench-data: install
	$(BIN)/python -m tests.bench.data

# Known vulnerabilities of what is locked, which asks the registry, and secrets in what is tracked.
audit: install
	$(BIN)/pip-audit --require-hashes --disable-pip --requirement requirements.lock
	git ls-files -z -- ':!requirements.lock' | xargs -0 $(BIN)/detect-secrets-hook

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install
	$(BIN)/mypy

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

wheel: install
	$(BIN)/python -m build --no-isolation

lock: install
	$(BIN)/pip-compile --quiet --upgrade --extra dev --all-build-deps --allow-unsafe --generate-hashes --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis

.PHONY: serve test fuzz faults bench-data audit lint types install wheel lock clean
