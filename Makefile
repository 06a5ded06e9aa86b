# Everything runs in .venv, against the installed package.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find exporter -name '*.py' -o -name '*.java' -o -name '*.yaml' -o -name '*.css' -o -name py.typed | grep -v artifacts) setup.py setup.cfg pyproject.toml

# Most tests wait for other programs, so that two cores are enough. With Spark, each worker needs up to 2 GB.
WORKERS ?= 2
PYTEST := $(BIN)/pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/dependencies: setup.cfg
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "spark-exporter needs Python 3.10 or newer; set PYTHON=/path/to/one (this is " + sys.version.split()[0] + ")")'
	@javac="$${JAVA_HOME:+$$JAVA_HOME/bin/}javac"; command -v "$$javac" >/dev/null || javac=javac; \
	case "$$("$$javac" -version 2>&1)" in "javac 1"[7-9]*|"javac "[2-9][0-9]*) ;; \
	*) echo "spark-exporter needs a JDK 17 or newer: put its bin directory on the PATH or set JAVA_HOME" >&2; exit 1 ;; esac
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PYTHON) -c 'import configparser as c; p = c.ConfigParser(); p.read("setup.cfg"); e = p["options.extras_require"]; print(p["options"]["install_requires"], e["test"], e["dashboards"], e["kubernetes"], e["lint"], sep="\n")' > .venv/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check 'setuptools>=77' -r .venv/requirements.txt
	touch $@

.venv/installed: .venv/dependencies $(SOURCES)
	rm -rf build
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --force-reinstall .
	touch $@

.PHONY: install
install: .venv/installed ## Make .venv and install the package into it

# Spark's classes for the tests: with them, it starts in half of the time.
.venv/spark-classes.jsa: .venv/dependencies tools/class_archive.py
	$(BIN)/python tools/class_archive.py $@

.PHONY: demo
demo: install ## Run a Spark job with the plugin and the daemon, and watch its metrics (DEMO_SECONDS=30 ends it)
	@$(BIN)/python examples/demo/run.py

.PHONY: test
test: install .venv/spark-classes.jsa ## Run the tests of the parts, WORKERS=2 at a time
	$(PYTEST)

.PHONY: spark
spark: install .venv/spark-classes.jsa ## Run the tests of whole applications on real Spark
	$(PYTEST) tests/spark

.PHONY: stress
stress: install .venv/spark-classes.jsa ## Run the long tests on real Spark: a million rows, killed processes, whole applications
	$(PYTEST) tests/stress

.PHONY: compat
compat: install ## Run applications on other versions of Spark, each in a virtualenv in .venv-compat
	$(BIN)/pytest tests/compat

.PHONY: proof
proof: install ## Run the showcase once; every query must have data, the failures must fire their alerts
	$(BIN)/pytest tests/proof

# All tests of a file on one worker: what they share, such as an image, takes long to make.
.PHONY: kubernetes
kubernetes: install ## Build Helm and a real API server with Go, and test the chart, the discovery and the image
	tools/kubernetes.sh
	$(PYTEST) --dist loadfile tests/chart tests/kubernetes tests/image

.PHONY: showcase
showcase: install ## Run applications that do everything, well and badly, to see full dashboards
	@$(BIN)/python examples/showcase/run.py

.PHONY: preview
preview: install ## Run the showcase and draw a picture of each dashboard into docs/images
	@$(BIN)/python examples/showcase/preview.py docs/images

.PHONY: bench
bench: install ## Run the benchmarks beside their peers; fail when a bound is missed
	$(BIN)/python benchmarks/run.py

.PHONY: lint
lint: install ## Check style, types and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --python-version 3.11 dashboards
	$(BIN)/python tools/docs.py --check
	$(BIN)/python -m dashboards --check
	$(BIN)/python tools/chart.py --check

.PHONY: format
format: install ## Format the Python code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: install ## Write the generated documents, dashboards, rules and the chart's files
	$(BIN)/python tools/docs.py
	$(BIN)/python -m dashboards
	$(BIN)/python tools/chart.py

.PHONY: tools
tools: ## Install the programs that some tests need (Debian; as root)
	tools/install.sh

.PHONY: clean
clean: ## Remove what was built
	rm -rf .venv .venv-compat build *.egg-info .hypothesis .schemathesis .mypy_cache .pytest_cache .ruff_cache
