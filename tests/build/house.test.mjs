/* The rest of the house: what is installed, described, and set up. */

import assert from "node:assert/strict";
import {
    copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { environment, folder, run, TOP } from "./tree.mjs";

const read = (name) => readFileSync(join(TOP, name), "utf8");


test("make install puts all parts below DESTDIR and PREFIX", async (t) => {
    const root = folder(t);
    const { code, output } = await run("make",
        ["install", `DESTDIR=${root}`, "PREFIX=/usr"], { env: environment() });
    assert.equal(code, 0, output);

    for (const name of ["bin/sluicectl", "sbin/sluice-worker",
        "sbin/sluice-sandbox", "sbin/sluice-reader", "sbin/sluice-picture",
        "lib/nginx/modules/ngx_http_sluice_module.so",
        "share/sluice/production.conf", "share/sluice/web/index.html",
        "share/sluice/web/vendor/hls.min.js"]) {
        assert.ok(existsSync(join(root, "usr", name)), name);
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
                            "sluice-reader", "sluice-picture", "sluicectl"]) {
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


for (const name of ["web", "tests"]) {
    test(`${name}/package-lock.json names no host to download from`, () => {
        assert.doesNotMatch(read(`${name}/package-lock.json`), /"resolved"/);
    });
}

