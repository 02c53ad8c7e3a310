/* The whole matrix of sources: what comes of each, compared and written into
   docs/films.md.

     FILMS_ONLY=REGEX   these alone; of the others stands there what came of
                        them the last time, in build/films */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { open } from "../browser/harness.mjs";
import { Client } from "../http/lib/client.mjs";
import { TOP } from "../http/lib/stack.mjs";
import { all, tried } from "./matrix.mjs";
import { seen } from "./seen.mjs";
import { groups, sources } from "./sources.mjs";
import { table } from "./table.mjs";

const ATONCE = 3;
const APART = 0.02;     /* seconds between flash and beep */
const SIGNED_IN = 300_000;      /* milliseconds */

const only = process.env.FILMS_ONLY && new RegExp(process.env.FILMS_ONLY);
const rows = sources.filter(({ group, name }) =>
    !only || only.test(`${group}/${name}`));
const kept = join(TOP, "build/films");


const keptAt = ({ group, name }) =>
    join(kept, `${group}-${name}.json`.replace(/ /g, "-"));


/* What a browser shows of it, too. */
async function watched(house, row) {
    const { flash, beep } = await seen(house, row.found.id, row.out.seen);
    const apart = flash === null || beep === null ? null : beep - flash;

    row.line.apart = apart === null ? "?" : Math.round(apart * 1000);
    row.found.flash = flash;
    row.found.beep = beep;
    if (apart === null || Math.abs(apart) > APART) {
        row.faulty.push(`flash at ${flash}, beep at ${beep}`);
    }
}


function report(row) {
    const { group, name, faulty, found, line } = row;

    console.log(`${faulty.length ? "not ok" : "ok"} - ${group}/${name}`
        + faulty.map((sentence) => `\n    ${sentence}`).join(""));
    writeFileSync(keptAt(row),
        JSON.stringify({ group, name, found, line, faulty }, null, 1));
}


/* All rows take longer than a token lives. */
let client, since = -Infinity;

async function signedIn({ url, email, password }) {
    if (performance.now() - since > SIGNED_IN) {
        since = performance.now();
        client = Client.signIn(url, email, password);
    }
    return client;
}


mkdirSync(kept, { recursive: true });

const house = await open();
let done;

try {
    done = await all(rows, ATONCE, async (row) =>
        tried(house.stack, await signedIn(house.stack), row),
    (row) => row.out.seen || report(row));
    for (const row of done.filter(({ out }) => out.seen)) {
        if (row.found?.id) {
            await watched(house, row).catch((error) =>
                row.faulty.push(String(error)));
        }
        report(row);
    }
} finally {
    await house.close();
}

const bad = done.filter(({ faulty }) => faulty.length);

console.log(`${done.length - bad.length} as they must be, ${bad.length} not`);
if (sources.every((row) => existsSync(keptAt(row)))) {
    writeFileSync(join(TOP, "docs/films.md"), table(groups, sources.map((row) =>
        JSON.parse(readFileSync(keptAt(row), "utf8")))));
}
process.exitCode = bad.length ? 1 : 0;
