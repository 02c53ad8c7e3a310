/*
 * Signing in and staying signed in, ours beside what teams write in Node
 * (node_accounts.mjs), on one PostgreSQL; and what a storm of sign-ins does to
 * who fetches bytes: CLIENTS sign in without pause while RANGES fetch pieces of
 * 64 KiB. Both have a process for each core; rounds take turns, medians.
 *
 *     node tests/bench/sign_in.mjs        ROUNDS, SECONDS in environment
 */

import { execFileSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { request } from "../http/lib/client.mjs";
import { freePort } from "../http/lib/ports.mjs";
import { run } from "../http/lib/run.mjs";
import { memory, startStack } from "../http/lib/stack.mjs";
import { startNode } from "./nginx.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 4);
const CLIENTS = 64, RANGES = 32;
const LEFT = 4000;              /* ms for what wrk leaves when it ends */
const MIB = 2 ** 20;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const median = (values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];


/* What wrk gets through: {rate, p99, refused}: a second, ms, and how many. */
async function wrk(clients, url, { headers = [], script = [] } = {}) {
    const threads = script.length ? clients : 1;
    const { stdout } = await run("wrk", ["--latency", "--timeout", "20s", `-t${threads}`,
        `-c${clients}`, `-d${SECONDS}s`,
        ...headers.flatMap((header) => ["-H", header]),
        ...(script.length ? ["-s", here("sessions.lua"), url, "--", ...script]
            : [url])]);
    const number = (pattern) => Number(pattern.exec(stdout)?.[1] ?? 0);
    const [, time, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);

    if (/Socket errors/.test(stdout)) {
        throw new Error(`${url}:\n${stdout}`);
    }
    const all = number(/(\d+) requests in/);
    const refused = number(/Non-2xx or 3xx responses: (\d+)/);

    return { rate: number(/Requests\/sec:\s+([\d.]+)/) * (1 - refused / all),
             p99: Number(time) * { us: 0.001, ms: 1, s: 1000 }[unit],
             refused };
}


/* One that is measured: where it is, and what brings the bytes. */
class Side {
    constructor(name, url, piece, workers = () => []) {
        Object.assign(this, { name, url, piece, workers, figures: {} });
    }

    note(what, value) {
        (this.figures[what] ??= []).push(value);
    }

    memory() {
        return this.workers().reduce((sum, pid) =>
            sum + memory(pid, "VmHWM"), 0);
    }

    /* Every client has a user of its own. */
    signIns() {
        return wrk(CLIENTS, this.url,
            { script: ["sign-in", here.addresses, here.password] });
    }

    async refreshes() {
        const tokens = await Promise.all(here.emails.slice(0, RANGES).map(
            async (email) => (await request(`${this.url}/api/sessions`, {
                method: "POST", json: { email, password: here.password },
            })).json.refresh_token));

        writeFileSync(here.tokens, tokens.join("\n"));
        return wrk(RANGES, this.url, { script: ["refresh", here.tokens] });
    }

    ranges() {
        const { url, headers = [] } = this.piece;

        return wrk(RANGES, this.url + url,
            { headers: ["Range: bytes=65536-131071", ...headers] });
    }

    async round() {
        const check = ({ rate, p99, refused }, what) => {
            this.note(what, rate);
            this.note(`${what}, p99`, p99);
            this.note(`${what}, refused`, refused);
        };

        check(await this.ranges(), "ranges");
        const before = this.memory();
        const [storm, bytes] = await Promise.all([this.signIns(),
                                                  this.ranges()]);

        check(storm, "sign-ins in the storm");
        check(bytes, "ranges in the storm");
        this.note("memory", (this.memory() - before) / MIB);
        await pause(LEFT);
        check(await this.signIns(), "sign-ins");
        await pause(LEFT);
        check(await this.refreshes(), "refreshes");
    }

    of(what) {
        return median(this.figures[what]);
    }
}


const stack = await startStack();
let node;

try {
    const { email, password } = await stack.user();

    Object.assign(here, { password,
        addresses: `${stack.folder}/addresses`, tokens: `${stack.folder}/tokens`,
        emails: Array.from({ length: CLIENTS }, (_, n) =>
            `client-${n}@example.org`) });
    writeFileSync(here.addresses, here.emails.join("\n"));
    await stack.sql(`insert into sluice.users (id, email, password, role)
        select sluice.uuid_v7(), 'client-' || n || '@example.org', u.password,
            'viewer'
        from generate_series(0, ${CLIENTS - 1}) n, sluice.users u
        where u.email = '${email}'; analyze sluice.users;
        create schema peer;
        create table peer.users as select id, email, password, role
            from sluice.users;
        create unique index on peer.users (email);
        alter table peer.users add primary key (id);
        create table peer.sessions (
            id uuid primary key default gen_random_uuid(),
            user_id uuid not null references peer.users, refresh bytea not null,
            agent text, address inet, used_at timestamptz default now());
        create unique index on peer.sessions (refresh)`);

    const id = randomUUID();
    const folder = `/media/${id.slice(-2)}/${id}/`;

    mkdirSync(stack.path(`.${folder}`), { recursive: true });
    writeFileSync(stack.path(`.${folder}film.mp4`), randomBytes(8 * MIB));
    execFileSync("chown", ["-R", "--reference", stack.path("media"),
                           stack.path("media")]);

    const { grant } = JSON.parse((await stack.sluicectl("link", "sign", "--json",
        "--keys", stack.path("keys.json"), "--path", folder)).stdout);
    const machine = await stack.secondNginx((text) =>
        text.replaceAll(/limit_req zone=.*;/g, ""));
    const port = await freePort();

    node = await startNode([here("node_accounts.mjs"), String(port), stack.state,
        stack.path("keys.json"), `postgresql:///sluice?host=${
            encodeURIComponent(stack.path("run"))}&user=postgres`], { port });

    const { json } = await request(`http://127.0.0.1:${port}/api/sessions`, {
        method: "POST", json: { email, password } });
    const ours = new Side("Sluice", machine.url,
        { url: `${folder}film.mp4?grant=${grant}` }, () => machine.workers());
    const peer = new Side("Node", `http://127.0.0.1:${port}`, {
        url: `${folder}film.mp4`,
        headers: [`Authorization: Bearer ${json.access_token}`] });

    for (let n = 1; n <= ROUNDS; n++) {
        console.error(`round ${n} of ${ROUNDS}`);
        await ours.round();
        await peer.round();
    }

    console.log(`| medians of ${ROUNDS} | Sluice | Node | ratio |\n`
        + "|---|---|---|---|");
    for (const [what, unit] of [["refreshes", "/s"], ["refreshes, p99", " ms"],
        ["refreshes, refused", ""],
        ["sign-ins", "/s"], ["sign-ins, refused", ""],
        ["ranges", "/s"], ["ranges, p99", " ms"],
        ["ranges in the storm", "/s"], ["ranges in the storm, p99", " ms"],
        ["sign-ins in the storm", "/s"], ["sign-ins in the storm, p99", " ms"],
        ["sign-ins in the storm, refused", ""]]) {
        const [a, b] = [ours, peer].map((side) => side.of(what));

        console.log(`| ${what} | ${a.toFixed(1)}${unit} | ${b.toFixed(1)}${
            unit} | ${(a / b).toFixed(2)} |`);
    }
    for (const side of [ours, peer]) {
        console.log(`${side.name}: p99 of ranges, in the storm over without: ${
            (side.of("ranges in the storm, p99") / side.of("ranges, p99"))
                .toFixed(2)}`);
    }
    console.log(`nginx's memory grows by ${ours.of("memory").toFixed(1)} MiB`);
} finally {
    await node?.stop();
    await stack.stop();
}
