# Verbs for people and for CI. How things are built stands in CMakePresets.json, what they build on in
# kernels/setup/dependencies.cmake.
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

EXPERIMENT ?=
ARGS ?=
PROFILE ?= quick
BUDGET ?=
PREFIX ?= /usr/local
CMAKE_ARGS ?=
TESTS ?=
WITHOUT ?=
SCOPE ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Tests at a time: most wait for processes and clocks, so that three keep two cores busy. Not more: some share a core's time.
TEST_JOBS ?= 3
REPORT := reports/out

# Asked when a recipe runs, not before: by then `deps` has installed it. PYTHON=... overrides.
python = "$$(sh kernels/setup/python 2>/dev/null)"
# Nothing waits indefinitely. --foreground leaves Ctrl-C with the program that runs.
TIMEOUT := $(shell command -v timeout >/dev/null && echo timeout --foreground -k 10)
within = $(if $(TIMEOUT),$(TIMEOUT) $(1))
configure = cmake --preset $(1) --log-level=WARNING --no-warn-unused-cli -DPython_EXECUTABLE=$(python) $(CMAKE_ARGS) $(2) >build/configure.log
sources = $$(find kernels experiments tests -name '*.[ch]pp')

.PHONY: help
help: ## this list
	@echo 'usage: make VERB [VARIABLE=value...]'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: deps deps-develop
deps: ## install what is missing to build, test and report; says what and why first
	@sh kernels/setup/deps
deps-develop: ## the same for lint, format and the presets asan, tsan and clang
	@sh kernels/setup/deps develop

# The tests are nearly half of a build: the verbs that only run parlab do not wait for them.
.PHONY: build program compile compile-program
build: ## build/parlab, build/parlab-micro and the tests, as Release
	@sh kernels/setup/deps --again required optional test
	@$(MAKE) compile
program: ## the same without the tests: all that report, run, compare and notebooks need
	@sh kernels/setup/deps --again required optional test
	@$(MAKE) compile-program
compile: target = all
compile-program: target = program
compile compile-program:
	@mkdir -p build
	@$(call configure,release)
	@$(call within,3600) cmake --build --preset release --target $(target) --parallel $(JOBS)

# TRIES=2: a test that fails runs once more, and fails where it fails again. ctest names each.
.PHONY: test
test: ## build, then all tests: C++, Python's, the report's (TESTS='a regex' for some, WITHOUT='a regex' for all but some, SCOPE=kernels for a room's, TRIES=2)
	@sh kernels/setup/deps --again
	@$(MAKE) compile
	@$(call within,1500) ctest --preset release --parallel $(TEST_JOBS) --timeout 120 --progress --no-tests=error $(if $(SCOPE),-L '^($(SCOPE))$$') $(if $(TESTS),-R '$(TESTS)') $(if $(WITHOUT),-E '$(WITHOUT)') $(if $(TRIES),--repeat until-pass:$(TRIES))

.PHONY: test-arm
test-arm: ## build the numerics for ARM, NEON and SVE, and run their tests in an emulator (ARGS='neon sve256' for some)
	@sh kernels/setup/deps required arm
	@$(call within,3000) sh tests/make/arm.sh $(ARGS)

# An arm that fails does not hide the others: the report is written all the same, and make fails.
# The nanosecond figures are its smallest part: it does without them where they fail.
.PHONY: report
report: ## build, measure (PROFILE=quick or full, BUDGET=10min), write reports/out/REPORT.md and .html
	@sh kernels/setup/deps --again
	@$(MAKE) compile-program
	@trap : INT TERM; status=0; \
	build/parlab suite --profile $(PROFILE) --out $(REPORT) $(if $(BUDGET),--budget '$(BUDGET)') $(ARGS) || status=$$?; \
	[ $$status -le 1 ] || [ $$status -gt 128 ] || exit $$status; \
	if [ $$status -gt 128 ] && ! grep -q '"ended_early": *"interrupted"' $(REPORT)/suite.json 2>/dev/null; then exit $$status; fi; \
	rm -f $(REPORT)/micro.json; \
	if [ -x build/parlab-micro ] && [ $$status -le 1 ]; then \
	  echo 'Measuring the nanosecond figures' >&2; \
	  if $(call within,25) build/parlab-micro --benchmark_min_time=0.02 \
	      --benchmark_out=$(REPORT)/micro.json.partial --benchmark_out_format=json >/dev/null; then \
	    mv $(REPORT)/micro.json.partial $(REPORT)/micro.json; \
	  else \
	    echo "parlab-micro ended with $$?: the report goes on without its figures" >&2; \
	    rm -f $(REPORT)/micro.json.partial; \
	  fi; \
	  rm -f $(REPORT)/ports.json; \
	  [ ! -e $(REPORT)/micro.json ] || $(call within,60) $(python) experiments/micro/ports_bound.py \
	      --results $(REPORT)/micro.json --json $(REPORT)/ports.json || \
	    echo "the report goes on without the bounds of the processor's ports" >&2; \
	fi; \
	$(call within,120) sh reports/browser/fetch || true; \
	rm -f $(REPORT)/history.json; \
	[ "$${PARLAB_HISTORY:-}" = off ] || build/parlab history --json $(REPORT)/history.json >/dev/null || true; \
	rm -f $(REPORT)/plan.json; \
	if [ $$status -le 1 ] && grep -qs '"latency_seconds"' $(REPORT)/scaling.json; then \
	  echo 'Checking a plan against runs on 2, 4 and 16 ranks' >&2; \
	  $(call within,60) build/parlab plan primes --algorithm sieve --size 1e9 --ranks 2,4,16 --validate \
	    --from-result $(REPORT)/scaling.json --json $(REPORT)/plan.json --quiet || true; \
	fi; \
	rendered=0; \
	$(call within,300) $(python) reports/render.py $(REPORT) || rendered=$$?; \
	[ $$rendered -le 1 ] || exit 1; \
	echo "The report: $(REPORT)/REPORT.md, or $(REPORT)/REPORT.html in a browser"; \
	[ $$status -le 128 ] || echo "but parlab suite was interrupted: the report says what there is" >&2; \
	[ $$status -ne 1 ] || echo "but parlab suite failed: the report says which arms and why" >&2; \
	[ $$rendered = 0 ] || echo "but some result files could not be used: the report says which" >&2; \
	[ $$status != 0 ] || status=$$rendered; \
	exit $$status

