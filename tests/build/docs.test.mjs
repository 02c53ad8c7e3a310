/* README and docs/ say what is there, all of it, and what they show works. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";

import { request } from "../http/lib/client.mjs";
import { runWith } from "../http/lib/run.mjs";
import { startStack } from "../http/lib/stack.mjs";
import { Host } from "./host.mjs";
import { codes, commands, NOT_RUN, page, PAGES } from "./pages.mjs";
import { show as showOn } from "./shown.mjs";
import { environment, folder, run, TOP } from "./tree.mjs";

const timeout = 480_000;

const readme = page("README.md");
const directives = page("docs/directives.md");
const api = page("docs/api.md");
const worker = page("docs/worker.md");
const operating = page("docs/operating.md");
const contributing = page("docs/contributing.md");
const architecture = page("docs/architecture.md");

const read = (name) => readFileSync(join(TOP, name), "utf8");
const all = (text, pattern) => [...text.matchAll(pattern)];
const names = (text, pattern) => all(text, pattern).map(([, name]) => name);
const built = (name) => join(TOP, "build", name);


/* The files below these that end so, as [path, text]. */
function sources(ending, ...folders) {
    return folders.flatMap((folder) => readdirSync(join(TOP, folder),
        { withFileTypes: true }).flatMap((entry) => {
        const name = join(folder, entry.name);

        if (entry.isDirectory()) {
            return /node_modules|corpus/.test(name)
                ? [] : sources(ending, name);
        }
        return ending.test(name) ? [[name, read(name)]] : [];
    }));
}

const code = (...folders) => sources(/\.[ch]$/, ...folders)
    .map(([, text]) => text).join("\n");


/* Both ways: what the code has is told, and what is told is there. */
function same(told, there, what) {
    const without = (list, others) => [...new Set(list)]
        .filter((one) => !others.includes(one)).sort();

    assert.ok(there.length > 0, `no ${what} found in the code`);
    assert.deepEqual({ "told only": without(told, there),
                       "there only": without(there, told) },
                     { "told only": [], "there only": [] }, what);
}

const firstWords = (rows) => rows.flatMap(([first]) => codes(first));


