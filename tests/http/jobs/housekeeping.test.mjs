/* What cleans up and looks after: expired uploads, orphans, old rows, rot. */

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import {
    chownSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync,
    renameSync, statSync, truncateSync, unlinkSync, utimesSync, writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

import { sendPart } from "../lib/client.mjs";
import { musicxml, pdf } from "../lib/files.mjs";
import { begin, column, inState } from "../lib/noop.mjs";
import {
    alive, children, memory, startStack, until,
} from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, idOf } from "../lib/tus.mjs";

const timeout = 120_000;
const DAY = 86_400;             /* seconds */
const GIB = 2 ** 30;

let stack, viewer, mine;


before(async () => {
    stack = await startStack();
    viewer = await stack.visitor("viewer");
    mine = new Tus(stack, viewer);
}, { timeout });

after(() => stack?.stop(), { timeout });


const resultOf = async (id) =>
    JSON.parse(await column(stack, id, "result") || "null");

/* Runs one to its end; answers what it tells. */
async function run(kind, params) {
    const id = await begin(stack, kind, params);

    await inState(stack, id, "done");
    return resultOf(id);
}

const count = async (from) =>
    Number(await stack.sql(`select count(*) from ${from}`));
const exists = (...names) => existsSync(stack.path(...names));
const shard = (id) => id.slice(-2);


describe("the schedules", { timeout }, () => {
    it("are there in a fresh record, and none is due at once", async () => {
        assert.equal(await stack.sql(`select string_agg(kind, ' ' order by kind)
            from sluice.schedules s join sluice.job_kinds using (kind)
            where enabled and next_at > now() + interval '5 minutes'
              and priority = 2 and at_once = 1`), "expire orphans prune scrub");
        assert.equal(await count("sluice.jobs"), 0);
    });
});


/* An upload of whose five bytes three have come. */
async function begun() {
    const path = await mine.create(5);

    await mine.patch(path, 0, "abc");
    return path;
}

const overdue = (path) => stack.sql(`update sluice.uploads
    set expires_at = now() - interval '1 second' where id = '${idOf(path)}'`);
const row = (path) => count(`sluice.uploads where id = '${idOf(path)}'`);


describe("uploads that expire", { timeout }, () => {
    it("go with their files, and others stay", async () => {
        const late = await begun(), early = await begun(), lost = await begun();

        await overdue(late);
        await overdue(lost);
        unlinkSync(mine.file(lost));
        assert.deepEqual(await run("expire"), { expired: 2, held: 0 });

        assert.equal(await row(late) + await row(lost), 0);
        assert.deepEqual(readdirSync(stack.path("spool"))
            .filter((name) => name.startsWith(idOf(late))), []);
        assert.equal(await row(early), 1);
        assert.equal(await mine.offset(early), 3);
    });

    it("stay while a request is at them", async () => {
        const path = await begun();
        const request = mine.hang(path, 3, 2, "d");

        await mine.arrived(path, 4);
        await overdue(path);
        assert.deepEqual(await run("expire"), { expired: 0, held: 1 });
        assert.equal(await row(path), 1);
        assert.ok(existsSync(mine.file(path)));

        request.destroy();
        await until("it has let go",
            async () => (await run("expire")).expired === 1);
        assert.equal(existsSync(mine.file(path)), false);
    });
});


/* The time of the last change of a file of ours, so many seconds ago. */
function age(path, seconds) {
    const then = Date.now() / 1000 - seconds;

    utimesSync(path, then, then);
}

/* A file below the state folder, of the servers' user, and as old. Folders that
   are made for it are as old, too. */
function place(name, { seconds = 2 * DAY, text = "x" } = {}) {
    const { uid, gid } = statSync(stack.path("spool"));
    const path = stack.path(name);
    const made = mkdirSync(dirname(path), { recursive: true });

    writeFileSync(path, text);
    for (let part = path; part.length >= (made ?? path).length;
        part = dirname(part)) {
        chownSync(part, uid, gid);
        age(part, seconds);
    }
    return path;
}

/* Uuids as nginx and the record make them. */
function fresh() {
    const id = randomUUID();

    return `01931c5a${id.slice(8, 14)}7${id.slice(15)}`;
}

const folderOf = (id) => `media/${shard(id)}/${id}`;
const ripen = () => stack.sql("update sluice.orphans "
    + "set seen_at = seen_at - interval '25 hours'");
