/* Fifty reloads under load: nobody notices. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import http from "node:http";
import { PassThrough } from "node:stream";

import { SANITIZED, meanwhile, request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { memory, startStack, until } from "../lib/stack.mjs";
import { after, before, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";

const timeout = 180_000;
const RELOADS = SANITIZED ? 15 : 50;
const LOOPS = 2;                /* of each kind of request */
const SIZE = 300_000;
const MIB = 2 ** 20;
const LARGE = 64 * MIB;         /* more than sockets hold */
const SLOW = 8;                 /* reloads that a slow request lives through */

const rss = [], failures = [];
let stack, answered = 0, upload, sent, download;


before(async () => {
    stack = await startStack();

    const viewer = await stack.visitor("viewer");
    const path = "/media/xy/x/film.mp4";
    const grant = minter(stack.keys()).grant({ path });

    mkdirSync(stack.path("media/xy/x"), { recursive: true });
    writeFileSync(stack.path(path.slice(1)), Buffer.alloc(SIZE, "x"));
    writeFileSync(stack.path("media/xy/x/large.mp4"), "");
    truncateSync(stack.path("media/xy/x/large.mp4"), LARGE);

    const kinds = [
        async () => {
            const from = Math.floor(Math.random() * (SIZE - 70_000));
            const answer = await request(`${stack.url}${path}?grant=${grant}`,
                { headers: { Range: `bytes=${from}-${from + 65_535}` } });
            return answer.status === 206 && answer.body.length === 65_536;
        },
        async () => (await viewer.get("/api/media")).status === 200,
        async () => (await viewer.get("/api/me")).status === 200,
        async () => (await viewer.upload(fresh(), "a.mp4")).status === 201,
    ];

    /* each request on a connection of its own: nginx 1.22 closes idle ones */
    const loops = kinds.flatMap((ask) => Array(LOOPS).fill(async () => {
        try {
            if (!await ask()) {
                failures.push(`${ask}: wrong answer`);
            }
            answered++;
        } catch (error) {
            failures.push(String(error));
        }
    }));

    const slow = new PassThrough();
    const large = "/media/xy/x/large.mp4";
    const reading = await begun(`${stack.url}${large}?grant=`
        + minter(stack.keys()).grant({ path: large }));
    const hash = createHash("sha256");

    upload = viewer.upload(slow, "slow.mp4",
        { headers: { "Transfer-Encoding": "chunked" } });

    await stack.stopWorker();
    await meanwhile(loops, async () => {
        for (let times = 0; times < RELOADS; times++) {
            const old = stack.workers();

            await stack.reload();
            const fresh = await until("new workers are there", () => {
                const found = stack.workers()
                    .filter((pid) => !old.includes(pid));
                return found.length > 0 && found;
            });
            rss.push(Math.max(...fresh.map((pid) => memory(pid, "VmRSS"))));

            if (times < SLOW) {
                const piece = Buffer.alloc(50_000, String(times));

                hash.update(piece);
                slow.write(piece);
            } else if (times === SLOW) {
                slow.end();
                sent = hash.digest("hex");
                upload = await upload;
                download = await lengthOf(reading);
            }
        }
    });
}, { timeout });

after(() => stack?.stop(), { timeout });


/* A download of which only the head was read. */
function begun(url) {
    return new Promise((resolve, reject) => {
        http.get(url, { agent: false }, resolve).on("error", reject);
    });
}

async function lengthOf(incoming) {
    let length = 0;

    for await (const part of incoming) {
        length += part.length;
    }
    return length;
}

/* nginx renames a worker that leaves: ngx_setproctitle() */
function title(pid) {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
        return "";
    }
}

it("no request fails", () => {
    assert.deepEqual(failures.slice(0, 5), []);
    assert.ok(answered > RELOADS, `${answered} requests`);
});

it("an upload that lives through eight reloads arrives whole", () => {
    assert.equal(upload.status, 201);
    assert.equal(upload.json.sha256, sent);
});

it("a download that lives through eight reloads arrives whole", () => {
    assert.equal(download, LARGE);
});

it("no old worker stays", { timeout }, async () => {
    const configured = stack.workers().length;

    await until("one generation is left", () => stack.workers()
        .every((pid) => !/shutting down/.test(title(pid))));
    assert.ok(stack.workers().length <= configured);
    assert.ok(stack.workers().length > 0);
});

it("new workers begin as small as the first ones did",
    { skip: SANITIZED && "sanitizers keep freed memory" }, () => {
        const early = rss[4], late = rss.at(-1);
        assert.ok(late - early < 4 * MIB,
            `${early / MIB} MiB grew to ${late / MIB} MiB`);
    });

it("no socket is left open", () => {
    assert.doesNotMatch(stack.text("logs/error.log"), /open socket/);
});


/* db migrate comes before nginx's new module: the old one goes on meanwhile. */
it("the functions that the module before today's calls answer as theirs do",
    async () => {
        const nobody = "00000000-0000-7000-8000-000000000000";
        const args = `'{"id":"${nobody}","bytes":1}'`;
        const calls = {
            [`begin_upload('${nobody}', ${args})`]:
                `reserve_upload('${nobody}', ${args})`,
            [`create_upload('${nobody}', ${args})`]:
                `add_upload('${nobody}', ${args})`,
            [`claim_upload('${nobody}', ${args})`]:
                `grow_upload('${nobody}', ${args})`,
            [`create_media('${nobody}', ${args})`]:
                `ingest('${nobody}', ${args})`,
            [`follow_job('${nobody}', ${args})`]:
                `get_job('${nobody}', ${args}, true)`,
            [`get_job('${nobody}', ${args})`]:
                `get_job('${nobody}', ${args}, false)`,
        };

        for (const [before, today] of Object.entries(calls)) {
            const said = await stack.sql(`select * from api.${before}`);

            assert.match(said.trim(), /^4\d\d\|\{/, before);
            assert.equal(said, await stack.sql(`select * from api.${today}`));
        }

        assert.match(await stack.sql(`select * from api.adopt_user('${nobody}',
            'https://id.example.org', 'somebody', null, null, 'viewer')`),
        /^200\|/);
    });
