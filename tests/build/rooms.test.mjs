/* Who may include and call whom: the build says no. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
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

/* A file, a line in it that breaks a rule, and what is said of it. */
const BROKEN = {
    "a room of core/ that includes a later one": {
        "core/base/stray.c": "#include \"core/table/budget.h\"",
        says: "includes core/table/budget.h\nerror: base may not know table",
    },
    "a room of ngx_module/ that includes a later one": {
        "ngx_module/zone/stray.h": "#include \"ngx_module/gate/a.h\"",
        says: "includes ngx_module/gate/a.h\nerror: zone may not know gate",
    },
    "a room of worker/ that includes a later one": {
        "worker/base/stray.c": "#include \"worker/queue/queue.h\"",
        says: "includes worker/queue/queue.h\nerror: base may not know queue",
    },
    "a room that includes what lies in none": {
        "worker/base/stray.c": "#include \"worker/master.h\"",
        says: "includes worker/master.h\n"
            + "error: base may not know what lies in no room",
    },
    "a room of web/js/ that imports a later one": {
        "web/js/lib/stray.js": "import { a } from \"../views/a.js\";",
        says: "imports web/js/views/a.js\nerror: lib may not know views",
    },
    "a house that includes one above it": {
        "core/base/stray.c": "#include \"worker/master.h\"",
        says: "includes worker/master.h\nerror: core may not know worker",
    },
    "a house that includes the one beside it": {
        "worker/base/stray.c": "#include \"ngx_module/zone/a.h\"",
        says: "includes ngx_module/zone/a.h\n"
            + "error: worker may not know ngx_module",
    },
    "a room without a place in the order": {
        "core/table/stray.c": "#include \"core/new/a.h\"",
        says: "includes core/new/a.h\nerror: table may not know new",
    },
    "an include that climbs out of its folder": {
        "core/base/stray.c": "#include \"../table/budget.h\"",
        says: "#include \"../table/budget.h\"\n"
            + "error: an include names a file by its way from the top",
    },
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
        /* -O0 in place of the last flags: it is not to be run */
        const { code, output } = await run("make",
            ["-j", "2", "hardening=-O0", "build/libcore.a"],
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


/* Writes {path: text} below a folder. */
function write(tree, files) {
    for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(tree, path)), { recursive: true });
        writeFileSync(join(tree, path), `${text}\n`);
    }
}


const rooms = (tree, ...words) => run(join(TOP, "tests/build/rooms"), words,
    { env: environment({ ROOMS_TOP: tree }) });


/* Sources and their objects, where the build would leave them. */
async function compiled(test, files) {
    const tree = folder(test);

    write(tree, files);
    for (const path of Object.keys(files)) {
        const object = join(tree, "build/obj", path.replace(/c$/, "o"));

        mkdirSync(dirname(object), { recursive: true });
        const { code, output } = await run("gcc", ["-c", "-o", object,
            join(tree, path)]);
        assert.equal(code, 0, output);
    }
    return tree;
}


for (const [name, { says, ...files }] of Object.entries(BROKEN)) {
    test(`${name} is refused`, async (t) => {
        const tree = folder(t);
        const [file] = Object.keys(files);

        write(tree, files);
        const { code, output } = await rooms(tree);

        assert.equal(code, 1);
        assert.ok(output.includes(`${file}:1:`), output);
        assert.ok(output.includes(says), output);
    });
}


test("a room that includes those before it, and itself, is let through",
    async (t) => {
        const tree = folder(t);

        write(tree, {
            "core/grant/a.c": "#include <string.h>\n#include \"a.h\"",
            "core/grant/a.h": "#include \"core/jose/b.h\"",
            "worker/main.c": "#include \"core/grant/a.h\"",
            "web/js/views/a.js": "import { b } from \"../lib/b.js\";",
        });
        assert.deepEqual(await rooms(tree), { code: 0, output: "" });
    });


test("headers that include each other are refused", async (t) => {
    const tree = folder(t);

    write(tree, {
        "core/base/a.h": "\n#include \"b.h\"",
        "core/base/b.h": "#include \"core/base/c.h\"",
        "core/base/c.h": "#include \"a.h\"",
        "core/base/d.h": "#include \"a.h\"",
    });
    const { code, output } = await rooms(tree, "core");

    assert.equal(code, 1);
    assert.match(output, /^core\/base\/a\.h:2: includes core\/base\/b\.h$/m);
    assert.match(output, /^core\/base\/c\.h:1: includes core\/base\/a\.h$/m);
    assert.match(output, /^error: .* in a circle:( core\/base\/[abc]\.h){3}$/m);
});


