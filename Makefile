# make help lists what there is; the parts behind the targets are in conf/
# (the stack) and tests/ (the checks). Everything that is made goes to build/.

SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 600
CC := gcc
say = @printf '  %-7s %s\n' $(1) $(2);

warnings := -Wall -Wextra -Wshadow -Wconversion -Werror
hardening := -fstack-protector-strong -D_FORTIFY_SOURCE=2
sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer

# What each room may include and link: core/ never sees the others' headers.

pkg = $(shell pkg-config --$(1) $(2) 2>/dev/null)
core_packages := jansson libcrypto libargon2 libxcrypt libcbor libidn2 libqrencode \
  libcurl expat
worker_packages := libpq hiredis zlib libarchive
picture_packages := vips libtiff-4
system = $(patsubst -I%,-isystem %,$(call pkg,cflags,$(1)))

# Includes name a file by its way from here: "core/jose/jwk.h".

flags := -std=gnu11 -O2 -g $(warnings) -fPIC -I.
core_flags = $(flags) $(call system,$(core_packages))
worker_flags = $(flags) \
  $(call system,$(core_packages) $(worker_packages))
san_flags = -std=gnu11 -O1 -g -Wall -Wextra -Werror \
  -Wno-string-concatenation -Wno-string-plus-int -I. \
  $(call system,$(core_packages) $(worker_packages) check) $(sanitizers) \
  -fsanitize=float-cast-overflow
core_libs = $(call pkg,libs,$(core_packages)) -lunistring -lzxcvbn -lpthread
worker_libs = -Wl,--as-needed $(call pkg,libs,$(worker_packages)) $(core_libs) -lm

files = $(sort $(shell find $(1) -name '$(2)'))
core := $(call files,core,*.c)
inside := $(patsubst %,worker/sandbox/%.c,main try sandbox_limits \
  sandbox_landlock sandbox_seccomp sandbox_report)
ctl := $(call files,worker/ctl,*.c)
picture := $(call files,worker/picture,*.c)
worker := $(filter-out $(ctl) $(picture) worker/cmaf/main.c \
  worker/reader/main.c worker/sandbox/main.c worker/sandbox/try.c,\
  $(call files,worker,*.c))
module := $(call files,ngx_module,*.c)
headers := $(call files,core ngx_module,*.h)
sql := $(call files,sql,*.sql)
migrations := $(call files,sql/migrations,*.sql)
web := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)
units := $(patsubst tests/%.c,build/tests/%,\
  $(call files,tests/unit,*_test.c))
fuzzers := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))

.PHONY: all run up down test bench films soak faults lint rooms fuzz install deb clean help \
  build packages test-packages units fuzzers asan http-again FORCE

all: build

help:
	@echo 'make            build the module, the worker and sluicectl'
	@echo 'make run        the whole of Sluice with a demo, until Ctrl-C'
	@echo 'make up, down   the same in the background'
	@echo 'make test       every test; lint is one of them'
	@echo 'make bench      the tables of docs/measured.md'
	@echo 'make films      the table of docs/films.md, of sources of each kind'
	@echo 'make lint       clang-format, cppcheck and the rules of the folders'
	@echo 'make rooms      a drawing of the rooms, and of who knows whom'
	@echo 'make soak       10 million tokens and 100,000 jobs, and nothing grows'
	@echo 'make faults     1 GiB through cuts, and faults under load, of a fleet, too'
	@echo "make fuzz       each fuzzer for $(FUZZ_SECONDS) s (FUZZ_SECONDS)"
	@echo 'make deb        Debian packages of what is committed, in build/deb'
	@echo 'make install    into $$DESTDIR$$PREFIX ($(PREFIX))'
	@echo 'make clean      remove build/'
	@echo
	@echo 'SLUICE_PORT and SLUICE_STATE move the stack; conf/stack says more.'


# ---- build ----

build: build/nginx/ngx_http_sluice_module.so build/sluice-worker \
  build/sluice-sandbox build/sluice-reader build/sluice-picture \
  build/sluice-cmaf build/sluicectl build/web/.done build/rooms/symbols

build/libcore.a: $(core:%.c=build/obj/%.o)
build/libworker.a: $(worker:%.c=build/obj/%.o)
build/san/libcore.a: $(core:%.c=build/san/obj/%.o)
build/san/libworker.a: $(worker:%.c=build/san/obj/%.o)
build/san/libctl.a: $(ctl:%.c=build/san/obj/%.o)

%.a:
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

# An archive may hold a main(): it is taken where nothing nearer has one.

build/sluice-worker: build/libworker.a build/libcore.a \
  | build/sluice-sandbox build/sluice-reader build/sluice-picture build/sluice-cmaf
	$(call say,LINK,$@)$(CC) -o $@ $^ $(worker_libs)

# It starts each tool: the C library alone keeps that quick.

