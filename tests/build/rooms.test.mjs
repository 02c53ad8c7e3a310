/* Who may include and call whom: the build says no. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
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
    "a room of sql/ that calls a later one": {
        "sql/queue/stray.sql": "select api.answer(1);",
        "sql/api/a.sql": "create or replace function api.answer(n integer)",
        says: "uses api.answer of sql/api/a.sql\n"
            + "error: queue may not know api",
    },
    "a shared part of the tests that imports one of them": {
        "tests/http/lib/stray.mjs": "import \"../gate/a.test.mjs\";",
        says: "error: lib may not know gate",
    },
    "a program that imports a test": {
        "web/js/lib/stray.js": "import \"../../../tests/http/lib/a.mjs\";",
        says: "error: web may not know tests",
    },
    "a room that includes a library which is not its own": {
        "worker/score/stray.c": "#include <hiredis/hiredis.h>",
        says: "includes <hiredis/hiredis.h>\nerror: worker/score/ does not "
            + "stand on hiredis, as rooms.libraries has it",
    },
    "a header of nobody": {
        "core/base/stray.c": "#include <png.h>",
        says: "includes <png.h>\n"
            + "error: rooms.libraries does not know whose header that is",
    },
};

/* What would hide from whom else a C file includes. */
const HIDDEN = {
    "that climbs out of its folder": "#include \"../table/budget.h\"",
    "of ours in angle brackets": "#include <core/table/budget.h>",
    "through a macro": "#include BUDGET",
    "behind a comment": "/* now */ #include \"core/table/budget.h\"",
    "with a comment in it": "#/**/include \"core/table/budget.h\"",
    "by digraph": "%:include \"core/table/budget.h\"",
    "by trigraph": "??=include \"core/table/budget.h\"",
    "over two lines": "#include \\\n\"core/table/budget.h\"",
    "once more": "#include_next \"core/table/budget.h\"",
    "of no header": "#include \"core/table/budget.inc\"",
    "from a folder in between": "#include \"table/budget.h\"",
    "of another folder, without its way": "#include \"budget.h\"",
    "with a step to the side": "#include \"core/base/../table/budget.h\"",
    "through the own folder": "#include \"./budget.h\"",
    "of ours, through the top in angle brackets":
        "#include <./core/table/budget.h>",
};

/* Ways to import "../views/a.js" into web/js/lib/stray.js. */
const IMPORTS = {
    "in single quotes": "import { a } from '../views/a.js';",
    "by a template": "const a = await import(`../views/a.js`);",
    "on the next line": "import { a } from\n    \"../views/a.js\";",
    "behind a comment":
        "const a = import(/* now */ // later\n    \"../views/a.js\");",
    "from the page's top": "import { a } from \"/js/views/a.js\";",
    "behind another on its line":
        "import \"./b.js\"; import { a } from \"../views/a.js\";",
    "by its URL": "new Worker(new URL(\"../views/a.js\", import.meta.url));",
    "as a worker": "new Worker(\"/js/views/a.js\", { type: \"module\" });",
    "with a query": "import { a } from \"../views/a.js?v=2\";",
    "once more": "export * from \"../views/a.js\";",
};