describe("nginx.conf", () => {
    const where = { MAIN: "http", SRV: "server", LOC: "location" };
    const module = code("ngx_module");

    it("has the directives that are told, in the places that are told", () => {
        const rows = directives.rows().map(([first, places]) =>
            [/^`(sluice_\w+)/.exec(first)?.[1], places])
            .filter(([name]) => name);
        const found = all(module,
            /\{ ngx_string\("(sluice_\w+)"\),\s*(NGX_HTTP_[A-Z0-9_|\s]+),/g)
            .map(([, name, flags]) => [name, Object.keys(where)
                .filter((place) => flags.includes(`NGX_HTTP_${place}_CONF`))
                .map((place) => where[place]).join(", ")]);

        same(rows.map(String), found.map(String), "directives");
    });

    /* each file with directives has the parameters of all of its own, or a file
       beside it that reads them and has no table itself; what an address of
       Redis may say, or a store's, all read by one parser */
    it("has the parameters that are told", () => {
        const told = new Map(directives.rows().map(([first]) =>
            [/^`(sluice_\w+)/.exec(first)?.[1], names(first, /\[?(\w+)=/g)]));
        const table = "static ngx_command_t";
        const redis = names(code("core/base"),
                            /REDIS_ADDRESS_[A-Z]+\("([a-z_]+)"/g);
        const store = names(code("core/store"), /value_of\(word, "(\w+)"\)/g);
        const readers = sources(/\.c$/, "ngx_module")
            .filter(([, text]) => text.includes("ngx_command_t *cmd"));
        const files = readers.filter(([, text]) => text.includes(table))
            .map(([name, text]) => [name, text + readers
                .filter(([other, more]) => !more.includes(table)
                    && dirname(other) === dirname(name)
                    && names(more, /^(\w+)\(ngx_conf_t \*cf, ngx_command_t/gm)
                        .some((reader) => text.includes(reader)))
                .map(([, more]) => more).join("")]);
        let many = 0;

        for (const [name, text] of files) {
            const own = names(text, /\{ ngx_string\("(sluice_\w+)"\),\s*NGX_/g);
            const parameters = new Set([
                ...names(text, /"([a-z_]+)="/g),
                ...text.includes("redis_address_more") ? redis : [],
                ...text.includes("location_read") ? store : []]);

            many += parameters.size;
            assert.deepEqual(
                [...new Set(own.flatMap((one) => told.get(one)))].sort(),
                [...parameters].sort(), name);
        }
        assert.ok(many > 10, "no parameters found in the code");
    });

    it("has the variables that are told", () => {
        same(firstWords(directives.rows("Variables"))
            .filter((word) => word.startsWith("$")),
        names(module, /ngx_string\("(sluice_\w+)"\), NULL,/g)
            .map((name) => `$${name}`), "variables");
    });
});


describe("what is run from a shell", () => {
    it("sluicectl has the commands and options that are told", async () => {
        const rows = operating.rows("sluicectl")
            .filter(([command]) => /^`[a-z]/.test(command));
        const help = (await run(built("sluicectl"), ["--help"])).output;
        const found = [];

        for (const [, noun, verb, operand] of all(help,
            /^ {2}(\w+) ([\w-]+)((?: \[?[A-Z]+\]?)*) +[A-Z][a-z]/gm)) {
            const { output } = await run(built("sluicectl"),
                                         [noun, verb, "--help"]);
            const options = names(output, /^ {2}(--[\w-]+)/gm)
                .filter((name) => name !== "--help");

            found.push([`${noun} ${verb}${operand}`, ...options].join(" "));
        }
        same(rows.map(([command, options]) =>
            [...codes(command), ...codes(options)].join(" ")), found,
        "commands of sluicectl");
    });

    it("sluice-worker has the options that are told", async () => {
        const { output } = await run(built("sluice-worker"), ["--help"]);

        same(worker.rows("The worker and its jobs").map(([first]) => first)
            .filter((first) => first.startsWith("`-"))
            .flatMap((first) => names(first, /(?<![\w-])(--?\w+)/g)),
        all(output, /^ +(?:(-\w), |)(--\w+)/gm)
            .flatMap(([, short, long]) => short ? [short, long] : [long]),
        "options");
    });

    it("worker.conf has the keys and words that are told", async (t) => {
        const conf = join(folder(t), "worker.conf");
        const said = async (line) => {
            writeFileSync(conf, `${line}\n`);
            return (await run(built("sluice-worker"), ["-t", "-c", conf]))
                .output;
        };
        const rows = worker.rows("worker.conf");

        const keys = /known are ([^]*)$/.exec(await said("nope 1"))[1];
        const oidc = await said("issuer https://i.example /tmp/i nope=1");
        const balanced = await said("load_balancer arn:x /tmp/b nope=1");

        same(firstWords(rows).filter((word) => /^[a-z_]+$/.test(word)),
             names(keys, /(\w+)(?=,|\s*$| and)/g)
                 .filter((word) => word !== "and"), "keys of worker.conf");
        same(names(firstWords(rows).join("\n"), /^(\w+=)/gm),
             names(oidc + balanced, /(\w+=)(?!1)/g), "words of an issuer");
    });

    it("the environment is told", () => {
        /* what others define, and what passes between our own processes */
        const others = new Set(["PATH", "HOME", "ASAN_OPTIONS",
            "UBSAN_OPTIONS", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
            "SLUICE_SHIM", "SLUICE_WAYS", "SLUICE_DETOUR", "SLUICE_HOST"]);
        const files = [
            ...sources(/\.(c|mjs|sh)$/, "core", "ngx_module", "worker",
                       "tests", "conf"),
            ...["conf/stack", "conf/packages", "conf/nginx-module",
                "tests/run", "tests/fuzz/run",
                "tests/bench/run", "Makefile"].map((name) =>
                [name, read(name)])];
        const found = files.filter(([name]) => !/build\/(docs|host)/.test(name))
            .flatMap(([, text]) => [
                ...names(text, /process\.env\.([A-Z_]+)/g),
                ...names(text, /getenv\("([A-Z_]+)"\)/g),
                ...names(text, /\bnumber\("([A-Z_]+)"/g),
                ...names(text, /"([A-Z]+_[A-Z]+)"\)/g)
                    .filter((name) => /^SLUICE_(DATABASE|REDIS|KEYS|STORE)$/
                        .test(name)),
                ...names(text, /\$?\$\{([A-Z]+_[A-Z_]+):[-+]/g),
                ...names(text, /^([A-Z_]+) \?=/gm),
            ]).filter((name) => !others.has(name));
        const told = [...operating.rows("sluicectl"),
                      ...contributing.rows("Tests")]
            .flatMap(([first]) => codes(first))
            .filter((word) => /^[A-Z]+(_[A-Z]+)*$/.test(word));

        same([...told, ...contributing.words()
            .filter((word) => /^SLUICE_(KID|SECRET)$/.test(word))],
        [...found, ...names(read("conf/examples/mint/mint.py"),
                            /environ\["(\w+)"\]/g)], "environment");
    });

    it("make has the targets that are told", async () => {
        const { output } = await run("make", ["-s", "help"],
                                     { env: environment() });

        same(firstWords(contributing.rows("Build"))
            .map((word) => word.replace("make build", "make")),
        all(output, /^make(?: ([a-z]+(?:, [a-z]+)*))? {2,}/gm)
            .flatMap(([, words]) => words === undefined ? ["make"]
                : words.split(", ").map((word) => `make ${word}`)), "targets");
    });

    it("the playbook has the variables that are told", () => {
        const text = read("ansible/site.yml");
        const [, vars] = /^ {2}vars:\n((?: {4}.*\n)+)/m
            .exec(text);
        const inner = new Set(["sluice_build", "sluice_conf"]);

        same(firstWords(operating.rows("Install"))
            .filter((word) => word.startsWith("sluice_")),
        [...names(vars, /^ {4}(\w+):/gm), ...names(text, /(\w+) \| default/g)]
            .filter((name) => !inner.has(name)),
        "variables of the playbook");
    });
});


describe("the API", () => {
    const openapi = JSON.parse(read("web/openapi.json"));
    const told = firstWords(api.rows("Endpoints"))
        .map((word) => word.replace("HEAD", "GET"));

    it("is told as openapi.json describes it", () => {
        same(told, Object.entries(openapi.paths).flatMap(([path, methods]) =>
            Object.keys(methods).filter((name) => name !== "parameters")
                .map((name) => `${name.toUpperCase()} ${path}`
                    .replace("HEAD", "GET"))), "endpoints");
    });

    it("has the endpoints that are told", () => {
        const others = ["PUT /media/drop/{name}", "GET /health", "GET /ready/bytes",
                        "GET /ready"];

        same(told.filter((word) => !others.includes(word)),
             all(code("ngx_module"),
                 /ROUTE\(([A-Z]+),\s*"(\/api\/[^"]*)"/g)
                 .map(([, method, path]) => `${method} ${path}`), "endpoints");
    });

    it("knows the problems that are told, with their status", () => {
        const [text] = /sluice_problem_t problems\[[^]*?\n};/
            .exec(code("core"));

        same(api.rows("Problems").flatMap(([status, words]) =>
            codes(words).map((word) => `${status} ${word}`)),
        all(text, /\{ (\d{3}),\s*"([a-z-]+)"/g)
            .filter(([, status]) => status >= 400)
            .map(([, status, word]) => `${status} ${word}`), "problems");
    });
});


describe("the house", () => {
    it("has the rooms that are told", () => {
        const folders = (top) => readdirSync(join(TOP, top),
            { withFileTypes: true }).filter((entry) => entry.isDirectory())
            .flatMap(({ name }) => [`${top}/${name}/`,
                                    ...folders(`${top}/${name}`)]);

        same(firstWords(architecture.rows("Rooms"))
            .filter((word) => /^(core|ngx_module|worker|sql)\/\w/.test(word)),
        ["core", "ngx_module", "worker", "sql"].flatMap(folders), "rooms");
    });

    it("has the functions that are told", () => {
        const text = code("core", "ngx_module", "worker")
            + sources(/\.sql$/, "sql").map(([, sql]) => sql).join("\n");
        const told = names(architecture.words().join("\n"),
                           /^([\w.]+)\(.*\)$/gm)
            .filter((name) => name !== "api.");

        assert.ok(told.length > 3);
        for (const name of told) {
            assert.ok(text.includes(`${name}(`), name);
        }
    });

    it("stands on the packages that are told", () => {
        const { dependencies, devDependencies } =
            JSON.parse(read("tests/package.json"));
        const [, lines] = /^Build-Depends: ([^]*?)\n\S+:/m
            .exec(read("debian/control").replace(/^#.*\n/gm, ""));
        const [, npm] = contributing.text.split("From npm:");

        same(firstWords(contributing.rows("What it stands on"))
            .filter((word) => word !== "debian/control"),
        lines.split(",").map((line) => line.trim().split(" ")[0]),
        "packages of Debian");
        same(codes(npm), [...Object.keys({ ...dependencies,
                                           ...devDependencies }),
        ...Object.keys(JSON.parse(read("web/package.json")).dependencies),
        ...names(read("tests/bench/run"), /([@\w/-]+)@\d/g)], "packages of npm");
    });
});


describe("the pages", () => {
    const tops = new Set(readdirSync(TOP));

    it("are short in the first: README has 150 lines at most", () => {
        assert.ok(readme.lines.length - 1 <= 150, `${readme.lines.length}`);
    });

    for (const name of PAGES) {
        const one = page(name);

        it(`${name} names files, folders and pages that exist`, () => {
            for (const word of one.words()) {
                const [top] = word.split("/");
                const paths = word.replace(/\{([^}]*)\}/, "{}").includes("{}")
                    ? /\{([^}]*)\}/.exec(word)[1].split(",").map((part) =>
                        word.replace(/\{[^}]*\}/, part.trim()))
                    : [word];

                if (/^[\w.{},/-]+$/.test(word) && word.includes("/")
                    && tops.has(top) && top !== "build") {
                    for (const path of paths) {
                        assert.ok(existsSync(join(TOP, path)), path);
                    }
                }
            }

            for (const link of one.links()) {
                const [path, anchor] = link.split("#");
                const target = join(dirname(name), path);

                assert.ok(existsSync(join(TOP, target)), link);
                if (anchor) {
                    assert.ok(page(target).anchors().includes(anchor), link);
                }
            }
        });

        it(`${name} keeps to 120 columns`, () => {
            for (const line of one.prose) {
                assert.ok(line.startsWith("|") || [...line].length <= 120,
                          line);
            }
            for (const { lines } of one.blocks) {
                for (const line of lines) {
                    assert.ok([...line].length <= 120, line);
                }
            }
        });

        it(`${name} names no directive or metric that is not there`, () => {
            const known = new Set([
                ...names(code("core", "ngx_module"), /"(sluice_\w+)"/g),
                ...names(read("ansible/site.yml"), /\b(sluice_\w+)\b/g),
                ...names(code("ngx_module"), /\{?"?(sluice_\w+_total)/g),
                "sluice_build_info", "sluice_record_up",
            ]);

            for (const word of names(one.text, /\b(sluice_\w+)/g)) {
                assert.ok(known.has(word), word);
            }
        });
    }
});


describe("on a stack", { timeout }, () => {
    const password = "a long enough password";
    let stack, host;

    before(async () => {
        stack = await startStack();
        host = await Host.create(stack);
    }, { timeout });

    after(async () => {
        await host?.stop();
        await stack?.stop();
    }, { timeout });

    const show = (one, input) => showOn(stack, host, one, input);

    async function user(email) {
        await runWith(`${password}\n`, stack.path("bin/sluicectl"),
            ["user", "add", email, "--password-stdin", "--database",
             `host=${stack.path("run")} dbname=sluice user=sluice`]);
    }

    it("README leads to the first sign-in on a host, with its nginx.conf",
        async () => {
            const [conf] = readme.blocks
                .filter(({ language }) => language === "nginx");

            host.writeNginxConf(conf.lines.join("\n"));
            await show(readme, `${password}\n`);
        });

    it("what moving.md tells works there: a pool's users, an old library",
        () => show(page("docs/moving.md")));

    it("what operating.md tells works on that host: users, keys, backup, "
        + "upgrade", () => show(operating));

    it("api.md leads from a sign-in to a film that plays", async () => {
        await user("you@example.org");
        await show(api, `${password}\n`);
    });

    it("what may be repeated is answered the second time as told",
        async () => {
            const user = await stack.visitor("editor");
            const jobless = "01890000-0000-7000-8000-000000000000";
            const body = "the same bytes";
            const twice = async (method, path, options) => [
                await user.request(method, path, options),
                await user.request(method, path, options)]
                .map(({ status }) => status);
            const tus = { "Tus-Resumable": "1.0.0", "Upload-Length": "9",
                          "Upload-Offset": "0",
                          "Content-Type": "application/offset+octet-stream" };
            const begun = async () => (await user.request("POST",
                "/api/uploads", { headers: tus })).headers.location;
            const key = { headers: { "Idempotency-Key": "one" } };

            await stack.stopWorker();
            const { json: { id, job } } = await user.upload(body, "a.mp3");
            const again = await user.upload(body, "b.mp3");
            assert.deepEqual([again.status, again.json.duplicate,
                              again.json.id], [200, true, id]);

            const links = [];
            for (const options of [{}, {}, key, key]) {
                links.push(await user.request("POST", "/api/links",
                    { ...options, json: { media: id } }));
            }
            const [one, two, three, four] = links.map(({ json }) => json.jti);
            assert.notEqual(one, two);
            assert.equal(three, four);
            assert.deepEqual(await twice("DELETE",
                `/api/links/${links[0].json.jti}`), [204, 204]);

            const jobs = `/api/jobs/${job.id}`;
            assert.deepEqual(await twice("POST", `${jobs}/retry`), [409, 409]);
            assert.deepEqual(await twice("DELETE", jobs), [200, 200]);
            assert.deepEqual(await twice("POST", `${jobs}/retry`), [202, 409]);
            assert.equal((await user.get(`/api/jobs/${jobless}`)).status, 404);

            assert.deepEqual(await twice("PATCH", await begun(),
                { headers: tus, body: "abc" }), [204, 409]);
            assert.deepEqual(await twice("DELETE", await begun(),
                { headers: tus }), [204, 404]);
            assert.deepEqual(await twice("DELETE", `/api/media/${id}`),
                             [204, 404]);
            await stack.startWorker();
        });

    it("uploads.md gives a plan to a user", async () => {
        await user("someone@example.org");
        await show(page("docs/uploads.md"));
    });

    for (const name of ["docs/links.md", "docs/worker.md"]) {
        it(`what ${name} shows works`, () => show(page(name)));
    }

    it("no page has shell blocks that nobody runs", () => {
        const shown = ["README.md", "docs/operating.md", "docs/api.md",
                       "docs/uploads.md", "docs/links.md", "docs/worker.md",
                       "docs/moving.md"];

        for (const name of PAGES) {
            const blocks = page(name).blocks.filter(({ language, lines }) =>
                language === "sh" && !lines[0].startsWith(NOT_RUN));

            assert.ok(blocks.length === 0 || shown.includes(name), name);
        }
    });

    it("what cannot be run here is there to be run", async () => {
        const REHEARSED = [
            [/^make( \w+)?$/, async (line) => (await run("make",
                ["-n", ...line.split(" ").slice(1)],
                { env: environment() })).code],
            [/^ansible-playbook .* ansible\/site\.yml/, async () => (await run(
                "ansible-playbook", ["--syntax-check", "-i", "localhost,",
                                     "ansible/site.yml"])).code],
            [/^tests\/run( [\w./-]+)*$/, (line) => line.split(" ").slice(1)
                .every((word) => read("tests/run").includes(`run_${word}()`)
                    || existsSync(join(TOP, "tests", word))) ? 0 : 1],
            [/^node --test \S+$/, (line) =>
                existsSync(join(TOP, line.split(" ")[2])) ? 0 : 1],
        ];
        let many = 0;

        for (const name of PAGES) {
            for (const block of page(name).blocks) {
                if (block.language !== "sh"
                    || !block.lines[0].startsWith(NOT_RUN)) {
                    continue;
                }
                assert.ok(block.lines[0].length > NOT_RUN.length, "no reason");
                for (const { command } of commands(block)) {
                    const line = command.replace(/ +#.*$/, "");
                    const [, rehearse] = REHEARSED
                        .find(([pattern]) => pattern.test(line))
                        ?? assert.fail(`nothing looks at: ${line}`);

                    assert.equal(await rehearse(line), 0, line);
                    many++;
                }
            }
        }
        assert.ok(many > 3);
    });

    it("nginx takes the pieces of nginx.conf that pages show", async () => {
        for (const name of PAGES.filter((one) => one !== "README.md")) {
            for (const block of page(name).blocks
                .filter(({ language }) => language === "nginx")) {
                const [conf] = readme.blocks
                    .filter(({ language }) => language === "nginx");
                const [before_, app] = conf.lines.join("\n")
                    .split(/^ *location \/app\/.*$/m);

                host.writeNginxConf(`${before_}\n${block.lines.join("\n")}\n`
                                    + app);
                const { code: rc, output } = await run(host.path("bin/nginx"),
                                                       ["-t"]);
                assert.equal(rc, 0, output);
            }
        }
    });

    it("Prometheus finds the metrics that are told, with their labels",
        async () => {
            const { text } = await request(`${stack.url}/metrics`);
            const labels = new Map(names(text, /^# TYPE (\w+) /gm)
                .map((name) => [name, []]));

            for (const [, name, some] of all(text,
                /^(sluice_\w+)(?:\{(.*)\})? /gm)) {
                labels.set(name, names(some ?? "", /(\w+)=/g));
            }
            same(firstWords(operating.rows("What to look at"))
                .filter((word) => /^sluice_\w+(\{[\w,]+\})?$/.test(word)),
            [...labels].map(([name, some]) =>
                name + (some.length ? `{${some}}` : "")), "metrics");
        });

    it("the worker knows the kinds of jobs that are told", async () => {
        const kinds = firstWords(worker.rows("Kinds"));

        same(kinds, (await stack.sql("select kind from sluice.job_kinds"))
            .split("\n"), "kinds in the record");
        same(kinds, names(code("worker"),
            /\{ "(\w+)", \w+_run,[^}]*\}/g), "kinds in the worker");
    });

    it("the schedules and params are those that are told", async () => {
        const rows = worker.rows("Housekeeping").slice(1);
        const told = rows.map(([kind, every, , params]) => [codes(kind)[0],
            every, Object.fromEntries(all(params, /`(\w+)` (\w+)/g)
                .map(([, name, value]) => [name, value]))]);

        for (const [kind, every, params] of told) {
            const [row, takes] = (await stack.sql(
                `select params::text from sluice.schedules where kind = '${kind}'
                 and every = '${every === "day" ? "1 day" : every}';
                 select queue.misfit('${kind}', '{"nope": 1}')`)).split("\n");
            const defaults = JSON.parse(row);

            assert.deepEqual(Object.keys(params).sort(),
                names(takes.split("takes ")[1], /(\w+)/g)
                    .filter((word) => !/^(only|none)$/.test(word)).sort());
            for (const [name, value] of Object.entries(defaults)) {
                assert.equal(params[name], String(value), `${kind}: ${name}`);
            }
        }
        same(told.map(([kind]) => kind), (await stack.sql(
            "select kind from sluice.schedules")).split("\n"), "schedules");
    });
});
