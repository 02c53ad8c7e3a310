/* The worker's systemd unit, by what systemd says of it where it is at hand. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { TOP } from "./tree.mjs";

const NAME = "sluice-worker.service";
const UNIT = join(TOP, "conf", NAME);
const EXPOSED = 2.0;    /* of 10, as `systemd-analyze security` counts */

const analyze = (...words) => spawnSync("systemd-analyze",
    ["--no-pager", ...words], { encoding: "utf8" });
const skip = analyze("--version").error ? "there is no systemd-analyze" : false;


test(`the worker's unit is exposed at ${EXPOSED} at most`, { skip }, () => {
    const { stdout, stderr } = analyze("security", "--offline=true", UNIT);
    const [, figure] = stdout.match(/exposure level .*: ([\d.]+) /)
        ?? assert.fail(stderr);

    assert.ok(Number(figure) <= EXPOSED, `it is ${figure}`);
});


test("systemd finds nothing wrong with the worker's unit", { skip }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sl-unit-"));
    t.after(() => rmSync(folder, { recursive: true }));

    /* the worker itself need not be installed */
    const text = readFileSync(UNIT, "utf8")
        .replace(/^ExecStart=\S+/m, "ExecStart=/usr/bin/true");
    writeFileSync(join(folder, NAME), text);

    const { status, stderr } = analyze("verify", join(folder, NAME));
    assert.equal(stderr, "");
    assert.equal(status, 0);
});


test("the worker's unit leaves alone what others of its user share", () => {
    assert.doesNotMatch(readFileSync(UNIT, "utf8"), /^RemoveIPC=yes/m);
});
