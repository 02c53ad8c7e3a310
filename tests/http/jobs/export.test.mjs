/* All that is one's own, as a zip: what is in it and what is not, who may have
   it, and what becomes of it when something goes wrong on the way. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import {
    existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync,
    truncateSync, writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { Client, request } from "../lib/client.mjs";
import { musicxml, pdf } from "../lib/files.mjs";
import { mailed, mails } from "../lib/mails.mjs";
import { begin, inState, renewSlots } from "../lib/noop.mjs";
import { refused } from "../lib/problem.mjs";
import { run } from "../lib/run.mjs";
import { alive, slotsOf, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { enrol } from "../lib/totp.mjs";

const timeout = 300_000;
const MANY = 300;
const GIB = 2 ** 30;

let stack;


before(async () => {
    stack = await startStack();
}, { timeout });

after(() => stack?.stop(), { timeout });


const ask = (client, json) => client.request("POST", "/api/me/export", { json });
const look = async (client) => (await client.get("/api/me/export")).json;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const folder = (id) => stack.path("media", id.slice(-2), id);
const newest = ({ user }) => stack.sql("select id from sluice.exports "
    + `where user_id = '${user.id}' order by created_at desc limit 1`);
const jobOf = ({ user }) => stack.sql("select job from sluice.exports "
    + `where user_id = '${user.id}' order by created_at desc limit 1`);
const noted = async (action, { user }) => Number(await stack.sql("select "
    + `count(*) from sluice.audit where action = '${action}' `
    + `and actor = '${user.id}'`));
const work = () => readdirSync(stack.path("work"));

/* Another may be asked for. */
const dayPasses = ({ user }) => stack.sql("update sluice.exports "
    + `set created_at = created_at - interval '25 h' where user_id = '${
        user.id}'`);

/* How it stands when it is ready. */
const ready = (client) => until("the export is ready", async () => {
    const found = await look(client);

    assert.notEqual(found.state, "failed", JSON.stringify(found));
    return found.state === "ready" && found;
}, { seconds: 120 });

async function exported(client) {
    assert.equal((await ask(client)).status, 202);
    return ready(client);
}

/* What Python's zipfile makes of it: {name: {size, sha256, method}}. */
const PYTHON = `
import hashlib, json, sys, zipfile
found = {}
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    for i in z.infolist():
        h = hashlib.sha256()
        with z.open(i) as f:
            for part in iter(lambda: f.read(1 << 20), b""):
                h.update(part)
        assert i.filename not in found
        found[i.filename] = dict(size=i.file_size, sha256=h.hexdigest(),
                                 stored=i.compress_type == zipfile.ZIP_STORED)
print(json.dumps(found))
`;

/* Fetches it by its link: {path, entries, text(name), lines(name), account}. */
async function fetched({ links }) {
    const path = join(stack.folder, `${randomBytes(6).toString("hex")}.zip`);
    const { status, body } = await request(links.download);

    assert.equal(status, 200);
    writeFileSync(path, body);
    return opened(path);
}

async function opened(path) {
    await run("unzip", ["-tqq", path]);
    const { stdout } = await run("/usr/bin/python3", ["-c", PYTHON, path],
        { maxBuffer: 1 << 28 });
    const text = async (name) => (await run("unzip", ["-p", path, name],
        { maxBuffer: 1 << 28 })).stdout;
    const lines = async (name) => (await text(name)).split("\n")
        .filter(Boolean).map((line) => JSON.parse(line));

    return { path, entries: JSON.parse(stdout), text, lines,
             account: JSON.parse(await text("account.json")) };
}

/* A file that is no film, and stays as it came; and one that takes a while. */
const bring = (client, name = "film.mp4", bytes = randomBytes(3000)) =>
    client.bring(bytes, name).then((media) => ({ ...media, raw: bytes }));

const originalOf = async (id) => {
    const spooled = stack.path("spool", id);

    if (existsSync(spooled)) {
        return spooled;
    }
    const [name] = readdirSync(folder(id)).filter((one) =>
        one.startsWith("original."));
    return join(folder(id), name);
};

