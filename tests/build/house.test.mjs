/* The rest of the house: what is installed, described, and set up. */

import assert from "node:assert/strict";
import {
    copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync,
    symlinkSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { environment, folder, run, TOP } from "./tree.mjs";

const ROOMS = ["LICENSE", "Makefile", "README.md", "ansible", "conf", "config",
    "core", "debian", "docs", "ngx_module", "sql", "tests", "web", "worker"];
const LAST_OF_OLD = "0015";     /* what was released is never changed */

const read = (name) => readFileSync(join(TOP, name), "utf8");


test("at the top there is nothing but the rooms", async () => {
    const { output } = await run("git", ["ls-files"],
        { cwd: TOP, env: environment() });
    const tops = new Set(output.trim().split("\n")
        .map((name) => name.split("/")[0])
        .filter((name) => !name.startsWith(".")));

    assert.deepEqual([...tops].sort(), ROOMS);
});


test("make install puts all parts below DESTDIR and PREFIX", async (t) => {
    const root = folder(t);
    const { code, output } = await run("make",
        ["install", `DESTDIR=${root}`, "PREFIX=/usr"], { env: environment() });
    assert.equal(code, 0, output);

    for (const name of ["bin/sluicectl", "sbin/sluice-worker",
        "sbin/sluice-sandbox", "sbin/sluice-reader", "sbin/sluice-picture",
        "sbin/sluice-cmaf",
        "lib/nginx/modules/ngx_http_sluice_module.so",
        "share/sluice/production.conf", "share/sluice/web/index.html",
        "share/sluice/web/vendor/hls.min.js"]) {
        assert.ok(existsSync(join(root, "usr", name)), name);
    }
});


for (const prefix of ["/usr", "/usr/local"]) {
    test(`what make install puts below ${prefix} names what is there`,
        async (t) => {
            const root = folder(t);
            const { code } = await run("make",
                ["install", `DESTDIR=${root}`, `PREFIX=${prefix}`],
                { env: environment() });
            const share = join(root, prefix, "share/sluice");
            const text = (name) => readFileSync(join(share, name), "utf8");
            const conf = join(root, "nginx.conf");

            assert.equal(code, 0);
            await run(join(TOP, "build/sluicectl"),
                ["keys", "init", join(root, "keys.json")]);
            writeFileSync(conf, text("production.conf")
                .replaceAll(`${prefix}/`, `${root}${prefix}/`)
                .replaceAll(/\/etc\/sluice|\/var\/log\/nginx|\/run(?=\/nginx)/g,
                            root)
                .replace(/listen 80 /, `listen unix:${root}/socket `)
                .replace(/listen \[::\].*/, ""));

            const tried = await run("nginx",
                ["-t", "-p", root, "-c", conf, "-e", join(root, "error.log")]);
            assert.equal(tried.code, 0, tried.output);

            const [, program] = /^ExecStart=(\S+)/m
                .exec(text("sluice-worker.service"));
            assert.ok(existsSync(join(root, program)), program);
        });
}


test("a new index of a table that is there is built while others write", () => {
    const rows = new Map([...read("worker/ctl/sql.c")
        .matchAll(/\{ "(\d{4}_\w+\.sql)", (\w+),/g)]
        .map(([, name, how]) => [name, how]));

    for (const name of readdirSync(join(TOP, "sql/migrations"))) {
        const text = read(`sql/migrations/${name}`).replace(/--.*/g, "");
        const [made, used] = ["table", "index [^;]* on"].map((what) =>
            [...text.matchAll(new RegExp(`create (?:unique )?${what} (?:if not `
                + "exists )?(sluice\\.\\w+)", "g"))].map(([, table]) => table));

        if (rows.get(name) === "SQL_CONCURRENT") {
            assert.doesNotMatch(text, /create (unique )?index (?!concurrently)/,
                                name);
        } else if (name > LAST_OF_OLD) {
            assert.deepEqual(used.filter((table) => !made.includes(table)), [],
                             `${name}: "concurrently", in a migration of its `
                             + "own (SQL_CONCURRENT)");
        }
    }
});


test("the demo score is what its source draws", async () => {
    const { output } = await run("node", ["conf/demo/score.js"]);

    assert.equal(output, read("conf/demo/score.pdf"));
});


test("the playbook's syntax is right", async () => {
    const { code, output } = await run("ansible-playbook",
        ["--syntax-check", "-i", "localhost,", "ansible/site.yml"]);

    assert.equal(code, 0, output);
});


/* Without services and packages: those are the machine's own. Each file of a
   page takes a process or two, so this one has but one file. */
test("the playbook would install the module, the worker and the page",
    async (t) => {
        const build = folder(t);

        for (const name of ["nginx", "sluice-worker", "sluice-sandbox",
                            "sluice-reader", "sluice-picture", "sluice-cmaf",
                            "sluicectl"]) {
            symlinkSync(join(TOP, "build", name), join(build, name));
        }
        mkdirSync(join(build, "web"));
        copyFileSync(join(TOP, "build/web/index.html"),
            join(build, "web/index.html"));

        const { code, output } = await run("ansible-playbook",
            ["-i", "localhost,", "-c", "local", "--check", "-e",
             "sluice_become=false", "-e", `sluice_build=${build}`,
             "--tags", "files", "ansible/site.yml"],
            { env: { ...process.env, ANSIBLE_PIPELINING: "1" } });

        assert.equal(code, 0, output);
        for (const name of ["Module", "Worker", "Page", "Keys",
            "Worker's unit", "nginx's configuration"]) {
            assert.match(output, new RegExp(`TASK \\[${name}\\]`));
        }
    });


/* A runuser of the test's own stands in for sluicectl and PostgreSQL. */
test("the playbook hands the record's connection string on and shows it nowhere",
    async (t) => {
        const bin = folder(t);

        writeFileSync(join(bin, "runuser"), "#!/bin/sh\n"
            + `echo "$SLUICE_DATABASE" > ${bin}/database\n`
            + `cat /proc/[0-9]*/cmdline > ${bin}/arguments\necho up to date\n`,
        { mode: 0o755 });
        writeFileSync(join(bin, "vars.json"),
            JSON.stringify({ sluice_database: "host=db password=hush" }));

        const { code, output } = await run("ansible-playbook",
            ["-v", "-i", "localhost,", "-c", "local",
             "-e", "sluice_become=false",
             "-e", `@${join(bin, "vars.json")}`,
             "--tags", "record", "ansible/site.yml"],
            { env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } });

        assert.equal(code, 0, output);
        assert.doesNotMatch(output, /hush/);
        assert.doesNotMatch(readFileSync(join(bin, "arguments"), "utf8"), /hush/);
        assert.match(readFileSync(join(bin, "database"), "utf8"),
            /^host=db password=hush$/m);
    });


for (const name of ["web", "tests"]) {
    test(`${name}/package-lock.json names no host to download from`, () => {
        assert.doesNotMatch(read(`${name}/package-lock.json`), /"resolved"/);
    });
}

