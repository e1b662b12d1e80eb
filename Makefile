# serve and test need nothing but Python 3.11 and make. serve installs what the server needs into .venv; the other targets
# add the developer tools to it.

PYTHON ?= python3
BIN = .venv/bin
PIP_INSTALL = pip install --quiet --disable-pip-version-check
SUDO = $(shell test $$(id -u) = 0 || echo sudo)
# Set, as images of containers often have it, each process would compile all that it imports: 0.3 s, and the tests start
# more than a thousand.
unexport PYTHONDONTWRITEBYTECODE

serve: install
	$(BIN)/freiton serve --demo

# COVERAGE=yes measures which lines the tests reach, those of the servers included, and takes a quarter longer.
test: lint types
	command -v sqlite3 && command -v openssl || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes sqlite3 openssl; }
	rm -f .coverage*
	$(BIN)/$(if $(COVERAGE),coverage run,python) -m pytest --numprocesses $(WORKERS) --dist worksteal \
		-m "not node and not browser and not postgresql"
	$(if $(COVERAGE),$(BIN)/coverage combine --quiet)
	$(if $(COVERAGE),$(BIN)/coverage report)

# The tests with their databases on a PostgreSQL server of their own, but for those about SQLite's file.
# POSTGRESQL="tests/storage tests/api" are those whose answers depend on the engine most.
test-postgresql: tools
	command -v postgres /usr/lib/postgresql/*/bin/postgres || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes postgresql-15; }
	$(BIN)/python -m pytest --numprocesses $(WORKERS) tests/storage/postgresql
	$(BIN)/python -m pytest --postgresql --numprocesses $(WORKERS) --dist worksteal --ignore tests/storage/postgresql \
		-m "not node and not browser and not sqlite" $(POSTGRESQL)

# Two more than there are processors, for some tests wait.
WORKERS = $(shell expr $$(nproc) + 2)

# Everything that can be tested without a network, on both engines.
test-all: test test-postgresql test-connexion test-node browser

# All checks and phases of Schemathesis on a demo server with two workers, at least 100,000 cases.
fuzz: tools
	$(BIN)/python -m tests.fuzz

# The stateful phase of Schemathesis in a sandbox, with the hooks that users have, until it has reached every link.
fuzz-links: tools
	$(BIN)/python -m tests.fuzz_links

# Raw bytes of all kinds to servers of every setting, which have to say and do the same, for ten minutes.
# FUZZ_WIRE="--seconds 60 --seed 1" is shorter, and repeatable.
fuzz-wire: tools
	$(BIN)/python -m tests.fuzz_wire $(FUZZ_WIRE)

# The full number of rounds of what make test runs a few of: the model, concurrency, crashes, faults, backups, load.
faults: tools
	$(BIN)/python -m pytest --long tests/storage/test_model.py tests/storage/test_concurrency.py tests/storage/test_crashes.py \
		tests/storage/test_faults.py tests/storage/test_backup.py tests/storage/test_restore.py tests/server/test_slow_clients.py tests/server/test_leaks.py

# Three hosts of the service behind HAProxy, on a cluster of PostgreSQL, Patroni and etcd in network namespaces: its primary
# is killed, cut off and stopped while clients write and read; prints a table. Needs root, and takes a quarter of an hour.
# FAILOVER="--kills 1 --partitions 1" is shorter, FAILOVER=--direct is the cluster without the service.
failover: tools
	dpkg --status $(CLUSTER) > /dev/null 2>&1 || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes $(CLUSTER); }
	$(SUDO) $(BIN)/python -m tests.failover $(FAILOVER)

CLUSTER = postgresql-15 patroni etcd-server haproxy iproute2

# Small faults in data/ and the pure parts of handlers/, each of which the tests of its module have to notice; takes some
# 20 minutes. MUTANTS=200 SEED=1 are how many, and which.
mutants: tools
	$(BIN)/python -m tests.mutants

# The pages of the documentation and of the sandbox in Chromium from Debian's packages, which also draws tests/docs.png
# and tests/sandbox.png.
browser: tools
	command -v chromium || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes chromium; }
	$(BIN)/python -m pytest -m browser

# What ten million contacts cost, against a small database and bare SQLite; takes 10 GB and a quarter of an hour.
bench-data: tools
	$(BIN)/python -m tests.bench.data

# The tests with every fast path switched off: the answers are the same.
test-connexion: tools
	FREITON_FAST=0 $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal \
		-m "not node and not browser and not fast and not postgresql"

# Freiton side by side with bare ASGI, FastAPI, Litestar, Flask, stock Connexion, Prism and json-server; needs npm, wrk
# from Debian's packages and two cores, and takes half an hour. BENCH="--rounds 1 --seconds 1" is a first impression.
bench: test-connexion .venv-bench/installed
	command -v wrk || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes wrk; }
	.venv-bench/bin/python -m tests.bench.contest $(BENCH)

# The sandbox: worlds made, reset and restored at two sizes, beside copies of their files, the resets of moto's server and
# of WireMock; what the journal costs a request, and the pytest plugin a test. Needs npm, Debian's package for Java and two
# cores, and takes five minutes. BENCH_SANDBOX="--rounds 5" is a first impression.
bench-sandbox: .venv-bench/installed
	command -v java || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes default-jre-headless; }
	.venv-bench/bin/python -m tests.bench.sandbox $(BENCH_SANDBOX)

# Freiton on PostgreSQL beside FastAPI on psycopg and on asyncpg, bare COPY and pgbench; needs what bench needs and
# PostgreSQL 15 from Debian's packages, and takes ten minutes. BENCH_POSTGRESQL="--rounds 1 --only reads" is a first
# impression.
bench-postgresql: .venv-bench/installed
	command -v postgres /usr/lib/postgresql/*/bin/postgres || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes postgresql-15; }
	command -v wrk || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes wrk; }
	.venv-bench/bin/python -m tests.bench.postgresql $(BENCH_POSTGRESQL)

