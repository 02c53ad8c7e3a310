import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { french, frenchRefusal } from "../../web/js/lib/reasons.js";
import { strings } from "../../web/js/lib/strings.js";

const TOP = new URL("../..", import.meta.url).pathname;
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


test("every problem of the server has French words", () => {
    const source = readFileSync(join(TOP, "core/base/status.c"), "utf8");
    const words = [...source.matchAll(/\{ (\d+),\s+"([a-z-]+)"/g)]
        .filter(([, status]) => status >= 400).map(([, , word]) => word);

    assert.ok(words.length > 30);
    assert.deepEqual(words.filter((word) => !(`problem.${word}` in strings.fr)),
                     []);
});


test("every reason of the worker has French words, at least for what it is "
    + "about", () => {
    const sentences = ["jobs", "media", "score"].flatMap(sayings);

    assert.ok(sentences.length > 40);
    assert.deepEqual(sentences.filter((sentence) =>
        french(sentence.replaceAll(/%[.*\dl]*[a-z]/g, "7"))
            === french("?")), []);
});


test("a reason keeps its numbers, and is known with what a tool said", () => {
    assert.equal(french("The PDF has 900 pages; at most 500 are allowed."),
                 "Le PDF a 900 pages\u00a0; 500 au plus sont permises.");
    for (const behind of [": moov atom not found.", ". Reading it took long."])
    {
        assert.equal(french("The file cannot be read: it is damaged or cut off"
                            + behind),
                     french("The file cannot be read: it is damaged or cut "
                            + "off."));
    }
});


test("what the API refuses of accounts has French words", () => {
    /* what the page does not let happen, and what it says by itself */
    const ours = /^This must be |POST \/api\/sessions|authenticator, or a $/;
    const sentences = ["sign_up", "resets", "tickets", "factors", "codes",
                       "passwords", "passkeys", "passkey_sign_in", "users",
                       "administration", "audit"].flatMap(refused)
        .concat(["address", "policy"].flatMap((name) =>
            quoted(readFileSync(join(TOP, `core/account/${name}.c`), "utf8"))))
        .filter((text) => /^[A-Z].* .*\.$/.test(text) && !ours.test(text));

    assert.ok(sentences.length > 25);
    assert.deepEqual(sentences.filter((text) => !frenchRefusal(text)), []);
});


/* The sentences of the refusals in a file of SQL. */
function refused(name) {
    const source = readFileSync(join(TOP, `sql/api/${name}.sql`), "utf8");

    return [...source.matchAll(
        /api\.refuse\('[a-z-]+',\s*((?:'(?:[^']|'')*'\s*)+)/g)]
        .map(([, words]) => words.trim().replace(/'\s+'/g, "").slice(1, -1)
            .replaceAll("''", "'"));
}


/* The sentences in a folder of the worker: what stands in quotes, begins with
   a capital or a name, and ends with a full stop. */
function sayings(folder) {
    const top = join(TOP, "worker", folder);

    return readdirSync(top, { recursive: true })
        .filter((file) => /\.[ch]$/.test(file) && !/house|noop/.test(file))
        .flatMap((file) => quoted(readFileSync(join(top, file), "utf8")))
        .filter((text) => /^([A-Z]|%s ).* .*\.$/.test(text));
}


/* What stands in quotes in C, each run of literals as one text. */
function quoted(source) {
    return [...source.replace(/\/\*[^]*?\*\/|\\\n/g, "").matchAll(
        /"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*/g)]
        .map(([texts]) => texts.replace(/"\s*"/g, "").slice(1, -1));
}


/* The {names} in a text, or in the first of its plural forms. */
function names(text) {
    const form = typeof text === "object" ? text.other : text;

    return [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
}
