# The README's two commands: `make demo` and `make test`. Each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# One more than two cores: some tests wait for processes that are to end by themselves.
WORKERS ?= 3

.PHONY: demo test test-all bench bench-feed bench-pages chaos chaos-mutants chaos-youtube fuzz hostile clean

demo: $(INSTALLED)
	$(BIN)/publisher release

# Each worker would compile every test anew where PYTHONDONTWRITEBYTECODE is set; Python takes "" for unset.
test test-all: export PYTHONDONTWRITEBYTECODE =
test: $(INSTALLED)
	$(BIN)/ruff check --quiet publisher tests
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(WORKERS)

test-all: $(INSTALLED)
	PUBLISHER_TEST_ALL=1 $(BIN)/python -m pytest -q -n $(WORKERS)

# How fast the pages of 1 000 and 10 000 talks are rendered, held against Jinja alone.
bench-pages: $(INSTALLED)
	$(BIN)/python benchmarks/pages.py

# How fast a first and a changed feed of 1 250 and 5 000 talks are written, compared with feedgen alone.
bench-feed: $(INSTALLED)
	$(BIN)/python benchmarks/feed.py

# How fast a talk becomes audio, against ffmpeg alone and ffmpeg-normalize. BENCH_MINUTES=10 makes it shorter.
bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python benchmarks/audio.py

# Compiled here once: where PYTHONDONTWRITEBYTECODE is set, every command would do so anew.
# Debian ships venv without pip in a package of its own; pip can furnish the environment instead.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m pip --python $(BIN)/python install --quiet pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(BIN)/python -m compileall -q publisher
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) public .publisher

# Kills releases at random moments and compares what comes of it with an undisturbed run.
chaos-youtube: $(INSTALLED)
	PUBLISHER_TEST_KILLS=$${PUBLISHER_TEST_KILLS:-200} $(BIN)/python -m pytest -q tests/outputs/youtube/test_kills.py

# Breaks 200 real releases at random moments; CHAOS_ROUNDS and CHAOS_SEED choose others.
chaos: $(INSTALLED)
	CHAOS_ROUNDS=$${CHAOS_ROUNDS:-200} $(BIN)/python -m pytest -q tests/chaos

# Takes one safeguard out of a copy after another; the harness has to notice each.
chaos-mutants: $(INSTALLED)
	$(BIN)/python -m tests.chaos.mutants

# Sends everything a stranger could send through the real command, within 10 seconds and 500 MB each.
hostile: $(INSTALLED)
	PUBLISHER_TEST_HOSTILE=1 $(BIN)/python -m pytest -q tests/hostile

# Tries chance inputs for minutes; FUZZ_EXAMPLES and FUZZ_SECONDS (each target, guided) say how long.
fuzz: $(INSTALLED)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-4000} $(BIN)/python -m pytest -q tests/fuzz
	$(BIN)/python -m tests.fuzz.guided
