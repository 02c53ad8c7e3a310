/* Who may include and call whom: the build says no. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { copy, environment, folder, run, TOP } from "./tree.mjs";

const FORBIDDEN = {
    nginx: "<ngx_config.h>",
    libpq: "<libpq-fe.h>",
    "libpq by its folder": "<postgresql/libpq-fe.h>",
    hiredis: "<hiredis/hiredis.h>",
    "hiredis' event loop": "\"hiredis/async.h\"",
    libcurl: "<curl/curl.h>",
};


for (const [name, header] of Object.entries(FORBIDDEN)) {
    test(`core/ does not build when it includes ${name}`, async (t) => {
        const tree = copy(t, "Makefile", "core", "tests/build");

        writeFileSync(join(tree, "core/stray.c"), `#include ${header}\n`);
        const { code, output } = await run("make", ["build/libcore.a"],
            { cwd: tree, env: environment() });

        assert.notEqual(code, 0);
        assert.match(output, /core\/stray\.c:1:.*\n.*core\/ includes/s);
    });
}


test("core/ builds without the headers of nginx, libpq and hiredis",
    async (t) => {
        const tree = copy(t, "Makefile", "core", "tests/build");
        const { code, output } = await run("make", ["build/libcore.a"],
            { cwd: tree, env: environment() });

        assert.equal(code, 0, output);
        const { output: dry } = await run("make", ["-n", "-B",
            "build/libcore.a"], { cwd: tree, env: environment() });
        assert.doesNotMatch(dry, /postgresql|hiredis|nginx\/src/);
    });


for (const call of ["PQexec(conn, q);", "redisCommand(c, \"GET\");"]) {
    test(`an HTTP file that calls ${call} is refused`, async (t) => {
        const tree = folder(t);

        mkdirSync(join(tree, "ngx_module"));
        writeFileSync(join(tree, "ngx_module/ngx_http_sluice_stray.c"),
            `void f(void)\n{\n    ${call}\n}\n`);
        const { code, output } = await run(join(TOP, "tests/build/rooms"),
            ["calls"], { env: environment({ ROOMS_TOP: tree }) });

        assert.equal(code, 1);
        assert.match(output, /ngx_http_sluice_stray\.c:3:/);
    });
}