/* Someone whose export is at work for long: its job, and the slot. */
async function atWork() {
    const one = await stack.visitor("viewer");
    const media = await bring(one);

    await one.settled(media.id);
    truncateSync(await originalOf(media.id), 3 * GIB);
    assert.equal((await ask(one)).status, 202);
    const job = await jobOf(one);

    await until("it writes", () => work().some((name) =>
        name.startsWith(job) && existsSync(stack.path("work", name,
            "export.zip"))
        && statSync(stack.path("work", name, "export.zip")).size > 1e6));
    return { one, media, job };
}


describe("an export", { timeout }, () => {
    it("has all files as they came, also of hundreds of media", async () => {
        const one = await stack.visitor("viewer");
        const brought = new Map();

        await stack.stopWorker();
        for (let n = 0; n < MANY; n++) {
            const bytes = randomBytes(1000 + n);
            const { id } = await one.bring(bytes, `film ${n}.mp4`);

            brought.set(`media/${id}/film ${n}.mp4`, sha256(bytes));
        }
        await stack.sql("update sluice.jobs set state = 'cancelled' "
            + `where owner = '${one.user.id}'`);
        await stack.startWorker();

        const { entries, lines } = await fetched(await exported(one));
        const media = await lines("media.jsonl");

        assert.deepEqual(Object.entries(entries)
            .filter(([name]) => name.startsWith("media/"))
            .map(([name, { sha256: digest }]) => [name, digest]).sort(),
        [...brought].sort());
        assert.ok(Object.entries(entries).every(([name, { stored }]) =>
            stored === name.startsWith("media/")));
        assert.equal(media.length, MANY);
        for (const { file, sha256: digest, bytes } of media) {
            assert.equal(entries[file].sha256, digest);
            assert.equal(entries[file].size, bytes);
        }
        assert.deepEqual(Object.keys(entries).filter((name) =>
            !name.startsWith("media/")).sort(),
        ["README.txt", "account.json", "audit.jsonl", "media.jsonl"]);
    });

    it("has what is attached to a score, and all that is known of it",
        async () => {
            const one = await stack.visitor("viewer");
            const bytes = pdf();
            const { id } = await one.bring(bytes, "clair.pdf",
                { title: "Au clair" });

            await one.ready(id);
            const song = Buffer.from(musicxml());
            const { status } = await one.request("POST", "/api/media?filename="
                + `clair.pdf&score=${id}&role=attachment`, { body: song });
            assert.equal(status, 201);
            await until("it is attached", async () =>
                (await one.media(id)).attachments[0]?.state === "ready");
            await one.request("PATCH", `/api/media/${id}`, { json: {
                tags: ["lune"], author: "Anonyme" }, headers: {
                "If-Match": (await one.get(`/api/media/${id}`)).headers.etag,
            } });

            const { entries, lines } = await fetched(await exported(one));
            const [media] = await lines("media.jsonl");

            assert.equal(entries[`media/${id}/clair.pdf`].sha256, sha256(bytes));
            assert.equal(entries[`media/${id}/clair (2).pdf`].sha256,
                sha256(song));
            assert.deepEqual([media.title, media.author, media.tags,
                media.kind, media.attachments.length,
                media.attachments[0].file],
            ["Au clair", "Anonyme", ["lune"], "score", 1,
                `media/${id}/clair (2).pdf`]);
        });

    it("gives names that any system takes, and each once", async () => {
        const one = await stack.visitor("viewer");
        const names = [["../../etc/passwd", "_.._.._etc_passwd"],
            ["🎬 Übung.mp4", "🎬 Übung.mp4"], ["a\\b:c?.mp4", "a_b_c_.mp4"],
            ["con.mp4", "_con.mp4"], ["…", "…"], ["..", "file"],
            [`${"é".repeat(125)}.mp4`, `${"é".repeat(125)}.mp4`]];
        const wanted = [];

        for (const [name, safe] of names) {
            const { id } = await bring(one);

            await stack.sql(`update sluice.media set filename = '${name}' `
                + `where id = '${id}'`);
            wanted.push(`media/${id}/${safe}`);
        }
        const { entries } = await fetched(await exported(one));

        assert.deepEqual(Object.keys(entries).filter((name) =>
            name.startsWith("media/")).sort(), wanted.sort());
    });

    it("tells of account, sessions, factors and what was done, and no secret",
        async () => {
            const one = await stack.visitor("viewer");
            const other = await stack.visitor("admin");
            const { secret, codes } = await enrol(one);

            await other.request("PATCH", `/api/accounts/${one.user.id}`,
                { json: { name: "Ida" } });
            const zip = await fetched(await exported(one));
            const { account } = zip;
            const audit = await zip.lines("audit.jsonl");
            const kept = await stack.sql("select u.password, f.sealed from "
                + "sluice.users u join sluice.factors f on f.user_id = u.id "
                + `where u.id = '${one.user.id}'`);
            const digest = await stack.sql("select encode(digest, 'hex') from "
                + `sluice.recovery_codes where user_id = '${one.user.id}' `
                + "limit 1");
            const all = (await Promise.all(Object.keys(zip.entries)
                .map(zip.text))).join("\n");

            assert.equal(account.account.email, one.user.email);
            assert.equal(account.account.name, "Ida");
            assert.equal(account.account.has_password, true);
            assert.equal(account.sessions[0].address, "127.0.0.1");
            assert.equal(account.factors[0].kind, "totp");
            assert.deepEqual(account.recovery_codes, { left: 10, used: 0 });
            assert.ok(audit.some(({ action, by }) => action === "factor-added"
                && by === "you"));
            assert.ok(audit.some(({ action, by, target }) =>
                action === "user-name" && by === "an admin"
                && target === one.user.id));
            for (const text of [secret, ...codes, ...kept.split("|"), digest,
                                one.password, one.token, other.user.email,
                                other.user.id]) {
                assert.ok(text.length > 5 && !all.includes(text), text);
            }
        });

    it("of an admin tells nothing of those whom he looked after", async () => {
        const one = await stack.visitor("admin");
        const other = await stack.visitor("viewer");

        await one.request("PATCH", `/api/accounts/${other.user.id}`,
            { json: { name: "Somebody Else", role: "editor" } });
        await one.request("POST", "/api/invitations",
            { json: { email: "guest@example.net" } });
        const zip = await fetched(await exported(one));
        const audit = await zip.text("audit.jsonl");

        assert.match(audit, /"user-name"/);
        assert.match(audit, /"user-invited"/);
        for (const text of [other.user.id, "Somebody Else",
                            "guest@example.net"]) {
            assert.ok(!audit.includes(text), text);
        }
    });

    it("explains itself in its owner's language, and the mail is in it, too",
        async () => {
            for (const [locale, title, subject] of [
                ["fr-CA", /^Vos données\n/, /^Vos données chez Sluice/],
                ["en", /^Your data\n/, /^Your data at Sluice/]]) {
                const one = await stack.visitor("viewer");

                await one.request("PATCH", "/api/me", { json: { locale } });
                const found = await exported(one);
                const zip = await fetched(found);
                const mail = await mailed(stack, one.user.email);

                assert.match(await zip.text("README.txt"), title);
                assert.match(mail.subject, subject);
                assert.ok(mail.text.includes(`${stack.url}/account\n`));
                assert.ok(mail.text.includes(found.expires_at.slice(0, 10)));
                assert.equal(mail.token, undefined);
                assert.doesNotMatch(mail.raw, /grant=|\/media\//);
            }
        });
});


describe("a request for one", { timeout }, () => {
    it("is for who has shown lately who he is", async () => {
        const one = await stack.visitor("viewer");

        await stack.sql("update sluice.sessions set authenticated_at = now() - "
            + `interval '901 s' where user_id = '${one.user.id}'`);
        refused(await ask(one), 401, "authentication-too-old");
        refused(await ask(one, { password: "another one" }), 422,
            "field-invalid", "password");
        assert.equal((await look(one)).state, "none");
        assert.equal((await ask(one, { password: one.password })).status, 202);
        assert.equal(await noted("export-requested", one), 1);
    });

    it("while one is under way says so, and how long to wait", async () => {
        await stack.stopWorker();
        const one = await stack.visitor("viewer");

        assert.equal((await ask(one)).json.state, "making");
        const again = await ask(one);

        refused(again, 409, "conflict");
        assert.ok(Number(again.headers["retry-after"]) >= 10);
        await stack.startWorker();
        await ready(one);
    });

    it("is answered three times a day", async () => {
        const one = await stack.visitor("viewer");

        for (let n = 3; n > 0; n--) {
            assert.equal((await look(one)).left, n);
            await exported(one);
        }
        const again = await ask(one);

        refused(again, 429, "too-many");
        const wait = Number(again.headers["retry-after"]);
        assert.ok(wait > 86_000 && wait <= 86_402, String(wait));

        await dayPasses(one);
        await exported(one);
    });

    it("puts another one in the place of that of before", async () => {
        const one = await stack.visitor("viewer");
        const first = await exported(one), was = await newest(one);

        assert.ok(existsSync(join(folder(was), "export.zip")));
        const second = await exported(one);

        assert.notEqual(first.links.download, second.links.download);
        await until("its file is gone", () => !existsSync(folder(was)));
        assert.equal((await request(first.links.download)).status, 404);
        assert.equal((await request(second.links.download)).status, 200);
    });

    it("is none of a key's", async () => {
        const admin = await stack.visitor("admin");
        const { json } = await admin.request("POST", "/api/keys", { json: {
            name: "exporter", scopes: ["media:read"] } });

        refused(await request(`${stack.url}/api/me/export`, { headers: {
            Authorization: `Bearer ${json.key}` } }), 403, "scope-missing");
    });
});


describe("its link", { timeout }, () => {
    it("gives ranges, and a name to save it under", async () => {
        const one = await stack.visitor("viewer");

        await bring(one);
        const found = await exported(one);
        const { url, headers, body } = {
            url: found.links.download, ...await request(found.links.download) };
        const part = await request(url, { headers: { Range: "bytes=10-19" } });

        assert.equal(body.length, found.bytes);
        assert.equal(part.status, 206);
        assert.deepEqual(part.body, body.subarray(10, 20));
        assert.equal(headers["content-type"], "application/zip");
        assert.match(headers["cache-control"], /private/);
        assert.match(headers["content-disposition"],
            /^attachment; filename="sluice-export-\d{4}-\d\d-\d\d\.zip"/);
    });

    it("is nobody else's to have, nor to mint", async () => {
        const one = await stack.visitor("viewer");
        const other = await stack.visitor("editor");
        const { links } = await exported(one);
        const { pathname } = new URL(links.download);

        assert.equal((await look(other)).state, "none");
        refused(await other.delete("/api/me/export"), 404, "not-found");
        refused(await other.request("POST", "/api/links", { json: {
            path: pathname } }), 403, "role-too-low", "path");
        assert.equal((await request(stack.url + pathname, {
            headers: other.headers })).status, 401);
        assert.equal((await request(links.download.replace(/.$/,
            (c) => (c === "A" ? "B" : "A")))).status, 403);
        assert.equal((await look(one)).state, "ready");
    });

    it("ends with the session that asked for it", async () => {
        const one = await stack.visitor("viewer");
        const { links } = await exported(one);

        await one.delete("/api/sessions/current");
        await until("it is refused", async () =>
            (await request(links.download)).status === 403);
        const again = await Client.signIn(stack.url, one.user.email,
            one.password);
        assert.equal((await request((await look(again)).links.download))
            .status, 200);
    });

    it("ends with the export, which is removed on request", async () => {
        const one = await stack.visitor("viewer");
        const { links } = await exported(one), id = await newest(one);

        assert.equal((await one.delete("/api/me/export")).status, 204);
        assert.equal((await look(one)).state, "none");
        await until("its file is gone", () => !existsSync(folder(id)));
        assert.equal((await request(links.download)).status, 404);
        refused(await one.delete("/api/me/export"), 404, "not-found");
        assert.equal(await noted("export-removed", one), 1);
    });
});


describe("an export whose time is over", { timeout }, () => {
    it("is none any more, and its file goes", async () => {
        const one = await stack.visitor("viewer");
        const { expires_at: ends } = await exported(one);
        const id = await newest(one);

        assert.ok(Math.abs(Date.parse(ends) - Date.now() - 7 * 86_400_000)
            < 60_000);
        await stack.sql("update sluice.exports set expires_at = now() "
            + `- interval '1 s' where id = '${id}'`);
        assert.equal((await look(one)).state, "none");
        await inState(stack, await begin(stack, "expire"), "done");
        assert.equal(existsSync(folder(id)), false);
        assert.equal(await stack.sql("select gone_at is not null from "
            + `sluice.exports where id = '${id}'`), "t");
    });

    it("goes also while the slot that made it has not said so", async () => {
        const one = await stack.visitor("viewer");

        await exported(one);
        const id = await newest(one), job = await jobOf(one);

        await inState(stack, job, "done");
        await stack.sql("update sluice.jobs set state = 'running', lease_until "
            + `= now() + interval '15 s' where id = '${job}'`);
        await one.delete("/api/me/export");
        await until("its file is gone", () => !existsSync(folder(id)),
            { seconds: 8 });
    });

    it("leaves a row for as long as it counts", async () => {
        const one = await stack.visitor("viewer");

        await exported(one);
        await one.delete("/api/me/export");
        await dayPasses(one);
        const other = await stack.visitor("viewer");
        await exported(other);
        await other.delete("/api/me/export");
        await until("it is forgotten", async () => await newest(one) === "");
        assert.notEqual(await newest(other), "");
    });

    it("is no orphan before, and one without a row is", async () => {
        const one = await stack.visitor("viewer");

        await exported(one);
        const id = await newest(one);
        const known = () => stack.sql(
            `select queue.is_known('media', '${id}', null)`);

        assert.equal(await known(), "t");
        await one.delete("/api/me/export");
        await until("its file is gone", () => !existsSync(folder(id)));
        assert.equal(await known(), "f");
    });

    it("goes with its owner", async () => {
        const one = await stack.visitor("viewer");

        await exported(one);
        const id = await newest(one);
        assert.equal((await one.request("DELETE", "/api/me", { json: {
            password: one.password } })).status, 202);
        await stack.sql("update sluice.users set leaves_at = now() "
            + `where id = '${one.user.id}'`);
        const leave = await stack.sql("select id from sluice.jobs "
            + `where unique_key = '${one.user.id}'`);
        await stack.sql(`update sluice.jobs set run_at = now(), rank = now() `
            + `where id = '${leave}'`);
        await stack.redis("XADD", "sluice:jobs", "*", "v", "1", "id", leave);
        await inState(stack, leave, "done", { seconds: 60 });
        assert.equal(existsSync(folder(id)), false);
        assert.equal(await stack.sql("select count(*) from sluice.users "
            + `where id = '${one.user.id}'`), "0");
    });
});


describe("on the way", { timeout }, () => {
    it("a file that is gone is named, and the others are there", async () => {
        const one = await stack.visitor("viewer");
        const lost = await bring(one, "lost.mp4"), kept = await bring(one);

        await one.settled(lost.id);
        rmSync(await originalOf(lost.id));
        const found = await exported(one);
        const { entries, text, lines } = await fetched(found);
        const media = await lines("media.jsonl");

        assert.equal(found.missing, 1);
        assert.match(await text("missing.txt"), new RegExp(
            `^media/${lost.id}/lost\\.mp4: No such file or directory\n$`));
        assert.match(await text("README.txt"), /missing\.txt names them/);
        assert.equal(media.find(({ id }) => id === lost.id).file, null);
        assert.equal(entries[`media/${kept.id}/film.mp4`].sha256,
            sha256(kept.raw));
    });

    it("a slot that is killed leaves nothing, and the next one makes it",
        async () => {
            const { one, media, job } = await atWork();
            const id = await newest(one);
            const slot = Number((await stack.sql("select leased_by from "
                + `sluice.jobs where id = '${job}'`)).split(":").at(-1));

            assert.ok(slotsOf(stack.pid("worker")).includes(slot));
            process.kill(slot, "SIGKILL");
            await until("it is gone", () => !alive(slot));
            assert.equal(existsSync(folder(id)), false);
            truncateSync(await originalOf(media.id), 1000);
            const found = await ready(one);

            assert.equal((await fetched(found)).entries[
                `media/${media.id}/film.mp4`].size, 1000);
            await until("nothing is left aside", () => work().length === 0);
        });

    it("its removal stops the work, and nothing of it shows", async () => {
        const { one, media, job } = await atWork();
        const id = await newest(one);

        assert.equal((await one.delete("/api/me/export")).status, 204);
        truncateSync(await originalOf(media.id), 1000);
        await until("the slot let go", () => work().length === 0);
        assert.equal(await stack.sql("select state from sluice.jobs "
            + `where id = '${job}'`), "cancelled");
        assert.equal(existsSync(folder(id)), false);
        await until("it is forgotten", async () => {
            await inState(stack, await begin(stack, "expire"), "done");
            return await stack.sql("select gone_at is not null from "
                + `sluice.exports where id = '${id}'`) === "t";
        });
        assert.equal(await mails(stack, one.user.email), 0);
    });

    it("a job that is cancelled can be tried again, until another is asked for",
        async () => {
            const { one, media, job } = await atWork();

            assert.equal((await one.delete(`/api/jobs/${job}`)).status, 200);
            truncateSync(await originalOf(media.id), 1000);
            assert.equal((await look(one)).state, "failed");
            await until("the slot let go", () => work().length === 0);
            assert.equal((await one.request("POST", `/api/jobs/${job}/retry`))
                .status, 202);
            await ready(one);
            await exported(one);
            await stack.sql("update sluice.jobs set state = 'dead' "
                + `where id = '${job}'`);
            refused(await one.request("POST", `/api/jobs/${job}/retry`), 409,
                "conflict");
        });

    it("a disk that would be full is asked before, and waited for", async () => {
        const one = await stack.visitor("viewer");
        const conf = stack.text("worker.conf");

        await bring(one);
        writeFileSync(stack.path("worker.conf"), `${conf}keep_free 1000000g\n`);
        await renewSlots(stack);
        assert.equal((await ask(one)).status, 202);
        const job = await jobOf(one);
        await inState(stack, job, "retrying");

        assert.match((await look(one)).job.error, /No space left on device/);
        assert.deepEqual(work(), []);
        writeFileSync(stack.path("worker.conf"), conf);
        await renewSlots(stack);
        await stack.sql("update sluice.jobs set run_at = now(), rank = now() "
            + `where id = '${job}'`);
        await stack.redis("XADD", "sluice:jobs", "*", "v", "1", "id", job);
        await ready(one);
    });

    it("what a try published and did not tell of is made anew", async () => {
        const one = await stack.visitor("viewer");

        await exported(one);
        const id = await newest(one), job = await jobOf(one);
        const file = join(folder(id), "export.zip");

        renameSync(file, `${file}.was`);
        writeFileSync(file, "half");
        await stack.sql("update sluice.exports set ready_at = null, bytes = "
            + `null where id = '${id}'; update sluice.jobs set `
            + `state = 'cancelled', lease_until = null where id = '${job}'`);
        assert.equal((await one.request("POST", `/api/jobs/${job}/retry`))
            .status, 202);
        await fetched(await ready(one));
        assert.equal(readFileSync(file).subarray(0, 2).toString(), "PK");
    });
});
