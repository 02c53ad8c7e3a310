/*
 * What a disk holds after a power cut: of each file the bytes that were synced,
 * under the name that was, and nothing else. What was removed stays so, which
 * is one of the things that may happen. Nobody may be at it meanwhile.
 */

import {
    existsSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync,
    truncateSync, writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";

import { key } from "./shim.mjs";

const keyOf = (path) => key(lstatSync(path, { bigint: true }));


/* All that is below a folder, from the bottom up. */
function* below(folder) {
    const inside = keyOf(folder);

    for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);

        if (entry.isDirectory()) {
            yield* below(path);
        }
        yield { path, inside, file: keyOf(path),
                isFolder: entry.isDirectory() };
    }
}


/* Whether there was something to lose. A small file may have been written over
   since. */
function cut(path, { durable, start }) {
    const { size } = lstatSync(path);
    const small = size > 0 && durable === start.length;

    if (size <= durable
        && !(small && !readFileSync(path).equals(start))) {
        return false;
    }

    truncateSync(path, durable);
    if (small) {
        writeFileSync(path, start, { flag: "r+" });
    }
    return true;
}


/* Answers how much was lost. */
export function losePower(shim, folders) {
    const all = folders.flatMap((folder) => [...below(folder)]);
    const where = new Map([...folders, ...all
        .filter(({ isFolder }) => isFolder).map(({ path }) => path)]
        .map((path) => [keyOf(path), path]));
    let lost = 0;

    for (const { path, inside, isFolder, file } of all) {
        const known = shim.synced(file) ?? { durable: 0, start: "" };
        const home = where.get(known.folder);

        lost += !isFolder && cut(path, known);
        if (known.folder === inside && known.name === basename(path)) {
            continue;
        }

        /* a folder's old name is not worth its way back: all were scratch */
        lost++;
        if (isFolder || home === undefined
            || existsSync(join(home, known.name))) {
            rmSync(path, { recursive: true });
        } else {
            renameSync(path, join(home, known.name));
        }
    }
    return lost;
}
