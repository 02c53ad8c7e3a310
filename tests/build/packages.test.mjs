/* The Debian packages: they are made of what is built, lintian has nothing to
   say of them, and each has what is its own. */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { run } from "../http/lib/run.mjs";
import { TOP } from "../http/lib/stack.mjs";
import { after, before, test } from "../http/lib/test.mjs";

const timeout = 600_000;
const NAMES = ["libnginx-mod-http-sluice", "sluice-web", "sluice-worker",
               "sluicectl"];

let folder;

before(async () => {
    folder = mkdtempSync(join(tmpdir(), "sluice-deb-"));
    const tree = join(folder, "sluice");

    for (const name of (await run("git", ["ls-files"], { cwd: TOP })).stdout
        .trim().split("\n")) {
        cpSync(join(TOP, name), join(tree, name),
            { preserveTimestamps: true, verbatimSymlinks: true });
    }
    await run("cp", ["-a", join(TOP, "build"), tree]);
    await run("dpkg-buildpackage", ["--build=binary", "--no-sign",
        "--no-pre-clean"], { cwd: tree, timeout });
}, { timeout });

after(() => folder && rmSync(folder, { recursive: true }));

const file = (name) => join(folder, readdirSync(folder).find((entry) =>
    entry.startsWith(`${name}_`) && entry.endsWith(".deb")));

async function contents(name) {
    return (await run("dpkg-deb", ["-c", file(name)])).stdout.trim().split("\n")
        .map((line) => line.split(/\s+/)[5].slice(1))
        .filter((path) => !path.endsWith("/"));
}


test("four packages are made, each with its own", { timeout }, async () => {
    const all = Object.fromEntries(await Promise.all(NAMES.map(async (name) =>
        [name, await contents(name)])));

    assert.ok(all["libnginx-mod-http-sluice"].includes(
        "/usr/lib/nginx/modules/ngx_http_sluice_module.so"));
    assert.ok(all["libnginx-mod-http-sluice"].includes(
        "/usr/share/nginx/modules-available/mod-http-sluice.conf"));
    assert.ok(all["sluice-worker"].includes(
        "/lib/systemd/system/sluice-worker.service"));
    assert.ok(all["sluice-worker"].includes("/etc/logrotate.d/sluice-worker"));
    assert.ok(all["sluice-web"].includes(
        "/usr/share/sluice/web/vendor/hls.min.js"));
    assert.ok(all.sluicectl.includes(
        "/usr/share/bash-completion/completions/sluicectl"));

    const paths = Object.values(all).flat().filter((path) =>
        !path.startsWith("/usr/share/doc/"));
    assert.equal(new Set(paths).size, paths.length);
});


test("the module's package wants the nginx that it was built for",
    { timeout }, async () => {
        const { stdout } = await run("dpkg-deb", ["-f",
            file("libnginx-mod-http-sluice"), "Depends"]);

        assert.match(stdout, /nginx-abi-[\d.]+-\d/);
    });


test("lintian has nothing to say", { timeout }, async () => {
    const changes = readdirSync(folder).find((name) =>
        name.endsWith(".changes"));
    const { stdout } = await run("lintian", ["--profile", "debian",
        "--allow-root", "--fail-on", "none", join(folder, changes)]);

    assert.equal(stdout, "");
});


test("each command has its manual page", { timeout }, async () => {
    for (const [name, section] of [["sluicectl", 8], ["sluice-worker", 8]]) {
        const page = `/usr/share/man/man${section}/${name}.${section}.gz`;

        assert.ok((await contents(name)).includes(page));
    }
});
