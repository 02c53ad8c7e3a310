/* The worker over a bucket: nothing of a film or a score is in a folder that
   machines share, and all of it is in the bucket. A real gateway answers. */

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import http from "node:http";
import { appendFileSync, readFileSync, readdirSync, rmSync,
         writeFileSync } from "node:fs";

import { standBetween } from "../lib/between.mjs";
import { startBucket } from "../lib/ceph.mjs";
import { request, until } from "../lib/client.mjs";
import { checkDash } from "../lib/dash.mjs";
import { pdf } from "../lib/files.mjs";
import { AAC, H264, maker, picture,
         sound } from "../lib/films.mjs";
import { checkHls } from "../lib/hls.mjs";
import { begin, column, inState } from "../lib/noop.mjs";
import { run } from "../lib/run.mjs";
import { alive, slotsOf, startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let bucket, between, stack, client, films, film, score, filmPath;


before(async () => {
    bucket = await startBucket();
    between = await standBetween(bucket.port);
    await bucket.python("s3.put_bucket_versioning(Bucket=bucket, "
        + "VersioningConfiguration={'Status': 'Enabled'})");
    stack = await startStack({ environment: {
        SLUICE_STORE: `s3://${bucket.name}/house?endpoint=http://127.0.0.1:`
            + `${between.port}&region=us-east-1&style=path&sse=AES256`,
        SLUICE_STORE_KEYS: bucket.keys,
    } });
    client = await stack.visitor("viewer");
    films = maker(stack, client);
}, { timeout });

after(async () => {
    await stack?.stop({ but: /bucket/ });
    between?.stop();
    bucket?.stop();
}, { timeout });


const shard = (id) => id.slice(-2);
const under = (id) => `house/media/${shard(id)}/${id}/`;
const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const copies = () => readdirSync(stack.path("work", "originals")).sort();

/* {key: what HEAD says of it} of all that is below a prefix. */
async function objects(prefix) {
    return JSON.parse(await bucket.python(`
import json
found = {}
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket,
        Prefix=${JSON.stringify(prefix)}):
    for one in page.get("Contents", []):
        head = s3.head_object(Bucket=bucket, Key=one["Key"])
        found[one["Key"]] = {"type": head["ContentType"], "size":
            head["ContentLength"], "cache": head.get("CacheControl")}
print(json.dumps(found))`));
}

/* How many versions and marks there are of what is below a prefix. */
const versions = async (prefix) => Number(await bucket.python(`
found = s3.list_object_versions(Bucket=bucket, Prefix=${JSON.stringify(prefix)})
print(len(found.get("Versions", [])) + len(found.get("DeleteMarkers", [])))`));

/* What a name beside a link's is. */
async function beside(link, name) {
    const answer = await request(new URL(name, link).href);

    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    return answer.body;
}


describe("a film", { timeout }, () => {
    it("goes from upload to played, and no folder has it", async () => {
        filmPath = await films.made("film.mp4", ...picture(4), ...sound(4),
            ...H264, ...AAC);
        film = await films.taken(filmPath);

        const { play, dash, original, poster } = film.links;
        const name = (link) => link.split("/").at(-1).split("?")[0];
        const hls = await checkHls((one) => beside(play, one), name(play));
        const mpd = await checkDash((one) => beside(dash, one), name(dash));

        assert.deepEqual([...hls.faults, ...mpd.faults], []);
        assert.equal(digest((await request(original)).body),
                     digest(readFileSync(filmPath)));
        assert.equal((await request(poster)).headers["content-type"],
                     "image/jpeg");
        assert.deepEqual(readdirSync(stack.path("media")), []);
        assert.deepEqual(readdirSync(stack.path("spool")).filter((one) =>
            !one.startsWith(".")), []);
    });

    it("has the right types and headers in the bucket, and is encrypted",
        async () => {
            const found = await objects(under(film.id));
            const type = (end) => new Set(Object.entries(found)
                .filter(([key]) => key.endsWith(end)).map(([, { type: t }]) => t));

            assert.deepEqual([...type(".m3u8")],
                             ["application/vnd.apple.mpegurl"]);
            assert.deepEqual([...type(".mp4")], ["video/mp4"]);
            assert.deepEqual([...type(".jpg")], ["image/jpeg"]);
            Object.values(found).forEach(({ cache }) =>
                assert.equal(cache, "private, max-age=31536000, immutable"));
            const puts = between.asked.filter(({ method }) => method === "PUT");

            assert.ok(puts.length >= Object.keys(found).length);
            puts.forEach(({ headers, path }) => assert.equal(
                headers["x-amz-server-side-encryption"], "AES256", path));
            assert.equal(found[`${under(film.id)}original.mp4`].size,
                         readFileSync(filmPath).length);
        });

    it("came to the machine once, for all of its jobs", async () => {
        const name = `media,${shard(film.id)},${film.id},original.mp4`;

        assert.ok(copies().includes(name), copies().join());
        assert.deepEqual(between.asked.filter(({ method, path }) =>
            method === "GET" && path.includes(`${film.id}/original.mp4`)
                && !path.includes("list-type"))
            .filter(({ range }) => range !== "bytes=0-1048575"), []);
    });
});


describe("a score", { timeout }, () => {
    it("goes from upload to its pages", async () => {
        score = await films.taken(films.written("score.pdf", pdf({ pages: 2 })));

        assert.equal(score.pages, 2);
        for (const { image } of score.links.pages.map((page) =>
            typeof page === "string" ? { image: page } : page)) {
            assert.equal((await request(image)).headers["content-type"],
                         "image/png");
        }
        assert.equal(Object.keys(await objects(under(score.id))).filter((key) =>
            key.includes("/pages/")).length, 4);
    });
});


/* The stack's slots die at once, and others come. */
function killSlots() {
    slotsOf(stack.pid("worker")).forEach((pid) => process.kill(pid, "SIGKILL"));
}

/* This machine has no file of the bucket any more. */
function forget() {
    copies().forEach((name) => rmSync(stack.path("work", "originals", name)));
}

/* Has a poster made at that second; of the original, as any job. */
async function poster(of, at) {
    const answer = await client.request("PATCH", `/api/media/${of.id}`,
        { json: { poster_at: at } });

    assert.equal(answer.status, 200, answer.text);
}


describe("an original", { timeout }, () => {
    /* The upload of a score that no worker has looked at yet: its id. */
    async function waiting(name) {
        await stack.stopWorker();
        const { id } = await client.bring(pdf({ pages: 1 }), name);

        between.clear();
        return id;
    }

    async function kept(id) {
        await stack.startWorker();
        await films.idle(id);

        const found = await objects(under(id));

        assert.equal((await client.media(id)).state, "ready");
        assert.equal(found[`${under(id)}original.pdf`].type, "application/pdf");
        assert.deepEqual(await objects("house/spool/"), {});
        assert.ok(!readdirSync(stack.path("spool")).includes(id));
        return between.asked.filter(({ method, path }) => method === "PUT"
            && path.endsWith("/original.pdf"));
    }

    it("that nginx has put into the bucket, the bucket copies to its place",
        async () => {
            const id = await waiting("there.pdf");
            const [put] = await kept(id);

            assert.equal(put.headers["x-amz-copy-source"],
                         `/${bucket.name}/house/spool/${id}`);
            assert.equal(put.headers["x-amz-server-side-encryption"], "AES256");
        });

    it("that is in this machine's spool is put there", async () => {
        const id = await waiting("here.pdf");
        const file = stack.path("spool", id);

        await bucket.python(`
s3.download_file(bucket, "house/spool/${id}", "${file}")
s3.delete_object(Bucket=bucket, Key="house/spool/${id}")`);
        await run("chown", ["--reference", stack.path("spool"), file]);
        const [put] = await kept(id);

        assert.equal(put.headers["x-amz-copy-source"], undefined);
    });
});


describe("a download", { timeout }, () => {
    it("is made of tracks that come from the bucket", async () => {
        const { links: { renditions } } = await client.media(film.id);
        const [{ name }] = renditions.filter(({ kind }) => kind === "video");
        const top = `/api/media/${film.id}/downloads`;

        forget();
        const { json: { id } } = await client.request("POST", top,
            { json: { rendition: name } });

        await films.idle(film.id);
        const one = (await client.get(`${top}/${id}`)).json;

        assert.equal(one.state, "ready");
        assert.equal((await request(one.links.file)).body.length, one.bytes);
    });
});


describe("sluice-worker -t", { timeout }, () => {
    const asked = async (change) => {
        const conf = stack.path("other.conf");

        writeFileSync(conf, change(stack.text("worker.conf")));
        try {
            return (await stack.asServer(stack.path("bin/sluice-worker"), "-t",
                "-c", conf)).stdout;
        } catch ({ stderr }) {
            return stderr;
        }
    };

    it("asks the bucket", async () => {
        assert.match(await asked((text) => text), /is good/);
        assert.match(await asked((text) => text.replace("s3://films/",
            "s3://others/")), /there is no bucket "others" at 127\.0\.0\.1/);
        assert.match(await asked((text) => text.replace(/endpoint=\S+/,
            "endpoint=http://127.0.0.1:1")), /127\.0\.0\.1: Failed to connect/);
        assert.match(await asked((text) => text.replace(/credentials=\S+/,
            "credentials=/nowhere")), /nowhere: No such file/);
    });
});


describe("who is killed", { timeout }, () => {
    it("while he publishes: another plays the film to its end", async () => {
        let killed = 0;

        between.clear();
        between.on = ({ method, url }) => {
            if (method === "PUT" && url.includes("/hls/") && killed++ === 1) {
                killSlots();
            }
        };
        const path = await films.made("second.mp4", ...picture(3, { rate: 24 }),
            ...H264);
        const { links } = await films.taken(path);
        const { faults } = await checkHls((one) => beside(links.play, one),
            links.play.split("/").at(-1).split("?")[0]);

        between.clear();
        assert.ok(killed > 1);
        assert.deepEqual(faults, []);
    });

    it("while the original comes: the next fetches what is missing",
        async () => {
            const path = await films.made("long.mp4", ...picture(2, { rate: 20 }),
                ...H264);
            const free = Buffer.alloc(40 * 2 ** 20);

            free.writeUInt32BE(free.length);
            free.write("free", 4);
            appendFileSync(path, free);
            const long = await films.taken(path);
            let cut = false;

            forget();
            between.clear();
            between.on = ({ headers: { range } }, answer) => {
                if (cut || !range?.startsWith(`bytes=${2 ** 25}-`)) {
                    return false;
                }
                cut = true;
                killSlots();
                answer.destroy();
                return true;
            };
            await poster(long, 1);
            await films.idle(long.id);

            const ranges = between.asked.filter(({ method, path: asked }) =>
                method === "GET" && asked.includes("/original.mp4"))
                .map(({ range }) => range);
            const size = readFileSync(path).length;

            assert.ok(cut);
            assert.equal((await films.job(long.id, "poster")).state, "done");
            assert.deepEqual(ranges, [`bytes=0-${2 ** 25 - 1}`,
                `bytes=${2 ** 25}-${size - 1}`, `bytes=${2 ** 25}-${size - 1}`]);
        });
});


describe("a bucket that is away", { timeout }, () => {
    it("costs no job a try", async () => {
        forget();
        between.clear();
        between.on = (_, answer) => {
            answer.destroy();
            return true;
        };
        await poster(film, 2);
        await until("the slots wait for it", () =>
            /store: away: .*127\.0\.0\.1/.test(stack.text("logs/worker.log")),
        { seconds: 60 });
        between.clear();
        await films.idle(film.id);
        assert.equal((await films.job(film.id, "poster")).state, "done");
        assert.equal(await stack.sql("select max(attempt) from sluice.jobs "
            + `where media = '${film.id}' and kind = 'poster'`), "1");
    });
});


/* As S3 has it where a lifecycle rule has moved originals to an archive
   ("InvalidObjectState", "RestoreObject"), until they are `back`. The gateway
   has no such class. */
function archive() {
    const state = { back: false, restores: [] };
    const answers = {
        202: "", 200: "",
        409: "<Error><Code>RestoreAlreadyInProgress</Code></Error>",
    };

    between.on = (asked, answer) => {
        if (!/\/original\.\w+(\?|$)/.test(asked.url)) {
            return false;
        }
        if (asked.method === "POST" && asked.url.endsWith("?restore=")) {
            const status = state.back ? 200
                : state.restores.length > 0 ? 409 : 202;

            asked.setEncoding("utf8").on("data", (text) =>
                state.restores.push(text));
            asked.on("end", () => answer.writeHead(status)
                .end(answers[status]));
            return true;
        }
        if (asked.method !== "GET" || state.back) {
            return false;
        }
        answer.writeHead(403, { "x-amz-storage-class": "GLACIER" })
            .end("<Error><Code>InvalidObjectState</Code>"
                + "<StorageClass>GLACIER</StorageClass></Error>");
        return true;
    };

    return state;
}


describe("an original in an archive", { timeout }, () => {
    const row = async () => JSON.parse(await stack.sql(`select jsonb_build_object(
        'id', id, 'state', state, 'attempt', attempt, 'error', error,
        'minutes', extract(epoch from run_at - now()) / 60)
        from sluice.jobs where media = '${film.id}' and kind = 'poster'
        order by created_at desc limit 1`));
    const look = async (id) => {
        await stack.sql(`update sluice.jobs set run_at = now(), rank = now()
                         where id = '${id}'`);
        await stack.redis("XADD", "sluice:jobs", "*", "v", "1", "id", id);
    };

    it("is asked back, and waited for without losing a try", async () => {
        forget();
        between.clear();
        const state = archive();

        await poster(film, 1.5);
        await until("it waits", async () => (await row()).state === "retrying");

        let { id, attempt, error, minutes } = await row();

        assert.equal(attempt, 0);
        assert.match(error, /archive/);
        assert.ok(minutes > 5 && minutes <= 15, String(minutes));
        assert.equal(state.restores.length, 1);
        assert.match(state.restores[0], /<Days>3<\/Days>/);

        await look(id);
        await until("it was asked again", () => state.restores.length === 2);
        await until("it waits", async () => {
            ({ attempt, minutes } = await row());
            return minutes > 5;
        });
        assert.equal(attempt, 0);

        state.back = true;
        await look(id);
        await films.idle(film.id);
        assert.equal((await films.job(film.id, "poster")).state, "done");
    });

    it("fails its job when it is not there in three days", async () => {
        forget();
        between.clear();
        archive();
        await poster(film, 1.75);
        await until("it waits", async () => (await row()).state === "retrying");

        const { id } = await row();

        await stack.sql(`update sluice.jobs set max_attempts = 1,
            started_at = now() - interval '73 hours' where id = '${id}'`);
        await look(id);
        await until("it is dead", async () => (await row()).state === "dead");
        assert.match((await row()).error, /archive/);
    });

    it("is let lie by scrub, and has not rotted", async () => {
        await unread();
        between.clear();
        const state = archive();
        const { rot } = await runs("scrub");

        assert.equal(rot, 0);
        assert.deepEqual(state.restores, []);
        between.clear();
    });
});


/* A worker of another machine: it shares no folder with the first. Answers what
   stops it. */
async function another() {
    const names = ["spool", "work"].map((name) => stack.path(`${name}2`));

    await stack.asServer("mkdir", ...names);
    writeFileSync(stack.path("worker2.conf"), stack.text("worker.conf")
        .replaceAll(/\/(spool|work)$/gm, "/$12")
        .replaceAll(/\/worker\.(log|pid)/g, "/worker2.$1"));
    await stack.asServer("sh", "-c", "setsid \"$@\" < /dev/null "
        + ">> run/worker.out 2>&1 &", "-", stack.path("bin/sluice-worker"),
    "-c", stack.path("worker2.conf"));
    await until("it has started", () => stack.text("run/worker2.pid") !== "");

    return async () => {
        const pid = stack.pid("worker2");

        process.kill(pid, "SIGTERM");
        await until("it is gone", () => !alive(pid));
    };
}


describe("another machine", { timeout }, () => {
    it("joins what the first has encoded", async () => {
        const path = await films.made("pieces.avi", ...picture(8, {
            size: "640x360", rate: 5 }), "-c:v", "mpeg4", "-g", "30");
        let wanted = 0;

        /* What is encoded is there; who wants to join it gets none of it. */
        between.clear();
        between.on = ({ method, url }, answer) => {
            const joins = url.includes("/.pieces/") && method !== "PUT"
                && between.asked.some((one) => one.method === "PUT"
                    && one.path === url);

            if (joins) {
                wanted++;
                answer.destroy();
            }
            return joins;
        };
        const { id } = await client.bring(readFileSync(path), "pieces.avi");

        await until("somebody wants to join it", () => wanted > 0,
            { seconds: 60 });
        await stack.stopWorker();
        between.clear();

        const stop = await another();

        try {
            await client.ready(id, { seconds: 60 });
            await films.idle(id);
        } finally {
            await stop();
            await stack.startWorker();
        }

        const { links } = await client.media(id);
        const { faults } = await checkHls((one) => beside(links.play, one),
            links.play.split("/").at(-1).split("?")[0]);

        assert.deepEqual(faults, []);
        assert.match(stack.text("logs/worker2.log"),
            new RegExp(`job join \\S+ of ${id}: done`));
        assert.deepEqual(Object.keys(await objects(under(id))).filter((key) =>
            key.includes(".pieces")), []);
        assert.ok(readdirSync(stack.path("work2/originals")).some((name) =>
            name.endsWith(`${id},original.avi`)));
    });
});


describe("an export", { timeout }, () => {
    it("has the originals, and is in the bucket", async () => {
        forget();
        assert.equal((await client.request("POST", "/api/me/export",
            { json: { password: client.password } })).status, 202);
        const one = await until("the export is ready", async () => {
            const { json } = await client.get("/api/me/export");

            return json.state === "ready" && json;
        }, { seconds: 60 });
        const zip = stack.path("export.zip");

        writeFileSync(zip, (await request(one.links.download)).body);
        const { stdout } = await run("unzip", ["-Z1", zip]);

        assert.ok(stdout.includes(`media/${film.id}/`), stdout);
        assert.ok(stdout.includes(`media/${score.id}/`), stdout);
        assert.doesNotMatch(stdout, /missing\.txt/);
    });
});


/* Runs one to its end; answers what it tells. */
async function runs(kind, params) {
    const id = await begin(stack, kind, params);

    await inState(stack, id, "done", { seconds: 60 });
    return JSON.parse(await column(stack, id, "result"));
}

const unread = () => stack.sql("update sluice.media set scrubbed_at = null");


describe("scrub", { timeout }, () => {
    it("reads all of what the bucket keeps no checksum of", async () => {
        await unread();
        const { files, bytes, rot } = await runs("scrub");

        assert.ok(files >= 3);
        assert.ok(bytes > 40 * 2 ** 20);
        assert.equal(rot, 0);
    });

    it("takes the bucket's word where there is one", async () => {
        await unread();
        between.clear();
        between.on = (asked, answer) => {
            if (asked.method !== "HEAD" || !asked.url.includes(film.id)) {
                return false;
            }
            answer.writeHead(200, { "Content-Length": 5, ETag: '"x"',
                "x-amz-checksum-sha256": Buffer.alloc(32).toString("base64") });
            answer.end();
            return true;
        };
        assert.equal((await runs("scrub")).rot, 1);
        assert.equal(between.asked.filter(({ method, path }) => method === "GET"
            && path.includes(`${film.id}/original`)
            && !path.includes("list-type")).length, 0);
        between.clear();
        await unread();
        assert.equal((await runs("scrub")).rot, 0);
    });

    it("finds one that is damaged, and one that is gone", async () => {
        const key = `${under(score.id)}original.pdf`;

        await bucket.python(`
body = s3.get_object(Bucket=bucket, Key="${key}")["Body"].read()
s3.put_object(Bucket=bucket, Key="${key}", Body=body[:-1] + b"x")`);
        await unread();
        assert.equal((await runs("scrub")).rot, 1);
        assert.match(stack.text("logs/worker.log"),
            new RegExp(`the original of media ${score.id} has rotted`));
        await bucket.python(`s3.delete_object(Bucket=bucket, Key="${key}")`);
        await unread();
        assert.equal((await runs("scrub")).rot, 1);
    });
});


describe("orphans", { timeout }, () => {
    const ID = randomUUID().replace(/^(.{14})./, "$17");
    const stray = [`house/media/${shard(ID)}/${ID}/original.mp4`,
                   `house/media/${shard(ID)}/${ID}/hls/a/v1.mp4`,
                   `house/spool/${ID}`, `house/spool/${ID}.tail`];

    /* The bucket says that all of it is two days old. */
    function aged({ method, url, headers }, answer) {
        if (!url.includes("versions=")) {
            return false;
        }
        http.request({ host: "127.0.0.1", port: bucket.port, method, path: url,
                       headers }, async (found) => {
            const text = Buffer.concat(await found.toArray()).toString();

            answer.writeHead(found.statusCode, { "Content-Type": "text/xml" });
            answer.end(text.replace(/<LastModified>[^<]*/g, "<LastModified>"
                + new Date(Date.now() - 2 * 86_400_000 - Date.now() % 86_400_000)
                    .toISOString()));
        }).end();
        return true;
    }

    it("go after the second look, and all else stays", async () => {
        await bucket.python(stray.map((key) =>
            `s3.put_object(Bucket=bucket, Key="${key}", Body=b"x")`).join("\n"));
        between.clear();
        const young = await runs("orphans");
        assert.equal(await stack.sql("select count(*) from sluice.orphans"), "0");
        assert.equal(young.removed, 0);

        between.on = aged;
        const before = Object.keys(await objects("house/"));

        assert.equal((await runs("orphans")).removed, 0);
        assert.deepEqual((await stack.sql("select path from sluice.orphans where "
            + `host = 's3://${bucket.name}/house/' order by path`)).split("\n"),
        [stray[0].slice(6).replace("/original.mp4", ""), stray[2].slice(6),
         stray[3].slice(6)].sort());
        await stack.sql("update sluice.orphans set seen_at = seen_at "
            + "- interval '25 hours'");
        assert.equal((await runs("orphans")).removed, 3);
        between.clear();
        assert.deepEqual(Object.keys(await objects("house/")),
                         before.filter((key) => !stray.includes(key)));
        assert.ok(await versions(`house/spool/${ID}`) >= 4, "a way back");
    });
});


describe("remove", { timeout }, () => {
    it("leaves nothing, neither versions nor marks nor copies", async () => {
        assert.ok(copies().some((name) => name.includes(film.id)));
        assert.equal((await client.delete(`/api/media/${film.id}`)).status, 204);
        await until("it is gone", async () => await stack.sql("select count(*) "
            + `from sluice.media where id = '${film.id}'`) === "0",
        { seconds: 60 });
        assert.equal(await versions(under(film.id)), 0);
        assert.deepEqual(copies().filter((name) => name.includes(film.id)), []);
    });
});
