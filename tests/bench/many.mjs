/*
 * Whether it costs more to be one of many: sign-in, refresh and admins' search
 * on a record of 1,000 accounts and 3,000 sessions, and on one of ACCOUNTS and
 * three times as many. Both stacks run, and are asked in turns.
 *
 *     node tests/bench/many.mjs        ACCOUNTS, TRIES in environment
 */

import { request } from "../http/lib/client.mjs";
import { startStack } from "../http/lib/stack.mjs";

const ACCOUNTS = Number(process.env.ACCOUNTS ?? 1_000_000);
const TRIES = Number(process.env.TRIES ?? 200);
const WARM = 20;
const FEW = 1000;

const median = (values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];


/* A stack with so many accounts, whose calls are timed in ms. */
class Side {
    times = {};

    async start(many) {
        this.stack = await startStack();
        const { email, password } = await this.stack.user();

        this.many = many;
        this.password = password;
        await this.stack.sql(`insert into sluice.users
                (id, email, password, role, created_at)
            select sluice.uuid_v7(), 'someone-' || n || '@example.org',
                u.password, 'viewer', now() - n * interval '1 minute'
            from generate_series(1, ${many}) n, sluice.users u
            where u.email = '${email}';
            insert into sluice.sessions (id, user_id, expires_at, signs_for)
            select sluice.uuid_v7(), u.id, now() + interval '30 days', 900
            from sluice.users u, generate_series(1, 3) n;
            analyze; checkpoint`);

        const machine = await this.stack.secondNginx((text) =>
            text.replaceAll(/limit_req zone=.*;/g, ""));

        this.url = machine.url;
        this.admin = await this.stack.visitor("admin");
        this.tokens = [];
        return this;
    }

    async timed(what, path, options) {
        const from = performance.now();
        const answer = await request(this.url + path, options);

        if (answer.status >= 300) {
            throw new Error(`${what}: ${answer.status} ${answer.text}`);
        }
        (this.times[what] ??= []).push(performance.now() - from);
        return answer.json;
    }

    /* Each time of somebody else. */
    async all(n) {
        const who = 1 + n * 7919 % this.many;
        const email = `someone-${who}@example.org`;
        const session = await this.timed("sign-in", "/api/sessions", {
            method: "POST", json: { email, password: this.password } });
        const { headers } = this.admin;

        await this.timed("refresh", "/api/sessions/refresh", { method: "POST",
            json: { refresh_token: session.refresh_token } });
        await this.timed("search by address", `/api/accounts?q=someone-${who}`,
            { headers });
        await this.timed("the newest accounts", "/api/accounts?limit=50",
            { headers });
    }
}


const sides = [new Side(), new Side()];

try {
    await sides[0].start(FEW);
    await sides[1].start(ACCOUNTS);

    for (let n = 0; n < TRIES + WARM; n++) {
        for (const side of n % 2 ? sides : [...sides].reverse()) {
            if (n === WARM) {
                side.times = {};
            }
            await side.all(n);
        }
    }

    const [few, many] = sides.map(({ times }) => times);

    console.log(`| p50 of ${TRIES} | ${FEW} accounts | ${ACCOUNTS} | ratio |\n`
        + "|---|---|---|---|");
    for (const what of Object.keys(few)) {
        const [a, b] = [few, many].map((times) => median(times[what]));

        console.log(`| ${what} | ${a.toFixed(2)} ms | ${b.toFixed(2)} ms | ${
            (b / a).toFixed(2)} |`);
    }
} finally {
    await Promise.all(sides.map(({ stack }) => stack?.stop()));
}
