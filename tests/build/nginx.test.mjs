/* The module in nginx trees other than Debian's headers. */

import assert from "node:assert/strict";
import {
    cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { freePort } from "../http/lib/ports.mjs";
import { environment, folder, run, TOP } from "./tree.mjs";

/* nginx as it was released, kept by the build with sanitizers. */
const source = join(TOP, "build/asan/source/");
const skip = existsSync(source)
    ? false : "no source of nginx: make asan brings it";

const env = environment();
let cwd;

before(() => {
    cwd = mkdtempSync(join(tmpdir(), "sluice-nginx-"));
    if (!skip) {
        cpSync(source, cwd, { recursive: true });
    }
});

after(() => rmSync(cwd, { recursive: true, force: true }));


/* Configures the tree, and makes the goal. An object that is there is taken as
   it is: both builds have the same flags, though configure writes their header
   anew. */
async function build(goal, ...words) {
    const configured = await run("./configure",
        ["--with-compat", "--with-cc-opt=-O0 -fPIC", ...words], { cwd, env });
    assert.equal(configured.code, 0, configured.output);

    const made = await run("make", ["-j", "2", "-f", "objs/Makefile",
        "-o", "objs/ngx_auto_config.h", "-o", "objs/ngx_auto_headers.h", goal],
    { cwd, env });
    assert.equal(made.code, 0, made.output);
}


test("the module builds in a vanilla nginx with --with-compat alone",
    { skip }, async () => {
        await build("modules", `--add-dynamic-module=${TOP}`);
        assert.ok(existsSync(join(cwd, "objs/ngx_http_sluice_module.so")));
    });


test("the module can be linked into nginx", { skip }, async () => {
    await build("binary", `--add-module=${TOP}`);

    writeFileSync(join(cwd, "nginx.conf"),
        "events { }\nhttp { access_log off; sluice_media on; }\n");
    const { code, output } = await run("objs/nginx",
        ["-p", cwd, "-e", "stderr", "-c", "nginx.conf", "-t",
         "-g", `pid ${cwd}/pid; error_log stderr;`],
        { cwd, env });
    assert.equal(code, 0, output);
});


test("a missing library is named when nginx is configured", { skip },
    async () => {
        const { code, output } = await run("./configure",
            ["--with-compat", `--add-dynamic-module=${TOP}`],
            { cwd, env: environment({ PKG_CONFIG_LIBDIR: "/nowhere" }) });

        assert.notEqual(code, 0);
        assert.match(output, /Sluice needs libpq/);
    });


test("production.conf is a configuration that nginx takes", async (t) => {
    const here = folder(t);
    const keys = join(here, "keys.json");
    const text = readFileSync(join(TOP, "conf/production.conf"), "utf8")
        .replace("/usr/lib/nginx/modules", join(TOP, "build/nginx"))
        .replaceAll("/usr/share/sluice/nginx", join(TOP, "conf/nginx"))
        .replace("/etc/sluice/keys.json", keys)
        .replace(/^user .*$/m, "")
        .replace("listen 80 ", `listen ${await freePort()} `)
        .replaceAll("/var/log/nginx", here)
        .replaceAll("/var/lib/sluice/spool", here)
        .replace("/run/nginx.pid", join(here, "nginx.pid"))
        .replace("http {", `http {\n${["client_body", "proxy", "fastcgi",
            "uwsgi", "scgi"].map((name) => `${name}_temp_path ${here}/${name};`)
            .join("\n")}`);

    await run(join(TOP, "build/sluicectl"), ["keys", "init", keys]);
    writeFileSync(join(here, "nginx.conf"), text);
    const { code, output } = await run("/usr/sbin/nginx",
        ["-p", here, "-e", "stderr", "-c", join(here, "nginx.conf"), "-t"],
        { env: environment() });

    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /\[warn\]/);
});