test("scripts that import each other are refused", async (t) => {
    const tree = folder(t);

    write(tree, {
        "web/js/lib/a.js": "import * as b from \"./b.js\";",
        "web/js/lib/b.js": "export { a } from \"./a.js\";",
    });
    const { code, output } = await rooms(tree, "web");

    assert.equal(code, 1);
    assert.match(output, /^web\/js\/lib\/b\.js:1: imports .*a\.js$/m);
    assert.match(output, /^error: .* in a circle:( web\/js\/lib\/[ab]\.js){2}$/m);
});


test("a room that uses a symbol of a later one is refused", async (t) => {
    const tree = await compiled(t, {
        "core/base/a.c": "void b(void);\n/* b(), on top */\n"
            + "void a(void) { b(); }",
        "core/table/b.c": "void b(void) { }",
    });
    const { code, output } = await rooms(tree, "symbols");

    assert.equal(code, 1);
    assert.match(output, /^core\/base\/a\.c:1: uses b of core\/table\/b\.c$/m);
    assert.match(output, /^error: base may not know table/m);
});


test("files that use each other's symbols are refused", async (t) => {
    const tree = await compiled(t, {
        "core/base/a.c": "extern int c;\nint b(void);\n"
            + "int a(void) { return b() + c; }",
        "core/base/b.c": "int a(void);\nint b(void) { return a(); }",
        "core/base/c.c": "int c;",
    });
    const { code, output } = await rooms(tree, "symbols");

    assert.equal(code, 1);
    assert.match(output, /^core\/base\/a\.c:2: uses b of core\/base\/b\.c$/m);
    assert.match(output, /^core\/base\/b\.c:1: uses a of core\/base\/a\.c$/m);
    assert.match(output, /^error: .* in a circle:( core\/base\/[ab]\.c){2}$/m);
});


test("what is not built is not taken for good", async (t) => {
    const tree = folder(t);

    write(tree, { "core/base/a.c": "int a;" });
    const { code, output } = await rooms(tree, "symbols");

    assert.equal(code, 2);
    assert.match(output, /core\/base\/a\.c has not been built/);
});


test("an arrow upwards and a circle show in the drawing", async (t) => {
    const tree = await compiled(t, {
        "core/base/a.c": "void b(void);\nvoid a(void) { b(); }",
        "core/table/b.c": "void a(void);\nvoid b(void) { a(); }",
    });
    const { code, output } = await rooms(tree, "draw");

    assert.equal(code, 1);
    assert.match(output, /^ *base +1 +2 +■ ▲ table$/m);
    assert.match(output, /^ *table +1 +2 +● *──.*■$/m);
    assert.match(output, /^1 circles, 1 arrows upwards, of 2 /m);
});


test("each house is asked before it is compiled", async (t) => {
    const tree = copy(t, "Makefile", "config", "conf", "core", "ngx_module",
        "worker", "sql", "web", "tests/build");

    for (const [house, made] of Object.entries({
        core: "build/obj/core/base/uuid.o",
        worker: "build/obj/worker/main.o",
        ngx_module: "build/nginx/ngx_http_sluice_module.so",
        web: "build/web/.done",
    })) {
        const { output } = await run("make", ["-n", made],
            { cwd: tree, env: environment() });

        assert.match(output, new RegExp(`tests/build/rooms ${house} `), made);
    }
});


test("a module's name is a key, which its files may use", async (t) => {
    const tree = await compiled(t, {
        "core/base/a.c": "extern int ngx_http_b_module;\n"
            + "int *a(void) { return &ngx_http_b_module; }",
        "core/base/b.c": "int *a(void);\nint ngx_http_b_module;\n"
            + "int *b(void) { return a(); }",
    });

    assert.deepEqual(await rooms(tree, "symbols"), { code: 0, output: "" });
});


test("in this house nobody knows those above, and no files know each other",
    async () => {
        const { code, output } = await run("make", ["-s", "build"],
            { env: environment() });
        assert.equal(code, 0, output);

        assert.deepEqual(await run(join(TOP, "tests/build/rooms"),
            ["symbols"]), { code: 0, output: "" });

        const drawing = await run(join(TOP, "tests/build/rooms"), ["draw"]);
        assert.match(drawing.output, /^0 circles, 0 arrows upwards, of \d{4} /m);
    });
