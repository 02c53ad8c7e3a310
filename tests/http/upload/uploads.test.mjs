/* POST /api/media: what is taken in, and what each refusal leaves behind. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { PassThrough, Readable } from "node:stream";

import { request, sendPart } from "../lib/client.mjs";
import { fresh, pdf } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const SMALL = 64 * 1024;        /* max_size of the location /small */

let stack, viewer;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack({ extra: (state) => `
        location = /small {
            sluice_gate user;
            sluice_upload ${state}/spool max_size=64k;
            sluice_api;
            rewrite ^ /api/media break;
        }
        location = /mirrored {
            sluice_gate user;
            sluice_upload ${state}/spool;
            client_body_buffer_size 16k;
            mirror /mirror;
            sluice_api;
            rewrite ^ /api/media break;
        }
        location = /mirrored-json {
            sluice_gate user;
            client_body_buffer_size 1k;
            mirror /mirror;
            sluice_api;
            rewrite ^ /api/links break;
        }
        location = /mirror {
            internal;
            return 204;
        }
        location = /twice {
            sluice_gate user;
            sluice_upload ${state}/spool;
            mirror /again;
            sluice_api;
            rewrite ^ /api/media break;
        }
        location = /again {
            internal;
            sluice_upload ${state}/spool;
            sluice_api;
            rewrite ^ /api/media break;
        }
        location = /narrow {
            sluice_gate user;
            sluice_upload ${state}/spool;
            client_body_buffer_size 16k;
            sluice_api;
            rewrite ^ /api/media break;
        }` });
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    await stack.sql("update sluice.users set uploads_max = 1000");
}, { timeout });

after(() => stack?.stop(), { timeout });


const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const spool = () => readdirSync(stack.path("spool"))
    .filter((name) => name !== ".room");
const rows = (where = "true") => stack.sql(
    `select count(*) from sluice.media where ${where}`).then(Number);

/* The media's bytes are these, in the record and in the spool. */
function holds(media, bytes) {
    assert.equal(media.sha256, sha256(bytes));
    assert.ok(readFileSync(stack.path("spool", media.id)).equals(bytes));
}

/* One more machine, with room for two uploads at a time. */
const cramped = () => stack.secondNginx((text) => text
    .replace(/^worker_processes .*;/m, "worker_processes 1;")
    .replace(/^thread_pool .*;/m, "thread_pool sluice threads=1 max_queue=1;"));

/* Runs what must leave neither a row nor a file. */
async function leavesNothing(action) {
    const files = spool();
    const count = await rows();
    const value = await action();

    await until("the spool is as it was",
        () => spool().length <= files.length);
    assert.deepEqual(spool().sort(), files.sort());
    assert.equal(await rows(), count);
    return value;
}


describe("a file that was taken in", { timeout }, () => {
    const bytes = randomBytes(300_000);
    let answer, media;

    before(async () => {
        answer = await viewer.upload(bytes, "film.mp4");
        media = answer.json;
    });

    it("is answered with 201, its address and its object", () => {
        assert.equal(answer.status, 201);
        assert.equal(answer.headers.location, `/api/media/${media.id}`);
        assert.equal(media.filename, "film.mp4");
        assert.equal(media.state, "processing");
    });

    it("has its size and SHA-256 in the answer", () => {
        assert.equal(media.bytes, bytes.length);
        assert.equal(media.sha256, sha256(bytes));
    });

    it("lies whole in the spool when the answer comes", () => {
        assert.ok(readFileSync(stack.path("spool", media.id)).equals(bytes));
        assert.equal(existsSync(stack.path("spool", `${media.id}.part`)),
            false);
    });

    it("has its media row and its job from one transaction", async () => {
        const found = await stack.sql("select m.xmin = j.xmin, j.state, j.kind "
            + "from sluice.media m join sluice.jobs j on j.media = m.id "
            + `where m.id = '${media.id}' and j.id = '${media.job.id}'`);
        assert.equal(found, "t|queued|probe");
    });

    it("has its job announced in the Redis stream", async () => {
        const entries = await stack.redis("XRANGE", "sluice:jobs", "-", "+");
        assert.ok(entries.includes(media.job.id), entries);
    });

    it("belongs to whoever brought it", async () => {
        assert.equal(await rows(`id = '${media.id}' and owner = `
                                + `'${viewer.user.id}'`), 1);
    });

    it("can be asked for at once", async () => {
        const found = await viewer.media(media.id);
        const job = await viewer.get(`/api/jobs/${media.job.id}`);

        assert.equal(found.id, media.id);
        assert.equal(job.json.state, "queued");
    });
});


