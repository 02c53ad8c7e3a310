import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { strings } from "../../web/js/lib/strings.js";

const SOURCES = new URL("../../web/js", import.meta.url).pathname;
/* Translations of the server's own English, which needs none. */
const SERVERS = /^problem\./;


test("every text stands in every language", () => {
    const [first, ...others] = Object.values(strings).map(
        (texts) => Object.keys(texts).filter((key) => !SERVERS.test(key)));

    for (const other of others) {
        assert.deepEqual([...other].sort(), [...first].sort());
    }
});


test("a text takes the same values in every language", () => {
    for (const key of Object.keys(strings.en)) {
        assert.deepEqual(names(strings.fr[key]), names(strings.en[key]), key);
    }
});


test("every text that is asked for is there", () => {
    for (const file of readdirSync(SOURCES, { recursive: true })) {
        if (!file.endsWith(".js")) {
            continue;
        }
        const source = readFileSync(join(SOURCES, file), "utf8");

        for (const [, key] of source.matchAll(/\bt\(\s*"([^"]+)"/g)) {
            assert.ok(key in strings.en, `${key} in ${file}`);
        }
    }
});


/* The {names} in a text, or in the first of its plural forms. */
function names(text) {
    const form = typeof text === "object" ? text.other : text;

    return [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
}
