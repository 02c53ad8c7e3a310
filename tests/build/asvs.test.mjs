/* tests/asvs.md goes through ASVS, and what it names is there. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";

import { codes, page } from "./pages.mjs";
import { TOP } from "./tree.mjs";

/* Levels 1 and 2 of OWASP ASVS 5.0.0, chapters V6, V7 and V9. */
const REQUIREMENTS = `
    6.1.1 6.1.2 6.1.3 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9
    6.2.10 6.2.11 6.2.12 6.3.1 6.3.2 6.3.3 6.3.4 6.4.1 6.4.2 6.4.3 6.4.4 6.5.1
    6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3 6.8.1 6.8.2 6.8.3 6.8.4
    7.1.1 7.1.2 7.1.3 7.2.1 7.2.2 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 7.4.2 7.4.3
    7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2
    9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4`.trim().split(/\s+/);

const NAME = "tests/asvs.md";
const asvs = page(NAME);
const rows = asvs.rows().filter(([id]) => /^\d/.test(id));
const read = (name) => readFileSync(join(TOP, name), "utf8");


/* What is written out in a source as text, or as a pattern for what its
   variables make of it; null where it is hardly anything but those. */
function pattern(literals) {
    const parts = [...literals.matchAll(/"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
        .flatMap(([, text, template]) => text === undefined
            ? template.split(/(\$\{(?:[^{}]|\{[^{}]*\})*\})/) : [text]);
    const fixed = parts.filter((part) => !part.startsWith("${")).join("");

    return fixed.replace(/\W/g, "").length < 4 ? null
        : parts.map((part) => part.startsWith("${") ? ".+"
            : part.replace(/\\(.)/g, "$1")
                .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("");
}


/* The tests of a file of JavaScript, each with what it is described in. */
function described(text) {
    const literal = String.raw`(?:"(?:[^"\\]|\\.)*"|${"`"}(?:[^${"`"}\\]|\\.)*${"`"})`;
    const calls = new RegExp(String.raw`^( *)(describe|it|test)\(\s*`
        + `(${literal}(?:\\s*\\+\\s*${literal})*),`, "gm");
    const within = [];          /* {deep, name} */

    return [...text.matchAll(calls)].flatMap(([, { length: deep }, what,
        literals]) => {
        const name = pattern(literals);

        while (within.length && within.at(-1).deep >= deep) {
            within.pop();
        }
        if (what === "describe") {
            within.push({ deep, name: name ?? ".+" });
            return [];
        }
        return name === null ? []
            : [[...within.map((outer) => outer.name), name].join(" ")];
    });
}


/* Of C, where a name is a sentence. */
const named = (text) => [...text.matchAll(/^START_TEST\((\w+)\)/gm)]
    .map(([, name]) => name.replaceAll("_", " "));


/* `api/sessions` is tests/http/api/sessions.test.mjs */
function testsOf(name) {
    const path = name.startsWith("unit/") ? `tests/${name}_test.c`
        : `tests/${/^(browser|build)\//.test(name) ? "" : "http/"}${name}.test.mjs`;

    assert.ok(existsSync(join(TOP, path)), path);
    return (path.endsWith(".c") ? named : described)(read(path));
}


/* `file`: "test", "test"; as [file, test] */
function shown(text) {
    return [...text.matchAll(/`([\w/-]+)`: ((?:"[^"]+"(?:, )?)+)/g)]
        .flatMap(([, file, tests]) => [...tests.matchAll(/"([^"]+)"/g)]
            .map(([, test]) => [file, test]));
}


describe(NAME, () => {
    it("has each requirement once, in order", () => {
        assert.deepEqual(rows.map(([id]) => id), REQUIREMENTS);
    });

    for (const [id, level, asks, text] of rows) {
        it(`${id} says by what it is shown, or why not`, () => {
            const tests = shown(text);
            const told = /^[67]\.1\./.test(id)
                ? [...text.matchAll(/\]\(([^)#]+)#([^)]+)\)/g)] : [];

            assert.match(level, /^[12]$/);
            assert.ok(asks.length > 10, asks);
            assert.ok(tests.length + told.length > 0
                || /^(does not apply|not yet): .{10,}/.test(text), text);

            for (const [file, test] of tests) {
                assert.ok(testsOf(file).some((one) =>
                    new RegExp(`^${one}$`).test(test)), `${file}: ${test}`);
            }
            for (const [, path, anchor] of told) {
                assert.ok(page(join(dirname(NAME), path)).anchors()
                    .includes(anchor), `${path}#${anchor}`);
            }
        });
    }

    it("keeps to 120 columns", () => {
        for (const line of asvs.prose) {
            assert.ok(line.startsWith("|") || [...line].length <= 120, line);
        }
    });
});


/* What opens an account, or anything else: nginx has nothing beside it. */
describe("the ways in", () => {
    const KINDS = {
        GRANT: "a signed link", CLOUDFRONT: "CloudFront",
        KEY: "a service account", ACCESS: "access token",
        BALANCER: "a load balancer",
    };
    const ways = page("docs/accounts.md").rows("Ways in")
        .map(([first]) => first).join("\n");

    it("are told, all of them", () => {
        const kinds = [...read("ngx_module/gate/ngx_http_sluice_credential.h")
            .matchAll(/NGX_HTTP_SLUICE_CREDENTIAL_(\w+),/g)]
            .map(([, kind]) => kind);
        const calls = [...read("ngx_module/api/ngx_http_sluice_routes.c")
            .matchAll(/ROUTE\((\w+), *"(\/api\/sessions[^"]*)",\s*NONE,/g)]
            .map(([, method, path]) => `${method} ${path}`);

        assert.ok(calls.length > 2);
        assert.deepEqual(kinds.sort(), Object.keys(KINDS)
            .filter((kind) => kinds.includes(kind)).sort());
        for (const kind of kinds) {
            assert.ok(ways.includes(KINDS[kind]), kind);
        }
        for (const call of calls) {
            assert.ok(codes(ways).includes(call), call);
        }
    });
});
