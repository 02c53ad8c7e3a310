/* Copies of this tree to build in, and programs to run in them. */

import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

export const TOP = resolve(new URL(".", import.meta.url).pathname, "../..");

const LONGEST = 300_000;    /* ms */


/* {code, output} of a program; the output is stdout and stderr together. */
export async function run(program, words = [], options = {}) {
    try {
        const { stdout, stderr } = await promisify(execFile)(program, words, {
            cwd: TOP, timeout: LONGEST, maxBuffer: 1 << 26, ...options,
        });

        return { code: 0, output: stdout + stderr };
    } catch (error) {
        return {
            code: error.code ?? 1,
            output: `${error.stdout ?? error}${error.stderr ?? ""}`,
        };
    }
}


/* A folder that is gone when the test is over. */
export function folder(test, prefix = "sluice-build-") {
    const path = mkdtempSync(join(tmpdir(), prefix));

    test.after(() => rmSync(path, { recursive: true, force: true }));
    return path;
}


/* A copy of these of the tree's entries. */
export function copy(test, ...names) {
    const path = folder(test);

    for (const name of names) {
        cpSync(join(TOP, name), join(path, name), {
            recursive: true,
            filter: (source) => !source.includes("node_modules"),
        });
    }
    return path;
}


/* The environment without what make hands to its children. */
export function environment(more = {}) {
    const { MAKEFLAGS, MFLAGS, MAKELEVEL, ...rest } = process.env;

    for (const name of Object.keys(rest)) {
        if (name.startsWith("SLUICE_")) {
            delete rest[name];
        }
    }
    return { ...rest, ...more };
}

