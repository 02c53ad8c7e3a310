/*
 * The ways of two requests through the house, as the machine goes them: a read
 * of bytes by a grant, and a tus PATCH.
 *
 *   ways.mjs [TREE]    of another checkout, which has been built (make)
 *
 * The module is built once more with a call at the beginning of each function,
 * into build/ways; ways.c notes them. A hop is a function that is entered for
 * the first time, since one reads it once; a change of file is a hop into another
 * file than the one before. What is shown are the rooms that decide: core/ and
 * the rooms that all requests stand on are in the second line alone. Of a few
 * tries the shortest is taken: what timers do meanwhile is nobody's way.
 */

import { execFileSync } from "node:child_process";
import {
    existsSync, mkdirSync, readFileSync, statSync, writeFileSync,
} from "node:fs";
import { join, relative, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const TREE = resolve(process.argv[2] ?? join(HERE, "../.."));
const BUILD = join(TREE, "build/ways");
const MODULE = join(BUILD, "ngx_http_sluice_module.so");
const NOTES = join(BUILD, "trace.so");
const TRIES = 5;
const QUIET = 300;          /* ms without a function: the request is over */

const ID = "01890000-0000-7000-8000-0000000000cd";
const FOLDER = `/media/cd/${ID}/`;
const PART = Buffer.alloc(1000, "x");

/* core/, bridge, spool, http and zone, also as they were called when all lay in
   one folder. */
const BELOW = new RegExp("^core/|^ngx_module/(bridge|spool|http|zone)/"
    + "|^ngx_module/(ngx_sluice_|ngx_http_sluice_"
    + "(answer|api|body|module|revocation|signer|snapshot|wait|zone)\\.c)");


build();
const { startStack } = await helper("stack");
const { minter } = await helper("token");
const { request } = await helper("client");
const { Tus } = await helper("tus");
const trace = join("/tmp", `sl-ways-${process.pid}`);

writeFileSync(trace, "");
execFileSync("chmod", ["666", trace]);

const stack = await startStack({ environment: {
    SLUICE_MODULE: MODULE, LD_PRELOAD: NOTES, SLUICE_WAYS: trace,
} });

try {
    mkdirSync(stack.path(FOLDER), { recursive: true });
    writeFileSync(stack.path(FOLDER, "file.mp4"), PART);

    const { grant } = minter(stack.keys());
    const tus = new Tus(stack, await stack.visitor("editor"));
    const read = (token) => request(
        `${stack.url}${FOLDER}file.mp4?grant=${token}`);

    show("bytes by a grant, seen for the first time", await shortest(
        async (n) => grant({ path: FOLDER, jti: `n${n}` }), read, 200));
    show("bytes by a grant", await shortest(async () => {
        const token = grant({ path: FOLDER });
        /* each process has a table of its own */
        for (let i = 0; i < 4 * TRIES; i++) {
            await read(token);
        }
        return token;
    }, read, 200));
    show("a tus PATCH", await shortest(() => tus.create(2 * PART.length),
        (path) => tus.patch(path, 0, PART), 204));
} finally {
    await stack.stop({ but: /./ });
    execFileSync("rm", ["-f", trace]);
}


/* The module of that tree with a note at each function, unless it is there. */
function build() {
    const nginxModule = join(TREE, "conf/nginx-module");
    const made = join(BUILD, "Makefile");

    mkdirSync(BUILD, { recursive: true });
    execFileSync("gcc", ["-O2", "-Wall", "-shared", "-fPIC", "-o", NOTES,
        join(HERE, "ways.c"), "-ldl"]);
    execFileSync(nginxModule, ["configure", BUILD], { stdio: "inherit" });
    writeFileSync(made, readFileSync(made, "utf8").replace(/^CFLAGS =/m,
        "$& -finstrument-functions -finstrument-functions-exclude-file-list="
        + "/usr/"));
    execFileSync(nginxModule, ["make", BUILD], { stdio: "inherit" });
}


/* What the tests of that tree are written with. */
function helper(name) {
    const [path] = [`lib/${name}.mjs`, `${name}.mjs`]
        .map((way) => join(TREE, "tests/http", way)).filter(existsSync);

    return import(pathToFileURL(path));
}


async function shortest(prepare, ask, status) {
    let best = null;

    for (let n = 0; n < TRIES; n++) {
        const subject = await prepare(n);
        await quiet();
        const from = statSync(trace).size;
        const answer = await ask(subject);
        await quiet();

        if (answer.status !== status) {
            throw new Error(`${answer.status}: ${answer.text}`);
        }

        const way = resolved(readFileSync(trace, "utf8").slice(from));
        if (best === null || way.length < best.length) {
            best = way;
        }
    }
    return best;
}


async function quiet() {
    for (let size = -1; size !== statSync(trace).size;) {
        size = statSync(trace).size;
        await pause(QUIET);
    }
}


/* [{file, name}] of what the process that entered most functions did. */
function resolved(text) {
    const byProcess = new Map();

    for (const line of text.split("\n").filter(Boolean)) {
        const [pid, at] = line.split(" ");
        byProcess.set(pid, [...byProcess.get(pid) ?? [], at]);
    }

    const [most = []] = [...byProcess.values()]
        .sort((a, b) => b.length - a.length);
    const said = execFileSync("addr2line", ["-f", "-e", MODULE],
        { input: most.join("\n"), encoding: "utf8" })
        .trimEnd().split("\n");

    return most.map((_, i) => ({ name: said[2 * i],
        file: relative(TREE, said[2 * i + 1].replace(/:.*/, "")) }))
        .filter(({ file }) => /^(ngx_module|core)\//.test(file));
}


function show(title, way) {
    const once = way.filter(({ file, name }, at) => at === way.findIndex(
        (other) => other.file === file && other.name === name));
    const runs = runsOf(once.filter(({ file }) => !BELOW.test(file)));

    console.log(`\n${title}\n${counted(runs)}\n${counted(runsOf(once))}, `
        + "with what all requests stand on\n");
    for (const { file, names } of runs) {
        console.log(`    ${short(file).padEnd(30)} ${names.join(" ")}`);
    }
}


/* [{file, names}] of functions that follow each other in one file. */
function runsOf(way) {
    const runs = [];

    for (const { file, name } of way) {
        if (runs.at(-1)?.file !== file) {
            runs.push({ file, names: [] });
        }
        runs.at(-1).names.push(short(name));
    }
    return runs;
}


function counted(runs) {
    const times = new Map();

    for (const { file } of runs) {
        times.set(file, (times.get(file) ?? 0) + 1);
    }

    const hops = runs.reduce((sum, { names }) => sum + names.length, 0);
    const often = [...times.values()].filter((n) => n > 2).length;

    return `${hops} hops, ${runs.length - 1} changes of file, ${times.size} `
        + `files, ${often} of them entered three times or more`;
}


function short(name) {
    return name.replace(/^ngx_module\//, "").replace(/ngx_(http_)?sluice_/, "")
        .replace(/\.c$/, "");
}
