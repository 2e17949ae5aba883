# make run    starts OrderScope on http://127.0.0.1:8501 (PORT=8600 for another port)
# make test   checks everything: style, types, tests on real databases and in a real browser
# make bench, make texts, make docs, make pictures   see README

PORT    ?= 8501
PYTHON3 ?= python3 python3.13 python3.12 python3.11
VENV    := .venv
PYTHON  := $(VENV)/bin/python

.PHONY: run test bench texts docs pictures environment app-requirements
.PHONY: test-requirements bench-requirements browser style types tests

run: app-requirements
	@exec $(PYTHON) -m dashboard start --port $(PORT)

test: style types tests

style: test-requirements
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .

types: test-requirements
	$(PYTHON) -m mypy data_access dashboard pages

# Each file's tests run in one process, which makes what they share once.
tests: test-requirements browser
	$(PYTHON) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

bench: bench-requirements browser
	$(PYTHON) -m benchmarks $(ARGUMENTS)

texts: test-requirements
	$(PYTHON) -m dashboard.locales.update

docs: app-requirements
	$(PYTHON) -m docs.dictionary
	$(PYTHON) -m docs.readme

pictures: test-requirements browser
	$(PYTHON) -m docs.pictures $(ARGUMENTS)

browser: test-requirements
	@$(PYTHON) -m tests.browser

app-requirements: environment
	@$(call install,requirements.txt)

test-requirements: environment
	@$(call install,tests/requirements.txt)

bench-requirements: environment
	@$(call install,benchmarks/requirements.txt)

# The virtual environment, made by the first Python of PYTHON3 that fits.
FITS = import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

environment:
	@$(PYTHON) -c '$(FITS)' 2>/dev/null && exit 0; \
	for python in $(PYTHON3); do \
		$$python -c '$(FITS)' 2>/dev/null || continue; \
		$$python -c 'import ensurepip, venv' 2>/dev/null || { lame=$$python; continue; }; \
		echo "Making $(VENV) with $$($$python -V)."; \
		$$python -m venv --clear $(VENV); exit $$?; \
	done; \
	if [ -n "$$lame" ]; then \
		echo "$$lame cannot make virtual environments: install its venv package" \
			"(on Debian and Ubuntu: apt install python3-venv) and run make again." >&2; \
	else \
		echo "OrderScope needs Python 3.11, 3.12 or 3.13: install one and run make again." >&2; \
	fi; \
	exit 1

# Installs a requirements file, unless it is installed as it now reads, by this Python.
install = \
	stamp=$(VENV)/installed-$(subst /,-,$(1)); \
	now="$$(cat requirements.txt $(1) | cksum) $$($(PYTHON) -VV)"; \
	[ "$$now" = "$$(cat $$stamp 2>/dev/null)" ] && exit 0; \
	echo "Installing $(1) into $(VENV): a few minutes the first time."; \
	$(PYTHON) -m pip install --disable-pip-version-check -q -r $(1) && echo "$$now" > $$stamp
