/* GET /api/jobs/{id}/events: how a job goes, as it goes. */

import assert from "node:assert/strict";
import http from "node:http";

import { allowNoop, column, inState, noop } from "../lib/noop.mjs";
import { SANITIZED, memory, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const LISTENERS = 1000;
const LISTENERS_FIRST = 300;
const LISTENERS_AT_ONCE = 50;
const LISTENER_MAX = 12 * 1024;

let stack, viewer, other;
const streams = new Set();


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    other = await stack.visitor("viewer");
    await allowNoop(stack);
}, { timeout });

after(() => {
    streams.forEach((stream) => stream.close());
    return stack?.stop();
}, { timeout });


/* What comes over one stream: `events` are {id, data}, `text` is all of it. */
class Stream {
    constructor(id, { client = viewer, headers = {}, url = stack.url } = {}) {
        this.text = "";
        this.ended = false;
        this.begun = new Promise((resolve, reject) => {
            this.request = http.get(`${url}/api/jobs/${id}/events`, {
                agent: false, headers: { ...client.headers, ...headers },
            }, (answer) => {
                this.status = answer.statusCode;
                this.headers = answer.headers;
                answer.on("data", (part) => { this.text += part; });
                answer.on("end", () => { this.ended = true; });
                answer.on("error", () => { this.ended = true; });
                resolve(this);
            }).on("error", reject);
        });
        streams.add(this);
    }

    get events() {
        return this.text.split("\n\n").slice(0, -1)
            .filter((part) => /^data: /m.test(part))
            .map((part) => ({
                id: Number(/^id: (\d+)$/m.exec(part)[1]),
                data: JSON.parse(/^data: (.*)$/m.exec(part)[1]),
            }));
    }

    get states() {
        return [...new Set(this.events.map(({ data }) => data.state))];
    }

    end() {
        return until("the stream ends", () => this.ended);
    }

    close() {
        this.request.destroy();
        streams.delete(this);
    }
}

const follow = (id, options) => new Stream(id, options).begun;
const own = () => ({ owner: viewer.user.id });


describe("the events of a job", { timeout }, () => {
    it("are a stream that no cache keeps and no proxy holds back",
        async () => {
            const stream = await follow(await noop(stack, { ms: 1 }, own()));

            assert.equal(stream.status, 200);
            assert.equal(stream.headers["content-type"], "text/event-stream");
            assert.equal(stream.headers["cache-control"], "no-store");
            assert.equal(stream.headers["x-accel-buffering"], "no");
            await stream.end();
        });

    it("begin with its state now and end when it is done", async () => {
        /* due when it was seen waiting; long enough to be seen at it */
        const id = await noop(stack, { ms: 2000 }, { ...own(),
            run_at: new Date(Date.now() + 3_600_000).toISOString() });
        const stream = await follow(id);

        await until("it waits", () => stream.states.length > 0);
        await stack.sql(
            `update sluice.jobs set run_at = now() where id = '${id}'`);
        await stream.end();
        assert.deepEqual(stream.states, ["queued", "running", "done"]);
        assert.match(stream.text, /^retry: \d+$/m);
    });

    it("tell progress that grows, under ids that never fall", async () => {
        const stream = await follow(await noop(stack, { ms: 2500 }, own()));

        await stream.end();
        const progress = stream.events.map(({ data }) => data.progress);
        const ids = stream.events.map(({ id }) => id);

        assert.ok(progress.length >= 5, `${progress}`);
        assert.deepEqual(progress, [...progress].sort((a, b) => a - b));
        assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
        assert.equal(progress.at(-1), 100);
    });

    it("come at most four times a second", async () => {
        const stream = await follow(await noop(stack, { ms: 2000 }, own()));

        await stream.end();
        assert.equal(stream.states.at(-1), "done");
        /* each second one heartbeat stands beside them */
        assert.ok(stream.events.length <= 16, `${stream.events.length}`);
    });

    it("end with a cancellation", async () => {
        const id = await noop(stack, { ms: 60_000 }, own());
        const stream = await follow(id);

        await inState(stack, id, "running");
        await viewer.delete(`/api/jobs/${id}`);
        await stream.end();
        assert.equal(stream.states.at(-1), "cancelled");
    });

    it("end with a death, and its error", async () => {
        const stream = await follow(await noop(stack,
            { ms: 300, fail: "bad" }, own()));

        await stream.end();
        assert.equal(stream.events.at(-1).data.state, "dead");
        assert.equal(stream.events.at(-1).data.error, "It was asked to fail.");
    });

    it("go on where they were cut, with the state now", async () => {
        const id = await noop(stack, { ms: 2000 }, own());
        const first = await follow(id);

        await until("something came", () => first.events.length > 0);
        const last = first.events.at(-1).id;
        first.close();
        const second = await follow(id,
            { headers: { "Last-Event-ID": String(last) } });
        await second.end();
        assert.ok(second.events.length > 0);
        assert.ok(second.events.every((event) => event.id >= last));
        assert.equal(second.events.at(-1).data.state, "done");
    });

    it("are 204 for who has seen the last one", async () => {
        const id = await noop(stack, {}, own());

        await inState(stack, id, "done");
        const stream = await follow(id, { headers: {
            "Last-Event-ID": await column(stack, id, "version") } });
        assert.equal(stream.status, 204);
    });

    it("are not for others", async () => {
        const id = await noop(stack, {}, own());

        assert.equal((await follow(id, { client: other })).status, 404);
    });

    it("are not for nobody", async () => {
        const id = await noop(stack, {}, own());

        assert.equal((await follow(id, { client: { headers: {} } })).status,
            401);
    });

    it("end when the session does", async () => {
        const client = await stack.visitor("viewer");
        const id = await noop(stack, { ms: 600_000 },
            { owner: client.user.id });
        const stream = await follow(id, { client });

        await client.delete("/api/sessions/current");
        await stream.end();
        await stack.sql(`select queue.cancel('${id}')`);
    });
});