describe("the first job", { timeout }, () => {
    const kinds = { "score.pdf": "score", "page.PNG": "score",
                    "page.jpg": "score", "film.mp4": "probe",
                    "film.webm": "probe", "song.mp3": "probe",
                    "without-an-end": "probe" };

    for (const [name, kind] of Object.entries(kinds)) {
        it(`of ${name} is of the kind ${kind}`, async () => {
            const { job } = await viewer.bring(fresh(), name);
            assert.equal(job.kind, kind);
        });
    }
});


describe("bytes", { timeout }, () => {
    it("none at all are taken in, for the worker to judge", async () => {
        const media = await viewer.bring("", "empty.mp4");

        assert.equal(media.bytes, 0);
        assert.equal(media.sha256, sha256(""));
        assert.equal(statSync(stack.path("spool", media.id)).size, 0);
    });

    it("in many small pieces arrive in order", async () => {
        for (const headers of [{ "Content-Length": 100_003 },
                               { "Transfer-Encoding": "chunked" }]) {
            const bytes = randomBytes(100_003);
            const pieces = [];

            for (let at = 0; at < bytes.length; at += 97) {
                pieces.push(bytes.subarray(at, at + 97));
            }

            const media = await viewer.bring(Readable.from(pieces), "a.mp4",
                { headers });

            holds(media, bytes);
        }
    });

    it("of uploads at the same time are not mixed", async () => {
        const files = Array.from({ length: 12 },
            (_, at) => randomBytes(200_000 + 1000 * at));
        const media = await Promise.all(files.map(
            (bytes, at) => viewer.bring(bytes, `${at}.mp4`)));

        media.forEach((item, at) => holds(item, files[at]));
    });

    /* a thread goes from one to the other without coming back to the loop */
    it("that fill a thousand buffers are in order, with and without pauses",
        async () => {
            const files = Array.from({ length: 6 }, () => randomBytes(16 * MIB));
            const slowly = async function* (bytes, size) {
                for (let at = 0; at < bytes.length; at += size) {
                    yield bytes.subarray(at, at + size);
                    await new Promise(setImmediate);
                }
            };
            const media = await Promise.all(files.map(async (bytes, i) => {
                const body = i % 2 ? bytes
                    : Readable.from(slowly(bytes, 100_003 * (i + 1)));
                const answer = await viewer.request("POST",
                    `/narrow?filename=${i}.mp4`,
                    { body, headers: { "Content-Length": bytes.length } });

                assert.equal(answer.status, 201, answer.text);
                return answer.json;
            }));

            media.forEach((item, i) => holds(item, files[i]));
        });

    it("wait in one line for a pool of threads that is full", async () => {
        const small = await cramped();
        const files = Array.from({ length: 40 }, () => randomBytes(600_000));
        const answers = await Promise.all(files.map((bytes, i) => request(
            `${small.url}/api/media?filename=${i}.mp4`, {
                method: "POST", body: bytes,
                headers: { Authorization: `Bearer ${viewer.token}` },
            })));
        const full = stack.text("logs", `${small.name}.error.log`)
            .match(/queue overflow/g)?.length ?? 0;

        answers.forEach((answer, i) => {
            assert.equal(answer.status, 201, answer.text);
            holds(answer.json, files[i]);
        });
        /* had each asked for itself, each would have been told, and often */
        assert.ok(full > 0 && full < files.length, `told ${full} times`);
        await small.stop();
    });

    it("that a mirror would bring once more come in once, and hold up nobody",
        async () => {
            const small = await cramped();
            const bring = async (where) => {
                const bytes = randomBytes(100_000);
                const answer = await request(
                    `${small.url}${where}?filename=film.mp4`, {
                        method: "POST", body: bytes,
                        headers: { Authorization: `Bearer ${viewer.token}` },
                    });

                assert.equal(answer.status, 201, answer.text);
                holds(answer.json, bytes);
            };

            await Promise.all(Array.from({ length: 20 }, (_, i) =>
                bring(i % 2 ? "/twice" : "/api/media")));
            await small.stop();
        });

    it("of JSON that nginx has put into a file before are read from there",
        async () => {
            const links = Array.from({ length: 60 }, (_, n) => ({
                path: `/media/xy/x/a long enough path ${n}` }));
            const admin = await stack.visitor("admin");
            const answer = await admin.request("POST", "/mirrored-json",
                { json: { links } });

            assert.equal(answer.status, 201, answer.text);
            assert.equal(answer.json.links.length, links.length);
        });

    it("that nginx has put into a file before are taken from there",
        async () => {
            for (const size of [10_000, 1_000_003]) {
                const bytes = randomBytes(size);
                const answer = await viewer.request("POST",
                    "/mirrored?filename=a.mp4", { body: bytes });

                assert.equal(answer.status, 201, answer.text);
                assert.equal(answer.json.bytes, size);
                holds(answer.json, bytes);
            }
        });

    it("wait for 100 Continue when the client asks for it", async () => {
        const bytes = randomBytes(50_000);
        const answer = await viewer.upload(bytes, "a.mp4",
            { headers: { Expect: "100-continue" } });

        assert.equal(answer.status, 201);
        assert.equal(answer.continued, true);
        assert.equal(answer.json.sha256, sha256(bytes));
    });

    it("on one connection do not spill into the next request", async () => {
        const socket = connect(stack.port, "127.0.0.1");
        const head = (length) =>
            "POST /api/media?filename=a.mp4 HTTP/1.1\r\nHost: x\r\n"
            + `Authorization: Bearer ${viewer.token}\r\n`
            + `Content-Length: ${length}\r\n`;
        let received = "";

        socket.setEncoding("latin1").on("data",
            (text) => { received += text; });
        /* not ended: nginx takes half a close for a client that left */
        socket.write(`${head(3)}\r\nabc`
                     + `${head(5)}Connection: close\r\n\r\nabcde`);
        await once(socket, "close");

        assert.equal(received.match(/HTTP\/1\.1 201/g)?.length, 2, received);
        assert.ok(received.includes(sha256("abc")));
        assert.ok(received.includes(sha256("abcde")));
    });
});