# What contacts cost on PostgreSQL at three sizes, and a model of its growth; takes ten minutes.
bench-growth: tools
	command -v postgres /usr/lib/postgresql/*/bin/postgres || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes postgresql-15; }
	$(BIN)/python -m tests.bench.postgresql.growth $(BENCH_GROWTH)

.venv-bench/installed: tests/requirements.lock pyproject.toml tests/bench/requirements.lock tests/bench/stand_ins/package-lock.json \
		tests/bench/moto/requirements.lock
	$(PYTHON) -m venv --clear .venv-bench
	.venv-bench/bin/$(PIP_INSTALL) --require-hashes --requirement tests/requirements.lock
	.venv-bench/bin/$(PIP_INSTALL) --require-hashes --requirement tests/bench/requirements.lock
	.venv-bench/bin/$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	cp -r tests/bench/stand_ins .venv-bench
	npm --prefix .venv-bench/stand_ins ci
	$(PYTHON) -m venv .venv-bench/moto
	.venv-bench/moto/bin/$(PIP_INSTALL) --require-hashes --requirement tests/bench/moto/requirements.lock
	touch $@

# What has changed in the contract since the version before, or since a revision, as in BASE=main; fails on a break that is
# not announced. Needs npm.
contract-diff: .venv/lint/installed
	$(BIN)/python -m tests.contract_diff $(BASE)

# The tests that need npm.
test-node: .venv/lint/installed
	$(BIN)/python -m pytest -m node

# What linters, RE2, Dredd, Portman, Schemathesis and rules of our own find in the contract: nothing. Needs npm.
lint-contract: .venv/lint/installed
	$(BIN)/python -m tests.lint_contract openapi.yaml handlers/sandbox/control.yaml handlers/sandbox/outgoing.yaml

.venv/lint/installed: .venv/tools tests/lint/package-lock.json
	rm -rf .venv/lint
	cp -r tests/lint .venv
	npm --prefix .venv/lint ci --ignore-scripts
	touch $@

# Generates a client with each generator of tests/clients, checks its code strictly, and lets it do a connector's first
# steps with a demo server; takes some minutes. Installs Debian's packages for Java, Go, Ruby and PHP. CLIENTS="orval kubb"
# tries two.
clients: .venv-clients/installed build/clients/node_modules/.package-lock.json
	dpkg --status $(COMPILERS) > /dev/null 2>&1 || { $(SUDO) apt-get update && $(SUDO) apt-get install --yes $(COMPILERS); }
	.venv-clients/bin/python -m tests.clients $(CLIENTS)

COMPILERS = default-jdk-headless golang-go libgeronimo-annotation-1.3-spec-java php-cli php-curl php-guzzlehttp-guzzle \
	php-mbstring ruby ruby-typhoeus

.venv-clients/installed: tests/requirements.lock pyproject.toml tests/clients/requirements.lock
	$(PYTHON) -m venv --clear .venv-clients
	.venv-clients/bin/$(PIP_INSTALL) --require-hashes --requirement tests/requirements.lock
	.venv-clients/bin/$(PIP_INSTALL) --require-hashes --requirement tests/clients/requirements.lock
	.venv-clients/bin/$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

build/clients/node_modules/.package-lock.json: tests/clients/package-lock.json tests/clients/tsconfig.json | .venv-clients/installed
	mkdir -p build/clients
	cp tests/clients/*.json tests/clients/.npmrc build/clients
	PATH="$(CURDIR)/.venv-clients/bin:$$PATH" npm --prefix build/clients ci --no-audit --no-fund
	touch $@

# A connector's journeys, written as Arazzo workflows, and a Postman collection generated from the contract, run against
# demo servers; needs npm.
workflows: tools build/workflows/node_modules/.package-lock.json
	$(BIN)/python -m tests.workflows

build/workflows/node_modules/.package-lock.json: tests/workflows/package-lock.json
	mkdir -p build/workflows
	cp tests/workflows/*.json tests/workflows/.npmrc build/workflows
	npm --prefix build/workflows ci --no-audit --no-fund
	touch $@

# audit-files looks for secrets in the tracked files, without a link to one of them, and needs no network. audit-packages
# asks the Python Package Index about each locked package, and fails if it cannot.
audit: audit-files audit-packages

audit-files: tools
	git ls-files -z -- ':!*requirements.lock' ':!*package-lock.json' ':!handlers/contract/openapi.yaml' | xargs -0 $(BIN)/detect-secrets-hook

audit-packages: tools
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement tests/requirements.lock $(PIP_AUDIT)

lint: tools
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache --no-logo

types: tools
	$(BIN)/mypy

# What freiton needs, without its verify. Python compiles a module when it is first imported: most never are.
install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@echo "Installing the server into .venv (once, about 15 seconds)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/$(PIP_INSTALL) --no-compile --require-hashes --requirement requirements.lock
	@$(BIN)/$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# What freiton verify, the tests and the checks need, and the generators of two clients and of a server.
tools: .venv/tools .venv/package .venv/stubs/installed

# An editable installation has copies of the files of the package `freiton`.
.venv/package: .venv/installed $(wildcard handlers/wheel/*.py handlers/wheel/*/*.py)
	@$(BIN)/$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/tools: .venv/installed tests/requirements.lock
	@echo "Installing the developer tools into .venv (once, about a minute)"
	@$(BIN)/$(PIP_INSTALL) --require-hashes --requirement tests/requirements.lock
	@touch $@

