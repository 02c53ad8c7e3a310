/* The module in nginx trees other than Debian's headers. */

import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { environment, folder, run, TOP } from "./tree.mjs";

const JOBS = ["-j", "2"];

/* nginx as it was released, kept by the build with sanitizers. */
const source = join(TOP, "build/asan/source/");
const skip = existsSync(source)
    ? false : "no source of nginx: make asan brings it";

function tree(t) {
    const path = folder(t);

    cpSync(source, path, { recursive: true });
    return path;
}


test("the module builds in a vanilla nginx with --with-compat alone",
    { skip }, async (t) => {
        const cwd = tree(t);
        const env = environment();
        const configured = await run("./configure",
            ["--with-compat", `--add-dynamic-module=${TOP}`], { cwd, env });
        assert.equal(configured.code, 0, configured.output);

        const made = await run("make",
            [...JOBS, "-f", "objs/Makefile", "modules"], { cwd, env });
        assert.equal(made.code, 0, made.output);
        assert.ok(existsSync(join(cwd, "objs/ngx_http_sluice_module.so")));
    });


test("the module can be linked into nginx", { skip }, async (t) => {
    const cwd = tree(t);
    const env = environment();
    const configured = await run("./configure",
        ["--with-cc-opt=-O0", `--add-module=${TOP}`], { cwd, env });
    assert.equal(configured.code, 0, configured.output);

    const made = await run("make", [...JOBS, "-f", "objs/Makefile", "binary"],
        { cwd, env });
    assert.equal(made.code, 0, made.output);

    writeFileSync(join(cwd, "nginx.conf"),
        "events { }\nhttp { sluice_media on; }\n");
    const tried = await run("objs/nginx",
        ["-p", cwd, "-e", "stderr", "-c", "nginx.conf", "-t",
         "-g", `pid ${cwd}/pid; error_log stderr;`],
        { cwd, env });
    assert.doesNotMatch(tried.output, /unknown directive/);
});


test("a missing library is named when nginx is configured", { skip },
    async (t) => {
        const cwd = tree(t);
        const { code, output } = await run("./configure",
            ["--with-compat", `--add-dynamic-module=${TOP}`],
            { cwd, env: environment({ PKG_CONFIG_LIBDIR: "/nowhere" }) });

        assert.notEqual(code, 0);
        assert.match(output, /Sluice needs libpq/);
    });


test("production.conf is a configuration that nginx takes", async (t) => {
    const cwd = folder(t);
    const keys = join(cwd, "keys.json");
    const text = readFileSync(join(TOP, "conf/production.conf"), "utf8")
        .replace("/usr/lib/nginx/modules", join(TOP, "build/nginx"))
        .replace("/etc/sluice/keys.json", keys)
        .replace(/^user .*$/m, "")
        .replaceAll("/var/log/nginx", cwd)
        .replace("/run/nginx.pid", join(cwd, "nginx.pid"))
        .replace("http {", `http {\n${["client_body", "proxy", "fastcgi",
            "uwsgi", "scgi"].map((name) => `${name}_temp_path ${cwd}/${name};`)
            .join("\n")}`);

    await run(join(TOP, "build/sluicectl"), ["keys", "init", keys]);
    writeFileSync(join(cwd, "nginx.conf"), text);
    const { code, output } = await run("/usr/sbin/nginx",
        ["-p", cwd, "-e", "stderr", "-c", join(cwd, "nginx.conf"), "-t"],
        { env: environment() });

    /* port 80 may be another's: nothing else may be wrong */
    assert.ok(code === 0 || /bind\(\)/.test(output), output);
    assert.doesNotMatch(output, /\[warn\]/);
});