build/sluice-sandbox: $(inside:%.c=build/obj/%.o)
	$(call say,LINK,$@)$(CC) -o $@ $^

# It reads what strangers sent: of the rest it takes what that needs.

build/sluice-reader: build/obj/worker/reader/main.o build/libworker.a build/libcore.a
	$(call say,LINK,$@)$(CC) -o $@ $^ $(worker_libs)

# The only one that has libvips: that takes longer to start than all the others.

build/sluice-picture: $(picture:%.c=build/obj/%.o) build/libworker.a
	$(call say,LINK,$@)$(CC) -o $@ $^ -Wl,--as-needed \
	  $(call pkg,libs,$(picture_packages)) -lm

# It starts with each track: the C library alone.

build/sluice-cmaf: build/obj/worker/cmaf/main.o build/libworker.a build/libcore.a
	$(call say,LINK,$@)$(CC) -o $@ $^ -lm

build/sluicectl: $(ctl:%.c=build/obj/%.o) build/libworker.a build/libcore.a
	$(call say,LINK,$@)$(CC) -o $@ $^ $(worker_libs)

build/obj/core/%.o: core/%.c | build/rooms/core
	$(call say,CC,$<)mkdir -p $(@D); \
	$(CC) $(core_flags) $(hardening) -MMD -MP -c -o $@ $<

# Which schema it wants: core/base/schema.h.

build/obj/worker/queue/queue.o: flags += -DSLUICE_SCHEMA=$(words $(migrations))
build/obj/worker/queue/queue.o: $(migrations)

$(picture:%.c=build/obj/%.o): flags += $(call system,$(picture_packages))

build/obj/worker/%.o: worker/%.c | build/rooms/worker build/rooms/sql
	$(call say,CC,$<)mkdir -p $(@D); \
	$(CC) $(worker_flags) $(hardening) -MMD -MP -c -o $@ $<

# Unit tests and fuzzers link the same objects.

