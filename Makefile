# Everything a person does with this project, by name. `make help` lists it.
.DEFAULT_GOAL := help
VENV := .venv
PY := $(VENV)/bin/python
TIDEOVER := $(VENV)/bin/tideover
READY := $(VENV)/ready
SEED ?= 1
# Tests wait for about half of their time (browsers, line checks, real programs): one process more than cores.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# A test that takes ten minutes hangs (pyproject.toml), unless it was asked to go on for hours.
LONG := -o faulthandler_timeout=0

.PHONY: help setup setup-system demo test lint sim sim-night crash crash-night till-kills fuzz rehearse-all mutants bench figures pictures docs lock clean net

help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(READY) ## Make the Python environment in .venv from the lock file.

$(READY): requirements/lock.txt pyproject.toml
	python3 -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# Programs that some tests drive, each with Debian's package of it; a test whose program is missing is skipped, and says so.
SYSTEM := chromium:chromium firefox-esr:firefox-esr certutil:libnss3-tools ip:iproute2 nft:nftables conntrack:conntrack ping:iputils-ping upsd:nut-server upsc:nut-client sipp:sip-tester

setup-system: ## Install the Debian packages that some tests need; skipped with a list when not root.
	@missing=; for one in $(SYSTEM); do command -v "$${one%%:*}" >/dev/null 2>&1 || missing="$$missing $${one##*:}"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then echo "setup-system: not root, so these stay missing and their tests are skipped:$$missing"; \
	elif ! command -v apt-get >/dev/null 2>&1; then echo "setup-system: no apt here, so these stay missing and their tests are skipped:$$missing"; \
	elif DEBIAN_FRONTEND=noninteractive sh -c "apt-get -qq update && apt-get -qq install -y --no-install-recommends $$missing" >/dev/null 2>&1; then \
	  echo "setup-system: installed$$missing"; \
	else echo "setup-system: apt could not install these; their tests are skipped:$$missing"; fi

demo: setup ## Play a Friday afternoon in a generated corner shop.
	$(TIDEOVER) demo

# Hundreds of tests start programs of ours: each is compiled once and kept, whatever the environment says of that.
test: export PYTHONDONTWRITEBYTECODE =
# Scratch lies in memory where there are 4 GB of it: a test waits for some twenty syncs, and none shows what a disk does
# (where the power is cut, tests/crash plays the disk itself).
ROOM := $(shell grep ' /dev/shm tmpfs ' /proc/mounts 2>/dev/null | grep -qv noexec && df --output=avail /dev/shm 2>/dev/null | tail -1)
test: export PYTEST_DEBUG_TEMPROOT = $(if $(shell test "$(or $(ROOM),0)" -gt 4000000 && echo yes),/dev/shm,$(or $(TMPDIR),/tmp))
test: setup setup-system lint ## Run every test (WORKERS=2: that many at a time).
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup --durations=20 --durations-min=5

lint: setup ## Look for mistakes without running anything.
	$(VENV)/bin/ruff check src tests bench docs

sim: setup ## Play one seeded shop: make sim SEED=7
	$(PY) -m pytest -q -s tests/sim -k must_hold --seed $(SEED)

sim-night: setup ## Play a hundred thousand seeded shops, and go on where it was stopped: make sim-night FROM=1 COUNT=100000
	PYTHONPATH=tests:src $(PY) -m sim.night --from $(or $(FROM),1) --count $(or $(COUNT),100000) --out sim-night $(if $(KEEP_GOING),--keep-going)

crash: setup ## Cut the power two thousand times, fail every n-th write, kill what runs: make crash CUTS=20000 FROM=2000
	CUTS=$(or $(CUTS),2000) FROM=$(or $(FROM),0) $(PY) -m pytest -q $(LONG) tests/crash

crash-night: setup ## Cut the power a million times on both cores, every failing write, 400 kills: make crash-night CUTS=1000000 FROM=0
	$(PY) tests/crash/night.py --cuts $(or $(CUTS),1000000) --from $(or $(FROM),0) $(if $(KEEP_GOING),--keep-going)
	EVERY=1 KILLS=$(or $(KILLS),200) FROM=$(or $(FROM),0) $(PY) -m pytest -q $(LONG) tests/crash/test_failing_io.py tests/crash/test_kill.py

till-kills: setup setup-system ## Kill the till's browser fifty times within 100 ms of "paid" (a few minutes): make till-kills KILLS=50
	TIDEOVER_KILLS=$(or $(KILLS),50) $(PY) -m pytest -q -s -n0 $(LONG) tests/browser/test_till_crash.py

net: setup setup-system ## Break lines, names and clouds on real Linux networking (part of make test); says why where kernel or rights forbid it.
	$(PY) -m pytest -q -rs tests/net

fuzz: setup ## Let machines and fuzzers try 10,000 examples each, where a test run tries some dozens (hours).
	$(PY) -m pytest -n 2 --dist worksteal $(LONG) --hypothesis-profile fuzz tests/models tests/fuzz

rehearse-all: setup ## Play the five real days with every fault: both clouds, seeds 1 to 5; Tryton, seeds 1 and 2 (hours).
	$(PY) tests/rehearse_all.py

mutants: setup $(VENV)/mutmut/ready ## Change the code of money, proof and "once" in a thousand ways; a test must notice (a quarter of an hour): make mutants CHILDREN=2
	nice -n 10 $(PY) tests/mutants.py --tool $(VENV)/mutmut --children $(or $(CHILDREN),1)

$(VENV)/mutmut/ready: requirements/mutants.txt | $(READY)
	rm -rf $(VENV)/mutmut
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --target $(VENV)/mutmut -r requirements/mutants.txt
	@touch $@

bench: setup ## Measure every figure, the quick way: each beside its peers (bench/NAME.py without --quick: the long way).
	@failed=; for one in bench/*.py; do $(PY) $$one --quick || failed="$$failed $$one"; done; test -z "$$failed" || { echo "do not hold:$$failed"; exit 1; }

figures: setup ## Measure every figure the long way (an hour on a calm machine), draw it, and write docs/figures.md.
	$(PY) docs/draw_figures.py

docs: setup ## Write docs/errors.md and docs/settings.md anew from the code.
	$(PY) -m tideover.docs_from_code

pictures: setup setup-system ## Take the README's pictures anew, from a demo that is being played.
	$(PY) docs/pictures.py

lock: ## Write requirements/lock.txt and mutants.txt anew (needs pip-tools).
	pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header \
	    --output-file requirements/lock.txt requirements/base.in requirements/tryton.in requirements/dev.in
	pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-header \
	    --output-file requirements/mutants.txt requirements/mutants.in

clean: ## Remove what setup made.
	rm -rf $(VENV) mutants
