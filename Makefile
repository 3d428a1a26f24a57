# SPDX-License-Identifier: LGPL-2.1-or-later
# The two commands of the README, and their parts. meson does the building.

BUILD ?= build

.PHONY: all demo test deps build check mutate bench lint format goldens install clean

all: build

# Everything below needs these; on a machine that has them this is instant.
deps:
	@packaging/install-build-deps

build: deps
	@[ -e $(BUILD)/build.ninja ] || meson setup $(BUILD) >/dev/null
	@ninja -C $(BUILD) --quiet

# The main job on a private nginx: record, decide, emit, confine, refuse.
demo: build
	@demo/demo $(BUILD)/src/whittle

# Every test there is. Ends on the line "N passed, N failed, N skipped".
test: deps
	@tests/run

# The quick part, for while one works: no root, no container, no other kernel.
check: deps
	@tests/run unit cli

# Which changes of C files the tests do not notice: make mutate FILES=src/filter/compare.c
# COUNT of them drawn at random, with SEED as in an earlier run; tests/mutate --help has more.
mutate: deps
	@tests/mutate $(FILES) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

lint: deps
	@tests/run lint

# The figures that the README quotes, against their peers. One: make bench BENCH=record
bench: build
	@bench/run $(BENCH)

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# The files that tests compare the output with, written anew: review them with git diff.
goldens: build
	@UPDATE=1 meson test -C $(BUILD) --suite cli formats >/dev/null; git status --short tests/cli/data docs

install: build
	meson install -C $(BUILD)

clean:
	rm -rf build build-*
