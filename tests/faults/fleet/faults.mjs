/* What befalls a fleet, as kinds.mjs has it for one machine. `held` is how many
   seconds it lasts; begin() answers how often it bit, or nothing when bites()
   tells. `next` gives numbers in [0, 1). */

import { one } from "../kinds.mjs";

const LONG = 3;                 /* seconds, of what is noticed by a check */


/* ---- machines ---- */

const node = {
    begin({ fleet, next }) {
        this.machine = one(fleet.machines, next);
        return this.machine.killNode();
    },
    end() {
        return this.machine.startNode();
    },
};

/* The new build would be another file of the same name: what is started anew
   is what was installed meanwhile. */
const upgrade = {
    begin({ fleet, next }) {
        this.machine = one(fleet.machines, next);
        return this.machine.drainNode(fleet.balancer);
    },
    end({ fleet }) {
        return this.machine.resumeNode(fleet.balancer);
    },
};

const worker = {
    begin({ fleet, next }) {
        this.machine = one(fleet.machines, next);
        return this.machine.killWorker();
    },
    end() {
        return this.machine.startWorker();
    },
};


/* ---- servers ---- */

const postgres = {
    async begin({ fleet }) {
        await fleet.postgres.lose();
        return 1;
    },
    async end({ fleet }) {
        await fleet.postgres.promote();
        await fleet.postgres.follow();
    },
};

const redis = {
    async begin({ fleet }) {
        await fleet.redis.lose();
        return 1;
    },
    async end({ fleet }) {
        await fleet.redis.promoted();
        await fleet.redis.follow();
    },
};


/* ---- the bucket ---- */

/* `deal` answers true when it has dealt with a request, which counts. */
const bucket = (held, deal) => ({
    held,
    begin({ fleet, next }) {
        this.dealt = 0;
        fleet.between.on = (request, answer) => {
            const dealt = deal(request, answer, { next, ...fleet });

            this.dealt += dealt;
            return dealt;
        };
    },
    bites() {
        return this.dealt;
    },
    end({ fleet }) {
        fleet.between.clear();
    },
});

const away = (request) => {
    request.socket.destroy();
    return true;
};

const slow = (request, answer, { between, next }) => {
    setTimeout(() => between.pass(request, answer), 200 + next() * 1800);
    return true;
};

const busy = (request, answer, { next }) => {
    if (next() < 0.3) {
        return false;
    }
    request.resume();
    answer.writeHead(503, { "Content-Type": "application/xml" })
        .end("<Error><Code>SlowDown</Code></Error>");
    return true;
};

/* Of every second answer that has a body its half comes. */
const cut = (request, answer, { between, next }) => {
    if (request.method === "HEAD" || next() < 0.5) {
        return false;
    }
    between.pass(request, answer, (found) => {
        let left = Number(found.headers["content-length"] ?? 2) / 2;

        found.on("data", (part) => {
            answer.write(part.subarray(0, Math.max(0, left)));
            left -= part.length;
        }).on("end", () => setImmediate(() => answer.destroy()));
    });
    return true;
};


/* ---- between one machine and a server ---- */

const partition = (server) => ({
    held: LONG,
    begin({ fleet, next }) {
        this.ways = one(fleet.machines, next).ways;
        this.before = this.ways.bitten(server);
        this.ways.lose(server, next() < 0.5 ? "silent" : "refused");
    },
    bites() {
        return this.ways.bitten(server) - this.before;
    },
    end() {
        this.ways.heal(server);
    },
});


/* By name: how often it comes beside the others, and what it does. */
export const faults = ({ away: seconds }) => ({
    "node-killed": { share: 2, ...node },
    "node-upgraded": { share: 2, ...upgrade },
    "worker-lost": { share: 2, ...worker },
    "postgres-lost": { share: 2, ...postgres },
    "redis-lost": { share: 2, ...redis },
    "bucket-away": { share: 1, ...bucket(seconds, away) },
    "bucket-slow": { share: 1, ...bucket(LONG, slow) },
    "bucket-503": { share: 1, ...bucket(LONG, busy) },
    "bucket-cut": { share: 1, ...bucket(LONG, cut) },
    "cut-off-postgres": { share: 2, ...partition("postgres") },
    "cut-off-redis": { share: 2, ...partition("redis") },
    "cut-off-bucket": { share: 2, ...partition("bucket") },
});
