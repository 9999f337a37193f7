# The README's two commands: `make demo` and `make test`. Each sets up what it needs.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# One more than two cores, because some tests only wait for other processes.
WORKERS ?= 3

.PHONY: demo test test-all trial bench bench-feed bench-pages bench-scale bench-transcribe chaos chaos-cluster chaos-deliver chaos-mutants \
	chaos-studio \
	chaos-youtube fuzz hostile clean

# A release ends with the command that shows its result, as a line to copy.
demo: $(INSTALLED)
	$(BIN)/publisher release

# With PYTHONDONTWRITEBYTECODE each worker would compile every test again; Python treats "" as unset.
test test-all: export PYTHONDONTWRITEBYTECODE =
test: $(INSTALLED)
	$(BIN)/ruff check --quiet publisher tests
	$(BIN)/mypy
	$(BIN)/python -m pytest -q -n $(WORKERS)

# nginx, Apache, sshd, rsync, gPodder, newsboat, Chromium, Firefox, node and Java are used where they are installed; otherwise the reason of a skip is printed.
test-all: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[servers,editors,cluster]'
	PUBLISHER_TEST_ALL=1 $(BIN)/python -m pytest -q -n $(WORKERS)

# Replays a newcomer's first hour with the installed wheel, and prints each step.
trial: $(INSTALLED)
	$(BIN)/python -m tests.trial

# Measures the rendering of pages for 1 000 and 10 000 talks, compared with Jinja alone.
bench-pages: $(INSTALLED)
	$(BIN)/python benchmarks/pages.py

# Measures commands and renderings for 100, 1 000 and 10 000 talks, and their growth. BENCH_SCALE=100,1000 shortens it.
bench-scale: $(INSTALLED)
	$(BIN)/python benchmarks/scale.py

# Measures the writing of a first and a changed feed of 1 250 and 5 000 talks, compared with feedgen alone.
bench-feed: $(INSTALLED)
	$(BIN)/python benchmarks/feed.py

# Measures the processing of a talk, compared with ffmpeg alone and ffmpeg-normalize. BENCH_MINUTES=10 shortens it.
bench: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python benchmarks/audio.py

# Measures word errors, errors of times and speed of two models on human and synthetic speech.
bench-transcribe: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[transcribe]' scikit-build-core
	$(BIN)/python benchmarks/transcribe.py

# Compiled once here: with PYTHONDONTWRITEBYTECODE every command would compile again.
# Debian's Python may lack ensurepip; then the system's pip installs pip into the environment.
$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --without-pip $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m pip --python $(BIN)/python install --quiet pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(BIN)/python -m compileall -q publisher
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) public .publisher

# Kills releases to YouTube at random moments and compares the outcome with an undisturbed run.
chaos-youtube: $(INSTALLED)
	PUBLISHER_TEST_KILLS=$${PUBLISHER_TEST_KILLS:-200} $(BIN)/python -m pytest -q tests/outputs/youtube/test_kills.py

# Kills, cuts off and refuses 100 real deliveries to every kind of destination at random moments.
chaos-deliver: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[servers]'
	CHAOS_DELIVER=$${CHAOS_DELIVER:-100} $(BIN)/python -m pytest -q tests/outputs/deliver/test_chaos.py

# Kills workers of a cluster at 20 random moments; CLUSTER_KILLS and CLUSTER_SEED change number and moments.
chaos-cluster: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cluster]'
	PUBLISHER_TEST_ALL=1 CLUSTER_KILLS=$${CLUSTER_KILLS:-20} $(BIN)/python -m pytest -q tests/cluster -k killed

# Disturbs 200 real releases at random moments, and cuts the power at each operation of a small one;
# CHAOS_ROUNDS and CHAOS_SEED change number and moments.
chaos: $(INSTALLED)
	CHAOS_POWER=1 CHAOS_ROUNDS=$${CHAOS_ROUNDS:-200} $(BIN)/python -m pytest -q tests/chaos

# Kills a process that edits the catalogue, and the studio under requests, at 50 random moments each, and with PUBLISHER_TEST_ALL=1
# the browser too; STUDIO_KILLS and STUDIO_SEED change number and moments.
chaos-studio: $(INSTALLED)
	STUDIO_KILLS=$${STUDIO_KILLS:-50} $(BIN)/python -m pytest -q tests/studio/test_kills.py tests/studio/test_process.py

# Removes each safeguard in a copy of the program; the tests must detect every removal.
chaos-mutants: $(INSTALLED)
	$(BIN)/python -m tests.chaos.mutants

# Runs the real command on hostile input, within 10 seconds of processor time and 500 MB per case.
hostile: $(INSTALLED)
	PUBLISHER_TEST_HOSTILE=1 $(BIN)/python -m pytest -q tests/hostile

# Runs the parsers on random input for minutes; FUZZ_EXAMPLES and FUZZ_SECONDS (guided) are limits per target.
fuzz: $(INSTALLED)
	FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-4000} $(BIN)/python -m pytest -q tests/fuzz
	$(BIN)/python -m tests.fuzz.guided