# It needs an older datamodel-code-generator than the tests.
.venv/stubs/installed: .venv/tools tests/stubs/requirements.lock
	@$(PYTHON) -m venv --clear .venv/stubs
	@.venv/stubs/bin/$(PIP_INSTALL) --require-hashes --requirement tests/stubs/requirements.lock
	@touch $@

# Wheel and sdist in dist/, built reproducibly, if pyproject.toml, CHANGELOG.md and openapi.yaml name the same version.
release: tools
	$(BIN)/python -m tests.release

# tests/requirements.lock holds everything but what only bench, clients and stubs need; the other locks agree with it,
# except those of moto and of stubs, which need older packages.
lock: tools
	$(COMPILE) --all-build-deps --extra dev --output-file tests/requirements.lock pyproject.toml
	$(COMPILE) --all-build-deps --constraint tests/requirements.lock --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint tests/requirements.lock --output-file tests/bench/requirements.lock tests/bench/requirements.in
	$(COMPILE) --output-file tests/bench/moto/requirements.lock tests/bench/moto/requirements.in
	$(COMPILE) --output-file tests/stubs/requirements.lock tests/stubs/requirements.in
	$(COMPILE) --constraint tests/requirements.lock --output-file tests/clients/requirements.lock tests/clients/requirements.in

UPGRADE = --upgrade
COMPILE = $(BIN)/pip-compile --quiet $(UPGRADE) --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links

clean:
	rm -rf .venv .venv-bench .venv-clients build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis

.PHONY: serve test test-connexion test-node fuzz fuzz-links fuzz-wire faults failover mutants browser bench bench-data bench-growth bench-postgresql bench-sandbox \
	lint-contract contract-diff clients workflows audit audit-files audit-packages lint types install tools release lock clean