describe("when Redis is away", { timeout }, () => {
    it("the record is asked", async () => {
        const id = await noop(stack, { ms: 4000 }, own());
        const stream = await follow(id);

        await inState(stack, id, "running");
        await stack.stopRedis();
        await stream.end();
        await stack.startRedis();
        assert.equal(stream.states.at(-1), "done");
    });

    it("and back again, messages come again", async () => {
        const id = await noop(stack, { ms: 60_000 }, own());
        const stream = await follow(id);

        await until("progress comes often", () => {
            const times = stream.events.filter(
                ({ data }) => data.state === "running");
            return times.length > 8;
        }, { seconds: 30 });
        await viewer.delete(`/api/jobs/${id}`);
        await stream.end();
    });
});


describe("more jobs than are asked for at once", { timeout }, () => {
    const MANY = 700;
    const ended = (all) => all.filter((stream) => stream.ended).length;
    let machine, ids, followers;

    before(async () => {
        machine = await stack.secondNginx((text) => text
            .replace(/worker_processes .*;/, "worker_processes 1;"));
        ids = (await stack.sql("select queue.enqueue('noop', '{}', "
            + `owner => '${viewer.user.id}', run_at => now() + '1 day') `
            + `from generate_series(1, ${MANY})`)).split("\n");
        followers = [];
        for (let i = 0; i < ids.length; i += LISTENERS_AT_ONCE) {
            followers.push(...await Promise.all(ids
                .slice(i, i + LISTENERS_AT_ONCE)
                .map((id) => follow(id, { url: machine.url }))));
        }
    }, { timeout });

    after(() => machine?.stop());

    it("are all asked for while Redis is away", async () => {
        await stack.stopRedis();
        await stack.sql("update sluice.jobs set state = 'cancelled', "
            + "version = version + 1, finished_at = now() "
            + `where id = any ('{${ids}}')`);
        await until("each follower hears of it",
            () => ended(followers) === MANY || undefined, { seconds: 30 });
        assert.ok(followers.every(({ states }) =>
            states.at(-1) === "cancelled"));
        await stack.startRedis();
    });
});


it("made-up progress that is no JSON does no harm", { timeout }, async () => {
    const id = await noop(stack, { ms: 1000 }, own());
    const stream = await follow(id);

    await stack.redis("PUBLISH", "sluice:progress", "{\"v\":1,\"job\":");
    await stack.redis("PUBLISH", "sluice:progress",
        `{"v":1,"job":"${id}","state":7,"version":"x"}`);
    await stream.end();
    assert.equal(stream.states.at(-1), "done");
});


it("streams are told to come again when nginx reloads", { timeout },
    async () => {
        const id = await noop(stack, { ms: 600_000 }, own());
        const stream = await follow(id);
        const old = stack.workers();

        await until("it has begun", () => stream.events.length > 0);
        await stack.reload();
        await stream.end();
        await until("the old processes are gone",
            () => !stack.workers().some((pid) => old.includes(pid)));
        const again = await follow(id);
        await viewer.delete(`/api/jobs/${id}`);
        await again.end();
        assert.equal(again.states.at(-1), "cancelled");
    });


/* So many listeners more, each of which has heard something. They come in small
   groups: what all who ask at once need together is no listener's. */
async function crowd(id, size) {
    const all = [];

    while (all.length < size) {
        all.push(...await Promise.all(Array.from(
            { length: LISTENERS_AT_ONCE }, () => follow(id))));
    }
    await until("all hear of it", () => all.every(
        (stream) => stream.events.length >= 3), { seconds: 60 });
    return all;
}


it(`a listener costs at most ${LISTENER_MAX} bytes`,
    { timeout, skip: SANITIZED && "sanitizers need more" }, async (t) => {
        const id = await noop(stack, { ms: 600_000 }, own());
        const rss = () => stack.workers()
            .reduce((sum, pid) => sum + memory(pid, "VmRSS"), 0);

        /* the first ones are there all the time: with them what all share */
        await crowd(id, LISTENERS_FIRST);
        const earlier = rss();
        await crowd(id, LISTENERS);
        const each = (rss() - earlier) / LISTENERS;

        t.diagnostic(`${each} bytes a listener`);
        streams.forEach((stream) => stream.close());
        await viewer.delete(`/api/jobs/${id}`);
        assert.ok(each <= LISTENER_MAX, `${each}`);
    });