const noted = (name) => count(`sluice.orphans where path = '${name}'`);

async function score() {
    const { id } = await viewer.bring(pdf(), "score.pdf");

    return viewer.ready(id);
}


describe("orphans", { timeout }, () => {
    const names = {};
    let known, second;

    before(async () => {
        known = await score();

        const media = fresh();
        Object.assign(names, {
            whole: `spool/${fresh()}`,
            part: `spool/${fresh()}.part`,
            state: `spool/${fresh()}.state`,
            folder: folderOf(media),
            attachment: `${folderOf(known.id)}/attachments/${fresh()}.pdf`,
        });
        place(names.whole);
        place(names.part);
        place(names.state);
        place(`${names.folder}/original.pdf`);
        place(names.attachment);
        place(`${names.folder}/pages/0001.png`);
        age(stack.path(names.folder), 2 * DAY);

        Object.assign(names, {
            young: `spool/${fresh()}.part`,
            saved: `spool/${fresh()}.part`,
            changed: `spool/${fresh()}`,
            touched: folderOf(fresh()),
        });
        place(names.young, { seconds: DAY - 600 });
        place(names.saved);
        place(names.changed);
        place(`${names.touched}/original.pdf`);

        place("spool/notes.txt");
        place("media/xy/readme");
        place(`media/00/${media.slice(0, -2)}01/original.pdf`);
        place(`${folderOf(known.id)}/attachments/.hidden`);
        age(stack.path(folderOf(known.id)), 2 * DAY);
    });

    it("are noted by a first pass, and nothing else happens", async () => {
        const { removed, unknown } = await run("orphans");

        assert.equal(removed, 0);
        assert.equal(unknown, 8);
        assert.deepEqual(Object.keys(names)
            .filter((name) => !exists(names[name])), []);
        assert.equal(await noted(names.young), 0);
        assert.equal(await noted(folderOf(known.id)), 0);
    });

    it("stay for an hour at least, whatever the job says", async () => {
        assert.equal((await run("orphans", { hours: 0 })).removed, 0);
        assert.ok(exists(names.whole));
    });

    it("go in a pass a day later, if nothing has changed", async () => {
        await ripen();
        await stack.sql(`insert into sluice.uploads (id, owner, expires_at)
            values ('${names.saved.slice(6, 42)}', '${viewer.user.id}',
                    now() + interval '1 day')`);
        writeFileSync(stack.path(names.changed), "other");
        age(stack.path(names.changed), 2 * DAY);
        age(stack.path(`${names.touched}/original.pdf`), 60);

        second = await run("orphans");
        assert.equal(second.removed, 5);
        for (const name of ["whole", "part", "state", "folder", "attachment"]) {
            assert.equal(exists(names[name]), false, name);
            assert.equal(await count(`sluice.audit where target =
                '${names[name]}' and action = 'orphan-removed'`), 1);
        }
    });

    it("are none that got a row meanwhile", async () => {
        assert.ok(exists(names.saved));
        assert.equal(await noted(names.saved), 0);
    });

    it("are none that changed meanwhile", async () => {
        assert.ok(exists(names.changed));
        assert.equal(await stack.sql("select seen_at > now() - interval '1 h' "
            + `from sluice.orphans where path = '${names.changed}'`), "t");
    });

    it("are none that are younger than a day, however long noted", async () => {
        assert.ok(exists(names.young));
        assert.ok(exists(names.touched, "original.pdf"));
    });

    it("are none of what is known", async () => {
        const { links } = await viewer.media(known.id);

        assert.ok(exists(folderOf(known.id), "pages/0001.png"));
        assert.equal((await viewer.get(links.original.replace(stack.url, "")))
            .status, 200);
    });

    it("are none with a name that is not ours; these are told", async () => {
        assert.equal(second.strange, 4);
        assert.ok(second.names.includes("spool/notes.txt"));
        assert.ok(exists("spool/notes.txt"));
        assert.ok(exists("media/xy/readme"));
    });

    it("are none that a request still brings", async () => {
        const earlier = readdirSync(stack.path("spool"));
        const request = sendPart(`${stack.url}/api/media?filename=a.pdf`, {
            length: 10, body: "%PDF-", headers: viewer.headers });
        const name = await until("its file is there", () =>
            readdirSync(stack.path("spool"))
                .find((file) => !earlier.includes(file)));

        await until("its bytes are", () =>
            statSync(stack.path("spool", name)).size === 5);
        age(stack.path("spool", name), 2 * DAY);
        await run("orphans");
        assert.equal(await noted(`spool/${name}`), 0);

        /* as where the record was away for longer than a row's lease */
        await stack.sql("delete from sluice.uploads where state = 'held'");
        await run("orphans");
        assert.equal(await noted(`spool/${name}`), 1);
        await ripen();
        await run("orphans");
        assert.ok(exists("spool", name));
        request.destroy();
    });

    it("stay when the record knows too little to be this store's",
        async () => {
            const folders = Array.from({ length: 16 }, () => folderOf(fresh()));

            folders.forEach((name) => place(`${name}/original.pdf`));
            await run("orphans", { anyway: true });
            await ripen();

            const id = await begin(stack, "orphans");
            await inState(stack, id, "dead");
            assert.match(await column(stack, id, "error"),
                /^The record knows nothing of 17 of the store's 18 folders/);
            assert.ok(folders.every((name) => exists(name)));

            await run("orphans", { anyway: true });
            assert.ok(!folders.some((name) => exists(name)));
        });
});


/* Bytes by which one of the worker's processes has grown at most since then. */
function growth() {
    const before = children(stack.pid("worker")).map((pid) => {
        writeFileSync(`/proc/${pid}/clear_refs`, "5");  /* proc(5): VmHWM */
        return { pid, bytes: memory(pid, "VmHWM") };
    });

    return () => Math.max(...before.map(({ pid, bytes }) =>
        memory(pid, "VmHWM") - bytes));
}


describe("orphans that are huge", { timeout }, () => {
    const FILES = 50_000;

    it("go like others, and take next to no memory", async () => {
        const long = `spool/${fresh()}`, wide = folderOf(fresh());
        const file = place(`${wide}/0`);

        truncateSync(place(long), 50 * GIB);
        age(stack.path(long), 2 * DAY);
        for (let n = 1; n < FILES; n++) {
            linkSync(file, stack.path(wide, String(n)));
        }
        age(stack.path(wide), 2 * DAY);

        const grown = growth();

        await run("orphans");
        await ripen();
        await run("orphans");
        assert.ok(!exists(long) && !exists(wide));
        assert.ok(grown() < GIB / 256, `${grown()} bytes`);
    });

    it("wait for the next pass once the seconds are over", async () => {
        const name = `spool/${fresh()}`;

        place(name);
        await run("orphans");
        await ripen();
        assert.equal((await run("orphans", { seconds: 0 })).removed, 0);
        assert.ok(exists(name));
        await run("orphans");
        assert.equal(exists(name), false);
    });
});


describe("rows that are old", { timeout }, () => {
    const job = (id, state, days, more = {}) => stack.sql(`
        insert into sluice.jobs (id, kind, state, finished_at, media, waits_for)
        values ('${id}', 'noop', '${state}', now() - interval '${days} days',
                ${more.media ? `'${more.media}'` : "null"},
                ${more.waits ? `'${more.waits}'` : "null"})`);
    const isJob = (id) => count(`sluice.jobs where id = '${id}'`);

    it("go from the audit by their age, and only those", async () => {
        await stack.sql(`insert into sluice.audit (at, action, target)
            select now() - n * interval '1 day', 'test', n::text
            from unnest(array[364, 366, 399, 401, 500]) n`);
        const left = () => stack.sql("select string_agg(target, ' ' order by "
            + "target) from sluice.audit where action = 'test'");

        await run("prune", { audit_days: 450 });
        assert.equal(await left(), "364 366 399 401");
        await run("prune", { audit_days: 365 });    /* less than the schedule */
        assert.equal(await left(), "364 366 399");
        await stack.sql("update sluice.schedules set params = params || "
            + "'{\"audit_days\": 365}' where name = 'prune'");
        await run("prune");
        assert.equal(await left(), "364");
    });

    it("are more than one transaction takes", async () => {
        await stack.sql(`insert into sluice.audit (at, action, target)
            select now() - interval '401 days', 'many', n::text
            from generate_series(1, 2500) n`);
        assert.equal((await run("prune")).audit, 2500);
    });

    it("stay for a day at least, whatever the job says", async () => {
        await run("prune", { audit_days: 0, job_days: -5, session_days: 0 });
        assert.ok(await count("sluice.audit where action = 'session-begun'")
            > 0);
        assert.ok(await count("sluice.jobs where state = 'done'") > 0);
    });

    it("are jobs that nobody needs any more", async () => {
        const media = await score();
        const failed = await viewer.bring(`nothing ${fresh()}`, "a.pdf");
        const [old, recent, ready, bad, parent, child] =
            Array.from({ length: 6 }, fresh);

        await viewer.settled(failed.id);
        await job(old, "done", 31);
        await job(recent, "done", 29);
        await job(ready, "dead", 31, { media: media.id });
        await job(bad, "dead", 31, { media: failed.id });
        await job(parent, "dead", 31);
        await job(child, "done", 1, { waits: parent });

        await run("prune");
        assert.deepEqual(await Promise.all([old, recent, ready, bad, parent,
            child].map(isJob)), [0, 1, 0, 1, 1, 1]);
    });

    it("are sessions, revocations and uploads that are over", async () => {
        const session = (end) => stack.sql(`insert into sluice.sessions
            (id, user_id, refresh_digest, expires_at, ended_at)
            values (sluice.uuid_v7(), '${viewer.user.id}',
                    '\\x${randomBytes(32).toString("hex")}',
                    now() + interval '1 day', now() - interval '${end}')
            returning id`);
        const old = await session("31 days"), recent = await session("29 days");
        const upload = fresh();

        await stack.sql(`insert into sluice.revocations (kind, id, expires_at)
            values ('jti', 'over', now() - interval '1 second'),
                   ('jti', 'on', now() + interval '1 hour')`);
        await stack.sql(`insert into sluice.uploads
            (id, owner, state, expires_at) values ('${upload}',
             '${viewer.user.id}', 'done', now() - interval '1 second')`);
        await run("prune");

        assert.equal(await stack.sql("select id from sluice.sessions where id "
            + `in ('${old}', '${recent}')`), recent);
        assert.equal(await stack.sql("select id from sluice.revocations "
            + "where id in ('over', 'on')"), "on");
        assert.equal(await count(`sluice.uploads where id = '${upload}'`), 0);
    });
});


/* Changes one byte, and nothing else that one would see. */
function flip(path) {
    const bytes = readFileSync(path);
    const { atime, mtime } = statSync(path);

    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
    return bytes;
}

const unread = () => stack.sql("update sluice.media set scrubbed_at = null; "
    + "update sluice.attachments set scrubbed_at = null");

async function rot() {
    const { stdout } = await stack.sluicectl("media", "rot", "--json",
        "--database", `host=${stack.path("run")} dbname=sluice user=sluice`);

    return JSON.parse(stdout);
}


describe("originals", { timeout }, () => {
    let media, original, attachment;

    before(async () => {
        media = await score();
        original = stack.path(folderOf(media.id), "original.pdf");
        const { json } = await viewer.request("POST",
            `/api/media?filename=a.musicxml&score=${media.id}`,
            { body: musicxml() });
        attachment = json.id;
        await until("the attachment is ready", async () =>
            (await viewer.media(media.id)).attachments[0].state === "ready");
    });

    it("are read, and not again before their time", async () => {
        const first = await run("scrub");

        assert.equal(first.rot, 0);
        assert.equal(first.files, await count("sluice.media "
            + "where extension is not null") + 1);
        assert.ok(first.bytes > statSync(original).size);
        assert.equal((await run("scrub")).files, 0);
        assert.deepEqual(await rot(), []);
    });

    it("that have another byte are found, and left as they are", async () => {
        const bytes = flip(original);

        await unread();
        assert.equal((await run("scrub")).rot, 1);
        assert.deepEqual(readFileSync(original), bytes);

        const [found, ...more] = await rot();
        assert.equal(found.media, media.id);
        assert.match(found.rot, /^Its bytes are not those that came/);
        assert.deepEqual(more, []);
        assert.match(stack.text("logs/worker.log"), new RegExp(
            ` error .*the original of media ${media.id} has rotted`));
        assert.equal(await count("sluice.audit where action = 'rot-found' "
            + `and target = '${media.id}'`), 1);
    });

    it("that were brought back are sound again", async () => {
        flip(original);
        await unread();
        assert.equal((await run("scrub")).rot, 0);
        assert.deepEqual(await rot(), []);
        assert.equal(await count("sluice.audit where action = 'rot-healed' "
            + `and target = '${media.id}'`), 1);
    });

    it("that are missing are found, and those of attachments", async () => {
        const folder = stack.path(folderOf(media.id), "attachments");

        renameSync(original, stack.path("run/original.pdf"));
        flip(`${folder}/${attachment}.musicxml`);
        await unread();
        assert.equal((await run("scrub")).rot, 2);

        const found = await rot();
        assert.match(found.find((item) => item.attachment === null).rot,
            /^It cannot be read: No such file/);
        assert.ok(found.some((item) => item.attachment === attachment));
        renameSync(stack.path("run/original.pdf"), original);
    });

    it("that are being deleted have not rotted", async () => {
        const other = await score();

        await stack.sql("update sluice.media set deleted_at = now() "
            + `where id = '${other.id}'`);
        assert.equal(await stack.sql(`select queue.scrubbed('${other.id}', null,
            null, 'It cannot be read.')`), '"gone"');
    });

    it("are read no faster than they may be", async () => {
        await unread();
        const id = await begin(stack, "scrub", { rate: 1, seconds: 10 });

        await inState(stack, id, "running");
        await until("the first was read", async () =>
            Number(await column(stack, id, "progress")) > 0);
        await stack.sql(`select queue.cancel('${id}')`);
        await until("it has let go", async () =>
            await column(stack, id, "lease_until is null") === "t");
        assert.equal(await count("sluice.media "
            + "where scrubbed_at is not null"), 0);
    });
});


describe("a slot that is killed", { timeout }, () => {
    const writes = (table) => `lock table sluice.${table} in share mode`;

    /* The job's slot dies in a call of its kind, while it waits for what the
       statement locks; the next one does the job. */
    async function killed(kind, call, statement) {
        const waiting = "from pg_stat_activity where wait_event_type = 'Lock' "
            + `and application_name = 'sluice-worker' and query ~ '${call}'`;
        const end = await stack.hold(statement);
        const id = await begin(stack, kind);

        await until("the job waits", async () =>
            Number(await stack.sql(`select count(*) ${waiting}`)) > 0);
        const slot = Number((await column(stack, id, "leased_by")).split(":")
            .pop());
        process.kill(slot, "SIGKILL");
        await until("it is dead", () => !alive(slot));
        /* what it asked for is not done either */
        await stack.sql(`select pg_terminate_backend(pid) ${waiting}`);
        await end();
        await inState(stack, id, "done");
        assert.equal(await column(stack, id, "lost"), "1");
        return resultOf(id);
    }

    it("at an expired upload leaves it to the next", async () => {
        const path = await begun();

        await overdue(path);
        const { expired } = await killed("expire", "expire_upload",
            writes("uploads"));
        assert.equal(expired, 1);
        assert.equal(await row(path), 0);
        assert.equal(existsSync(mine.file(path)), false);
    });

    it("at an orphan leaves it to the next", async () => {
        const name = `spool/${fresh()}`;

        place(name);
        await run("orphans");
        await ripen();
        await killed("orphans", "take_orphan", writes("audit"));
        assert.equal(exists(name), false);
        assert.equal(await count(`sluice.audit where target = '${name}'`), 1);
    });

    it("between an upload's row and its files leaves orphans", async () => {
        const path = await begun();

        await stack.sql(`delete from sluice.uploads where id = '${idOf(path)}'`);
        age(mine.file(path), 2 * DAY);
        age(mine.file(path, ".state"), 2 * DAY);
        await run("orphans");
        await ripen();
        await run("orphans");
        assert.equal(existsSync(mine.file(path)), false);
        assert.equal(existsSync(mine.file(path, ".state")), false);
    });

    it("at old rows leaves all of them to the next", async () => {
        await stack.sql("insert into sluice.audit (at, action, target) "
            + "values (now() - interval '400 days', 'old', 'x')");
        const { audit } = await killed("prune", "queue.prune",
            writes("sessions"));
        assert.equal(audit, 1);
    });

    it("at an original has recorded nothing of it", async () => {
        await unread();
        const { files } = await killed("scrub", "queue.scrubbed",
            "select id from sluice.media for update");
        assert.equal(files, await count("sluice.media where extension "
            + "is not null and deleted_at is null") + 1);
    });
});
