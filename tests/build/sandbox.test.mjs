/* sluice-worker --check: what it tries, and what it says of this machine. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, test } from "node:test";

import { TOP } from "./tree.mjs";

const worker = join(TOP, "build/sluice-worker");
const check = (env = process.env, path = worker) =>
    spawnSync(path, ["--check"], { encoding: "utf8", env });

const tried = ["reading /etc/shadow", "another job's folder",
    "the worker's environment", "the database's socket", "abstract sockets",
    "network, TCP", "network, UDP", "writing to the system",
    "forking without end", "other programs", "memory", "size of a file",
    "size of all files", "size of the output", "processor time", "time",
    "time behind closed pipes",
    "signals to the worker", "ptrace of the worker", "mounts", "namespaces",
    "the kernel's keys", "io_uring", "userfaultfd"];

const forms = {
    "where bubblewrap runs": process.env,
    "where bubblewrap is not there": { ...process.env, PATH: "/nowhere" },
};


for (const [where, env] of Object.entries(forms)) {
    describe(`sluice-worker --check, ${where}`, () => {
        const { status, stdout, stderr } = check(env);
        const lines = stdout.trimEnd().split("\n");

        it("ends well", () => {
            assert.equal(stderr, "");
            assert.equal(status, 0, stdout);
        });

        it("says of each line how it stands, and why", () => {
            for (const line of lines) {
                assert.match(line, /^(ok     |missing) {2}[^:]+: ./);
            }
        });

        for (const name of tried) {
            it(`finds that this does not work: ${name}`, () => {
                assert.ok(lines.some((line) =>
                    line.startsWith(`ok       ${name}: `)), stdout);
            });
        }

        it("says which form it is", () => {
            assert.match(lines[0], env === process.env
                ? /^ok +bubblewrap: own/
                : /^missing +bubblewrap: .*does not run here/);
        });
    });
}


test("what parses strangers' notes is in the reader, not in the worker", () => {
    const found = (program, words) => spawnSync("nm",
        [join(TOP, "build", program)], { encoding: "utf8" }).stdout
        .match(words) ?? [];

    /* XML is the worker's, too: what its own bucket answers */
    for (const words of [/ U (inflate|iconv)\b/g,
                         / [Tt] (musicxml|mxl|midi|charset)_\w+/g]) {
        assert.deepEqual(found("sluice-worker", words), []);
        assert.notDeepEqual(found("sluice-reader", words), []);
    }
    assert.notDeepEqual(found("sluice-reader", / U XML_Parse\b/g), []);
});


test("a worker without sluice-sandbox says so and fails", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sl-check-"));
    t.after(() => rmSync(folder, { recursive: true }));

    copyFileSync(worker, join(folder, "sluice-worker"));
    const { status, stdout } = check(process.env,
        join(folder, "sluice-worker"));

    assert.equal(status, 1);
    assert.match(stdout, /^FAILED +a sandbox: .*sluice-sandbox is not there/);
});
