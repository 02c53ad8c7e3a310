/* node:test, with a way to see why something failed: what passed over the wire
   before it did, and what the servers said last. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
    after as nodeAfter, afterEach, before as nodeBefore, beforeEach, describe,
    it as nodeIt, test as nodeTest,
} from "node:test";

const EXCHANGES = 4;
const LINES = 12;
const FEWER = 4;            /* of logs that tell of what went well */
const LONGEST = 400;        /* characters of a body or a line that are shown */

const exchanges = [];
const folders = new Set();


/* Notes an exchange for whom it may concern: {method, url, headers, body} and
   an answer as client.mjs makes it, text, or an error. */
export function exchanged(request, answer) {
    exchanges.push({ request, answer });
    exchanges.splice(0, exchanges.length - EXCHANGES);
}


/* From now on the logs in the folder of a stack's state are told of; the
   function that it answers ends that. */
export function watch(state) {
    folders.add(state);
    return () => folders.delete(state);
}


const short = (text) => text.length <= LONGEST ? text
    : `${text.slice(0, LONGEST)}… (${text.length} characters)`;

const indented = (lines, mark) => lines.map((line) => `    ${mark} ${line}`);

function content(body) {
    if (body === undefined || body === null || body.length === 0) {
        return [];
    }
    if (typeof body !== "string" && !Buffer.isBuffer(body)) {
        return ["(a stream)"];
    }
    return short(body.toString()).split("\n");
}

const head = (headers = {}) =>
    Object.entries(headers).map(([name, value]) => short(`${name}: ${value}`));

function exchange({ request, answer }) {
    const came = answer instanceof Error ? [String(answer)]
        : typeof answer === "string" ? content(answer)
            : [String(answer.status), ...head(answer.headers),
               ...content(answer.body)];

    return [
        ...indented([short(`${request.method} ${request.url}`),
                     ...head(request.headers), ...content(request.body)], ">"),
        ...indented(came, "<"),
    ];
}


function lastLines(path) {
    const count = /(access|redis)\.log$/.test(path) ? FEWER : LINES;
    const lines = readFileSync(path, "utf8").trimEnd().split("\n")
        .filter((line) => line !== "");

    return lines.length === 0 ? [] : [
        `  ${path}`, ...indented(lines.slice(-count).map(short), "|"),
    ];
}

function logs(state) {
    const folder = join(state, "logs");
    const paths = existsSync(folder)
        ? readdirSync(folder).sort().map((name) => join(folder, name)) : [];

    return [...paths, join(state, "run/worker.out")].filter(existsSync)
        .flatMap(lastLines);
}

function report(name) {
    return [
        `  when this failed: ${name}`,
        ...exchanges.flatMap(exchange),
        ...[...folders].flatMap(logs),
    ].join("\n");
}


/* The function of a test or a hook, which tells when it throws, and when its
   time is over. */
function telling(name, action) {
    return async (context) => {
        let ended = false;
        const tell = () => {
            if (!ended) {
                ended = true;
                console.log(report(name));
            }
        };

        context?.signal?.addEventListener("abort", tell);
        try {
            await action(context);
            ended = true;
        } catch (error) {
            tell();
            throw error;
        }
    };
}

/* Where a test or a hook stands: node names this file. */
const place = () => /file:.*$/.exec(new Error().stack.split("\n")[3])?.[0];

const hook = (node, name) => (action, options) =>
    node(telling(`${name} (${place()})`, action), options);

const tests = (node) => (name, ...rest) => {
    const action = rest.pop();

    return node(name, ...rest, telling(`${name} (${place()})`, action));
};

export const after = hook(nodeAfter, "after the tests");
export const before = hook(nodeBefore, "before the tests");
export const it = tests(nodeIt);
export const test = tests(nodeTest);
export { afterEach, beforeEach, describe };