describe("a name", { timeout }, () => {
    const names = {
        "été à Noël.mp4": "été à Noël",
        "日本語.mp4": "日本語",
        "Ah! vous & moi + 50 %.mp4": "Ah! vous & moi + 50 %",
        "🎼.pdf": "🎼",
        ".hidden": ".hidden",
        "two.dots.mp4": "two.dots",
        "'; drop table sluice.media; --.mp4":
            "'; drop table sluice.media; --",
    };

    for (const [filename, title] of Object.entries(names)) {
        it(`like ${filename} is kept`, async () => {
            const media = await viewer.bring(fresh(), filename);

            assert.equal(media.filename, filename);
            assert.equal(media.title, title);
        });
    }

    for (const path of ["../../etc/passwd", "/etc/passwd",
                        "..\\..\\etc\\passwd", "a/../passwd"]) {
        it(`like ${path} is a name and never a path`, async () => {
            const media = await viewer.bring(fresh(), path);

            assert.equal(media.filename, "passwd");
            assert.ok(existsSync(stack.path("spool", media.id)));
        });
    }

    it("is not needed for a title that was given", async () => {
        const media = await viewer.bring(fresh(), "a.mp4",
            { title: "Concert d’été" });
        assert.equal(media.title, "Concert d’été");
    });

    const wrong = {
        "that is missing": "", "that is empty": "filename=",
        "that is only a folder": "filename=a%2F",
        "that is not UTF-8": "filename=%E9t%E9.mp4",
        "with a null byte": "filename=a%00.mp4",
        "with a line break": "filename=a%0d%0ab.mp4",
        "of 256 bytes": `filename=${"a".repeat(252)}.mp4`,
    };

    for (const [what, query] of Object.entries(wrong)) {
        it(`${what} is answered with 422 and the field`, async () => {
            const answer = await leavesNothing(() => viewer.request("POST",
                `/api/media?${query}`, { body: "x" }));
            refused(answer, 422, "field-invalid", "filename");
        });
    }

    it("may have 255 bytes", async () => {
        const media = await viewer.bring(fresh(), `${"a".repeat(251)}.mp4`);
        assert.equal(media.filename.length, 255);
    });

    it("does not help a title of 501 letters", async () => {
        const answer = await leavesNothing(() => viewer.upload(fresh(), "a.mp4",
            { title: "é".repeat(501) }));
        refused(answer, 422, "field-invalid", "title");
    });
});


