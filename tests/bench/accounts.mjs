/*
 * Whether time tells who has an account: sign-in, sign-up and the request for a
 * new password, each for addresses that are known and for others, taking turns
 * at random, and Mann and Whitney's test over them. Nothing is told when p stays
 * above 0.01. Each try of a sign-in has a password of its own: which memory
 * Argon2id reads hangs on it and the salt, and of one pair takes always as long.
 *
 *     node tests/bench/accounts.mjs         TRIES in environment
 */

import { request } from "../http/lib/client.mjs";
import { startStack } from "../http/lib/stack.mjs";

const TRIES = Number(process.env.TRIES ?? 400);
const WARM = 40;
const CHANCE = 0.01;

/* argon2id as we make it; nobody's password. */
const HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIHRoZW0$"
    + "GmzkXhFZw3m0FQKpPkpv0f2TzvS0k2sVJgSi5sSfbQk";


/* erfc by Abramowitz and Stegun, 7.1.26. */
function erfc(x) {
    const t = 1 / (1 + 0.3275911 * x);

    return t * (0.254829592 + t * (-0.284496736 + t * (1.421413741
        + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
}

/* The chance that two samples differ as much when they do not: two-sided, by
   the normal approximation, with the mean rank of ties. */
export function mannWhitney(a, b) {
    const all = [...a.map((value) => ({ value, of: 0 })),
                 ...b.map((value) => ({ value, of: 1 }))]
        .sort((x, y) => x.value - y.value);
    let rank = 0;

    for (let i = 0, j; i < all.length; i = j) {
        for (j = i; j < all.length && all[j].value === all[i].value; j++) {
            /* void */
        }
        for (let k = i; k < j; k++) {
            rank += all[k].of === 0 ? (i + j + 1) / 2 : 0;
        }
    }

    const u = rank - a.length * (a.length + 1) / 2;
    const mean = a.length * b.length / 2;
    const deviation = Math.sqrt(a.length * b.length
        * (a.length + b.length + 1) / 12);

    return erfc(Math.abs(u - mean) / deviation / Math.SQRT2);
}

const median = (values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];


const stack = await startStack();
const machine = await stack.secondNginx((text) =>
    text.replaceAll(/limit_req zone=.*;/g, ""));
const post = (path, json) => request(machine.url + path,
    { method: "POST", json });
const calls = {
    "sign-in": (email, n) => post("/api/sessions",
        { email, password: `not the one ${n}` }),
    "sign-up": (email) => post("/api/accounts",
        { email, password: "neun Katzen auf dem Mond" }),
    "new password": (email) => post("/api/password-resets", { email }),
};

/* Each address is asked for once, of one network: what bounds that is taken
   away behind it. */
async function forget() {
    await stack.sql("update sluice.tickets set network = null");
    await stack.redis("EVAL", "for _, k in ipairs(redis.call('KEYS', "
        + "'sluice:tries:*')) do redis.call('DEL', k) end", "0");
}

let told = false;

try {
    await stack.sql("insert into sluice.users (id, email, password, role) "
        + "select sluice.uuid_v7(), 'known-' || n || '@example.org', "
        + `'${HASH}', 'viewer' from generate_series(1, ${
            3 * (TRIES + WARM)}) n; analyze sluice.users`);
    console.log(`| ${TRIES} each | known, p50 | others, p50 | p |\n`
        + "|---|---|---|---|");

    let n = 0;

    for (const [name, call] of Object.entries(calls)) {
        const times = { known: [], other: [] };

        for (let i = 0; i < TRIES + WARM; i++) {
            n++;
            const kinds = Math.random() < 0.5 ? ["known", "other"]
                : ["other", "known"];

            for (const kind of kinds) {
                const from = performance.now();
                const { status } = await call(`${kind}-${n}@example.org`, n);

                if (i >= WARM) {
                    times[kind].push(performance.now() - from);
                }
                if (![202, 401].includes(status)) {
                    throw new Error(`${name}: ${status}`);
                }
            }
            if (i % 20 === 19) {
                await forget();
            }
        }
        const p = mannWhitney(times.known, times.other);

        told ||= p <= CHANCE;
        console.log(`| ${name} | ${median(times.known).toFixed(2)} ms | ${
            median(times.other).toFixed(2)} ms | ${p.toFixed(3)} |`);
    }
} finally {
    await stack.stop();
}

process.exitCode = told ? 1 : 0;