build/san/obj/%.o: %.c
	$(call say,CC,'$< (sanitized)')mkdir -p $(@D); \
	clang $(san_flags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

# sluicectl carries the SQL.

$(ctl:%.c=build/obj/%.o) $(ctl:%.c=build/san/obj/%.o): $(sql)

# Who may know whom is asked before anything is compiled, and anew when a file
# has changed; of symbols, once they are all there.

build/rooms/core: $(call files,core,*.[ch])
build/rooms/ngx_module build/rooms/calls: $(call files,ngx_module,*.[ch])
build/rooms/worker: $(call files,worker,*.[ch])
build/rooms/sql: $(sql)
build/rooms/web: $(filter %.js,$(web))
build/rooms/symbols: build/nginx/ngx_http_sluice_module.so \
  $(patsubst %.c,build/obj/%.o,$(call files,core worker,*.c))

build/rooms/%: tests/build/rooms tests/build/rooms.order \
  tests/build/rooms.libraries $(wildcard tests/build/*.awk)
	@mkdir -p $(@D); tests/build/rooms $(@F) && touch $@

-include $(shell find build/obj build/san build/tests build/fuzz -name '*.d' 2>/dev/null)

# nginx's own build decides how the module is compiled; it runs again from the
# start when a file or a migration came or went.

build/sources: FORCE
	@mkdir -p $(@D); echo $(core) $(module) $(headers) $(migrations) \
	  | cmp -s - $@ || echo $(core) $(module) $(headers) $(migrations) > $@

build/nginx/Makefile: config build/sources conf/nginx-module
	$(call say,CONF,$(@D))conf/nginx-module configure $(@D)

build/nginx/ngx_http_sluice_module.so: build/nginx/Makefile \
  $(core) $(module) $(headers) \
  | build/rooms/core build/rooms/ngx_module build/rooms/calls
	+$(call say,NGINX,$@)conf/nginx-module make $(@D)

# The page is served as it is, with the one library it needs beside it.

build/hls/node_modules: web/package-lock.json
	$(call say,NPM,hls.js)mkdir -p $(@D); \
	cp web/package.json web/package-lock.json $(@D); \
	npm ci --prefix $(@D) --ignore-scripts --loglevel=error > /dev/null; \
	touch $@

build/web/.done: $(web) build/hls/node_modules | build/rooms/web
	$(call say,WEB,$(@D))rm -rf $(@D); mkdir -p $(@D)/vendor; \
	cp -r web/. $(@D); rm -rf $(@D)/package*.json $(@D)/node_modules; \
	cp build/hls/node_modules/hls.js/dist/hls.min.js $(@D)/vendor; touch $@


# ---- run ----

# Each starts make again, since the build may need what was just installed.

packages:
	@conf/packages run

run up: packages
	@$(MAKE) -s build
	@conf/stack $@

down:
	@conf/stack down

# What is installed names where it is.

install: build
	install -D -t $(DESTDIR)$(PREFIX)/bin build/sluicectl
	install -D -t $(DESTDIR)$(PREFIX)/sbin build/sluice-worker \
	  build/sluice-sandbox build/sluice-reader build/sluice-picture \
	  build/sluice-cmaf
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/nginx/modules \
	  build/nginx/ngx_http_sluice_module.so
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/sluice \
	  conf/production.conf conf/production-worker.conf \
	  conf/sluice-worker.service conf/nginx-drain.conf conf/haproxy.cfg \
	  conf/prices.json
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/sluice/s3 conf/s3/*
	install -d $(DESTDIR)$(PREFIX)/share/sluice/web
	cp -r build/web/. $(DESTDIR)$(PREFIX)/share/sluice/web
	rm $(DESTDIR)$(PREFIX)/share/sluice/web/.done
	cp -r conf/mail conf/fail2ban conf/nginx conf/certbot \
	  $(DESTDIR)$(PREFIX)/share/sluice/
	sed -i 's@/usr/\(lib/nginx/modules\|share/sluice\|sbin\)@$(PREFIX)/\1@' \
	  $(addprefix $(DESTDIR)$(PREFIX)/share/sluice/,production.conf \
	  sluice-worker.service nginx/tls.conf)

# Packages of what is committed, in build/deb.

deb: test-packages
	@rm -rf build/deb; mkdir -p build/deb
	@git archive --prefix=build/deb/sluice/ HEAD | tar x
	@cd build/deb/sluice; dpkg-buildpackage --build=binary \
	  --no-sign > ../log 2>&1 || { tail -n 40 ../log; exit 1; }
	@ls -1 build/deb/*.deb

clean:
	rm -rf build


# ---- test ----

test-packages:
	@conf/packages test

test: test-packages
	@tests/run

bench: test-packages
	@$(MAKE) -s build build/bench/mint build/bench/send
	@tests/bench/run

tests/node_modules: tests/package-lock.json
	npm ci --prefix tests --ignore-scripts --loglevel=error > /dev/null
	touch $@

films: test-packages
	@$(MAKE) -s build tests/node_modules
	@node tests/films/run.mjs

soak: test-packages
	@$(MAKE) -s build build/soak/tokens
	@node tests/soak/tokens.mjs
	@node tests/soak/jobs.mjs

faults: test-packages
	@$(MAKE) -s build build/faults/shim.so build/faults/detour.so
	@TUS_BYTES=$${TUS_BYTES:-1073741824} node tests/faults/tus.mjs
	@node tests/faults/rounds.mjs
	@node tests/faults/fleet/drill.mjs

# They go into the servers with LD_PRELOAD.

build/faults/%.so: tests/faults/%.c
	$(call say,LINK,$@)mkdir -p $(@D); \
	$(CC) -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror -fPIC -shared \
	  -o $@ $< -ldl

build/bench/mint build/bench/send build/soak/tokens: build/%: tests/%.c build/libcore.a
	$(call say,LINK,$@)mkdir -p $(@D); \
	$(CC) $(core_flags) -o $@ $^ $(core_libs)

lint:
	@tests/lint

rooms: build
	@tests/build/rooms draw

units: $(units) build/sluice-sandbox build/sluice-reader build/sluice-picture \
  build/sluice-cmaf

build/tests/unit/%_test: tests/unit/%_test.c \
  build/san/libctl.a build/san/libworker.a build/san/libcore.a
	$(call say,TEST,$@)mkdir -p $(@D); \
	clang $(san_flags) -fsanitize=fuzzer-no-link -MMD -MP -o $@ \
	  $(filter %.c %.a,$^) $(worker_libs) $(call pkg,libs,check)

# nginx with AddressSanitizer, UBSan and small pools: the slow part is nginx
# itself, which conf/nginx-module keeps outside of build/.

asan: build/asan/nginx build/asan/ngx_http_sluice_module.so

build/asan/nginx: conf/nginx-module
	+$(call say,NGINX,'$@ (sanitized)')conf/nginx-module sanitized $(@D)

build/asan/Makefile: config build/sources build/asan/nginx
	$(call say,CONF,$(@D))conf/nginx-module configure-sanitized $(@D)

build/asan/ngx_http_sluice_module.so: build/asan/Makefile \
  $(core) $(module) $(headers)
	+$(call say,NGINX,'$@ (sanitized)')conf/nginx-module make-sanitized $(@D)

fuzzers: $(fuzzers)

# Of both rooms a fuzzer takes what it calls: the rest of worker/ is not linked.

build/fuzz/%: tests/fuzz/%.c build/san/libworker.a build/san/libcore.a
	$(call say,FUZZER,$@)mkdir -p $(@D); \
	clang $(san_flags) -fsanitize=fuzzer -MMD -MP \
	  -MF $@.d -o $@ $(filter %.c %.a,$^) $(worker_libs)

fuzz: test-packages
	@$(MAKE) -s fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS)