for (const [name, header] of Object.entries(FORBIDDEN)) {
    test(`core/ does not build when it includes ${name}`, async (t) => {
        const tree = copy(t, "Makefile", "core", "tests/build");

        writeFileSync(join(tree, "core/stray.c"), `#include ${header}\n`);
        const { code, output } = await run("make", ["build/libcore.a"],
            { cwd: tree, env: environment() });

        assert.notEqual(code, 0);
        assert.match(output, /core\/stray\.c:1:.*\nerror: /);
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


for (const [name, line] of Object.entries(HIDDEN)) {
    test(`an include ${name} is refused`, async (t) => {
        const tree = folder(t);

        write(tree, { "core/base/stray.c": line });
        const { code, output } = await rooms(tree, "core");

        assert.equal(code, 1);
        assert.match(output, /^core\/base\/stray\.c:1: .*\nerror: an include /);
    });
}


for (const [name, text] of Object.entries(IMPORTS)) {
    test(`a later room is not imported ${name}, either`, async (t) => {
        const tree = folder(t);

        write(tree, { "web/js/lib/stray.js": text });
        const { code, output } = await rooms(tree, "web");

        assert.equal(code, 1);
        assert.match(output, /stray\.js:[12]: imports web\/js\/views\/a\.js\n/);
        assert.match(output, /^error: lib may not know views/m);
    });
}


for (const call of ["import(`../${room}/a.js`)", "import(name)",
    "import(\"..\\x2fviews/a.js\")"]) {
    test(`what is imported is written out: not ${call}`, async (t) => {
        const tree = folder(t);

        write(tree, { "web/js/lib/stray.js": call });
        const { code, output } = await rooms(tree, "web");

        assert.equal(code, 1);
        assert.match(output, /stray\.js:1: .*\nerror: what a script imports /);
    });
}


test("files of SQL that call each other are refused", async (t) => {
    const tree = folder(t);

    write(tree, {
        "sql/api/a.sql": "create function api.a() returns integer as $$\n"
            + "    select api.b();     -- and api.c() never\n$$;",
        "sql/api/b.sql": "drop function if exists\n    api.c();\n"
            + "create function api.b() returns integer as $$\n"
            + "    select api.a() $$;",
        "sql/api/c.sql": "create function api.c() returns integer as $$\n"
            + "    select api.b() $$;",
    });
    const { code, output } = await rooms(tree, "sql");

    assert.equal(code, 1);
    assert.match(output, /^sql\/api\/a\.sql:2: uses api\.b of sql\/api\/b\.sql$/m);
    assert.match(output, /^sql\/api\/b\.sql:4: uses api\.a of sql\/api\/a\.sql$/m);
    assert.match(output, /^error: .* in a circle:( sql\/api\/[ab]\.sql){2}$/m);
});


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


test("a room that uses a later one's symbol if it is there is refused",
    async (t) => {
        const tree = await compiled(t, {
            "core/base/a.c": "void b(void) __attribute__((weak));\n"
                + "extern int c __attribute__((weak));\n"
                + "int a(void) { if (b) b(); return c; }",
            "core/table/b.c": "void b(void) { }\nint c;",
        });
        const { code, output } = await rooms(tree, "symbols");

        assert.equal(code, 1);
        assert.match(output, /a\.c:1: uses b of core\/table\/b\.c$/m);
        assert.match(output, /^error: base may not know table/m);
    });


test("a function that is chosen when the program starts has a home, too",
    async (t) => {
        const tree = await compiled(t, {
            "core/base/a.c": "void b(void);\nvoid a(void) { b(); }",
            "core/table/b.c": "static void c(void) { }\n"
                + "static void *choose(void) { return c; }\n"
                + "void b(void) __attribute__((ifunc(\"choose\")));",
        });
        const { code, output } = await rooms(tree, "symbols");

        assert.equal(code, 1);
        assert.match(output, /a\.c:1: uses b of core\/table\/b\.c$/m);
    });


test("a room that calls a library which is not its own is refused",
    async (t) => {
        const tree = await compiled(t, {
            "core/table/a.c": "void redisFree(void *c);\n"
                + "void a(void *c) { redisFree(c); }",
        });
        const { code, output } = await rooms(tree, "symbols");

        assert.equal(code, 1);
        assert.match(output, /^core\/table\/a\.c:1: uses redisFree of hiredis$/m);
        assert.match(output, /^error: core\/table\/ does not stand on hiredis/m);
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
        sql: "build/sluicectl",
        calls: "build/nginx/ngx_http_sluice_module.so",
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


test("the table of rooms in architecture.md names the libraries of each",
    () => {
        const text = (path) => readFileSync(join(TOP, path), "utf8");
        const listed = {}, told = {};

        for (const [, room, words] of text("tests/build/rooms.libraries")
            .matchAll(/^([a-z_/.]+) += (.+)$/gm)) {
            listed[room.replace(/\/\.$/, "")] = words.split(" ").sort();
        }
        for (const [, rooms, last] of text("docs/architecture.md")
            .matchAll(/^\| ((?:`(?:core|ngx_module|worker)[^|]*`)) \|[^|]*\|(.*)\|$/gm)) {
            for (const [, room] of rooms.matchAll(/`([^`]+)\/`/g)) {
                told[room] = last.toLowerCase().match(/\w+/g)?.sort();
            }
        }

        assert.deepEqual(listed.ngx_module, ["nginx"]);
        delete listed.ngx_module;       /* that is said in the text */
        assert.ok(Object.keys(told).length > 25);
        assert.deepEqual(listed, Object.fromEntries(
            Object.entries(told).filter(([, words]) => words)));
    });


test("in this house nobody knows those above, and no files know each other",
    async () => {
        const { code, output } = await run("make", ["-s", "build"],
            { env: environment() });
        assert.equal(code, 0, output);

        const { output: dry } = await run("make", ["-n", "build",
            "-W", "tests/build/rooms"], { env: environment() });
        assert.match(dry, /tests\/build\/rooms symbols /);
        assert.deepEqual(await run(join(TOP, "tests/build/rooms"),
            ["symbols"]), { code: 0, output: "" });

        const drawing = await run(join(TOP, "tests/build/rooms"), ["draw"]);
        assert.match(drawing.output, /^0 circles, 0 arrows upwards, of \d{4} /m);
    });