describe("a file that is too large", { timeout }, () => {
    it("is refused before it is sent", async () => {
        const answer = await leavesNothing(() => viewer.upload(null, "a.mp4",
            { headers: { Expect: "100-continue",
                         "Content-Length": 21 * GIB } }));

        refused(answer, 413, "too-large");
        assert.equal(answer.continued, false);
    });

    it("is refused as soon as its chunks are too many", async () => {
        const body = Readable.from(Array(20).fill(Buffer.alloc(8192)));
        const answer = await leavesNothing(() => viewer.request("POST",
            "/small?filename=a.mp4",
            { body, headers: { "Transfer-Encoding": "chunked" } }));

        refused(answer, 413, "too-large");
    });

    it("begins one byte after what is taken", async () => {
        const send = (size) => viewer.request("POST", "/small?filename=a.mp4",
            { body: Buffer.alloc(size) });

        assert.equal((await send(SMALL)).status, 201);
        refused(await leavesNothing(() => send(SMALL + 1)), 413, "too-large");
    });
});


describe("an upload that does not end", { timeout }, () => {
    const target = () => `${stack.url}/api/media?filename=cut.mp4`;

    it("is forgotten when the client goes away", async () => {
        await leavesNothing(async () => {
            const files = spool().length;
            const outgoing = sendPart(target(), {
                headers: viewer.headers, length: 10_000_000,
                body: randomBytes(200_000),
            });

            await until("nginx writes", () => spool().length > files);
            outgoing.destroy();
        });
    });

    it("is forgotten when fewer bytes come than were announced", async () => {
        await leavesNothing(async () => {
            const socket = connect(stack.port, "127.0.0.1");

            socket.end("POST /api/media?filename=cut.mp4 HTTP/1.1\r\n"
                + "Host: x\r\nContent-Length: 1000\r\n"
                + `Authorization: Bearer ${viewer.token}\r\n\r\nhalf of it`);
            socket.resume();
            await once(socket, "close");
        });
    });

    it("is forgotten when its last chunk does not come", async () => {
        await leavesNothing(async () => {
            const socket = connect(stack.port, "127.0.0.1");

            socket.end("POST /api/media?filename=cut.mp4 HTTP/1.1\r\n"
                + "Host: x\r\nTransfer-Encoding: chunked\r\n"
                + `Authorization: Bearer ${viewer.token}\r\n\r\n4\r\nhalf\r\n`);
            socket.resume();
            await once(socket, "close");
        });
    });

    it("is refused when its chunks are none", async () => {
        await leavesNothing(async () => {
            const socket = connect(stack.port, "127.0.0.1");
            let received = "";

            socket.setEncoding("latin1").on("data",
                (text) => { received += text; });
            socket.write("POST /api/media?filename=cut.mp4 HTTP/1.1\r\n"
                + "Host: x\r\nTransfer-Encoding: chunked\r\n"
                + `Authorization: Bearer ${viewer.token}\r\n\r\nxyz\r\n`);
            await once(socket, "close");
            assert.match(received, /^HTTP\/1\.1 400/);
        });
    });

    it("is refused when its user was disabled meanwhile", async () => {
        const gone = await stack.visitor("viewer");
        const body = new PassThrough();

        await leavesNothing(async () => {
            const files = spool().length;
            const answer = gone.upload(body, "late.mp4",
                { headers: { "Content-Length": 100_000 } });

            body.write(randomBytes(50_000));
            await until("nginx writes", () => spool().length > files);
            await stack.sql("update sluice.users set disabled_at = now() "
                            + `where id = '${gone.user.id}'`);
            body.end(randomBytes(50_000));
            refused(await answer, 401, "token-invalid");
        });
    });

    it("many of them leave no file behind either", async () => {
        await leavesNothing(async () => {
            const files = spool().length;
            const outgoing = Array.from({ length: 20 },
                () => sendPart(target(), {
                    headers: viewer.headers, length: 1_000_000,
                    body: randomBytes(50_000),
                }));

            await until("nginx writes", () => spool().length === files + 20);
            outgoing.forEach((one) => one.destroy());
        });
    });
});


describe("whoever is not signed in", { timeout }, () => {
    it("is refused before the body is sent", async () => {
        const answer = await leavesNothing(() => request(
            `${stack.url}/api/media?filename=a.mp4`, {
                method: "POST",
                headers: { Expect: "100-continue", "Content-Length": 1000 },
            }));

        refused(answer, 401, "unauthenticated");
        assert.equal(answer.continued, false);
    });

    it("is refused with a body that nobody asked for", async () => {
        const answer = await leavesNothing(() => request(
            `${stack.url}/api/media?filename=a.mp4`,
            { method: "POST", body: pdf() }));
        refused(answer, 401, "unauthenticated");
    });
});