.PHONY: report-html
report-html: ## the page of reports/out again, with filters and hover, by npm's Observable Plot
	@sh kernels/setup/deps --again report page
	@[ -e $(REPORT)/suite.json ] || { echo 'report-html: $(REPORT) has no results: make report measures them' >&2; exit 2; }
	@$(call within,300) sh reports/browser/fetch
	@$(call within,300) $(python) reports/render.py $(REPORT)

.PHONY: run compare suite
run: ## one experiment: make run EXPERIMENT=pi ARGS="--darts 1e8 --workers 1,2"
	@$(if $(EXPERIMENT),,echo 'usage: make run EXPERIMENT=pi ARGS="..."; build/parlab list names them' >&2; exit 2)
	@$(MAKE) program >&2
	@build/parlab run $(EXPERIMENT) $(ARGS)
compare: ## two backends in paired rounds: make compare EXPERIMENT=pi ARGS="--backend tbb,openmp"
	@$(if $(EXPERIMENT),,echo 'usage: make compare EXPERIMENT=pi ARGS="--backend tbb,openmp"' >&2; exit 2)
	@$(MAKE) program >&2
	@build/parlab compare $(EXPERIMENT) $(ARGS)
suite: ## every experiment into reports/out, without the report (PROFILE=quick or full)
	@$(MAKE) program >&2
	@build/parlab suite --profile $(PROFILE) --out $(REPORT) $(if $(BUDGET),--budget '$(BUDGET)') $(ARGS)

.PHONY: notebooks lab
notebooks: ## run the notebooks from clean (ARGS='1-tour ...' for some); HTML in reports/out/notebooks
	@sh kernels/setup/deps --again required optional test report notebook
	@$(MAKE) compile-program
	@$(call within,1800) "$$(sh kernels/setup/python notebook)" reports/notebooks/run.py $(ARGS)
lab: ## open the notebooks in Jupyter, with parlab as built
	@sh kernels/setup/deps --again required optional test report notebook lab
	@$(MAKE) compile-program
	@PYTHONPATH="$$PWD/build/python$${PYTHONPATH:+:$$PYTHONPATH}" "$$(sh kernels/setup/python notebook lab)" -m notebook $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(ARGS) reports/notebooks

.PHONY: format lint
format: ## clang-format on all sources
	@sh kernels/setup/deps develop
	@$$(sh kernels/setup/tool clang-format) -i $(sources)
lint: ## clang-format, clang-tidy and shellcheck; changes nothing
	@sh kernels/setup/deps develop
	@$(MAKE) build
	@sh .ci/lint

.PHONY: install clean
install: ## build, then install to PREFIX (default /usr/local), below DESTDIR where it is set
	@sh kernels/setup/deps --again required optional test
	@sh kernels/setup/as-owner $(MAKE) compile-program
	@status=0; cmake --install build --prefix "$(PREFIX)" || status=$$?; sh kernels/setup/as-owner; exit $$status
clean: ## remove what was built; keeps reports/out and the unpacked build/deps
	@rm -rf build-*
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +

# SCOPE=kernels, network or experiments: those tests alone, and what they need. It halves a sanitizer's build.
.PHONY: asan tsan debug clang native
asan: ## build and test with the address and undefined behaviour sanitizers, by clang
tsan: ## build and test with the thread sanitizer, by clang
debug: ## build and test without optimization, with the standard library's assertions
clang: ## build and test by clang
native: ## build and test for this machine's processor only
asan tsan debug clang native:
	@sh kernels/setup/deps --again required optional test $(if $(filter asan tsan clang,$@),develop)
	@mkdir -p build
	@$(call configure,$@,$(if $(filter asan tsan clang,$@),-DCMAKE_CXX_COMPILER=$$(sh kernels/setup/tool clang++) -DCMAKE_C_COMPILER=$$(sh kernels/setup/tool clang)))
	@$(call within,3600) cmake --build --preset $@ --parallel $(JOBS) $(if $(SCOPE),--target parlab-tests-$(SCOPE))
	@$(call within,1800) ctest --preset $@ --parallel $(TEST_JOBS) --timeout 300 --progress --no-tests=error $(if $(SCOPE),-L '^$(SCOPE)$$') $(if $(TESTS),-R '$(TESTS)')
