/*
 * What was accepted, and whether it is kept: `lost` is what is not there or not
 * as it came, `doubled` what took effect twice. Each is a list of sentences, and
 * `lists` names them.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/* The jobs of a file that went well, and of each one only. */
const JOBS = {
    video: "chapters done,package done,poster done,probe done,storyboard done,"
        + "verify done",
    pieces: "chapters done,encode done,encode done,join done,package done,"
        + "poster done,probe done,split done,storyboard done",
    score: "score done",
};

/* What ends twice, and what comes twice, is written down by the database
   itself, so that nothing hides between two looks. */
const WATCH = `
    create schema faults;
    create table faults.ended (job uuid, state text);
    create table faults.brought (owner uuid, sha256 bytea);
    create function faults.note_job() returns trigger language plpgsql
    security definer as $$
    begin
        if new.state in ('done', 'dead')
           or (tg_op = 'UPDATE' and old.state in ('done', 'dead')) then
            insert into faults.ended values (new.id, new.state);
        end if;
        return null;
    end $$;
    create function faults.note_media() returns trigger language plpgsql
    security definer as $$
    begin
        insert into faults.brought values (new.owner, new.sha256);
        return null;
    end $$;
    create trigger ended after update of state on sluice.jobs
        for each row when (old.state is distinct from new.state)
        execute function faults.note_job();
    create trigger brought after insert on sluice.media
        for each row execute function faults.note_media();`;

export const sha256 = (bytes) =>
    createHash("sha256").update(bytes).digest("hex");


export class Ledger {
    constructor(stack) {
        this.stack = stack;
        this.lists = ["lost", "doubled"];
        this.uploads = new Map();
        this.jobs = new Map();
        this.lost = [];
        this.doubled = [];
        this.told = new Set();
    }

    watch() {
        return this.stack.sql(WATCH);
    }

    /* An answer said that these bytes are taken in as this media. */
    brought(id, { sha, kind, name }) {
        if (!this.uploads.has(id)) {
            this.uploads.set(id, { id, sha, kind, name, settled: false });
        }
    }

    /* A transaction that asked for this job was committed. */
    enqueued(id) {
        this.jobs.set(id, { id, settled: false });
    }

    /* What is not where it is meant to end yet. */
    open() {
        return [...this.uploads.values(), ...this.jobs.values()]
            .filter(({ settled }) => !settled);
    }

    /* Something to delete: of those that are ready. */
    deletable() {
        return [...this.uploads.values()].filter(({ settled, deleted }) =>
            settled && !deleted);
    }

    tell(list, sentence) {
        if (!this.told.has(sentence)) {
            this.told.add(sentence);
            list.push(sentence);
        }
    }

    drop({ id }) {
        this.uploads.delete(id);
        this.jobs.delete(id);
    }

    /* Looks at what is open, and settles what has come to its end; one at a
       time does. Throws while the database is away. */
    look() {
        this.looking ??= this.lookOnce().finally(() => {
            this.looking = undefined;
        });
        return this.looking;
    }

    async lookOnce() {
        const open = this.open();

        await this.lookAtUploads(open.filter(({ sha }) => sha));
        await this.lookAtJobs(open.filter(({ sha }) => !sha));
        await this.lookForTwice();
    }

    /* Looks again at what was settled: it must be as it was. */
    async lookAgain(entries) {
        await this.looking?.catch(() => {});
        for (const entry of entries) {
            entry.settled = false;
        }
        await this.look();
        for (const entry of entries.filter(({ settled }) => !settled)) {
            this.tell(this.lost, `${entry.id} was settled and is no longer`);
        }
    }

    async lookAtUploads(entries) {
        const rows = await this.rows(entries, `select m.id, m.state,
            encode(m.sha256, 'hex'), coalesce(m.extension, ''),
            coalesce((select string_agg(kind || ' ' || state, ',' order by kind)
                      from sluice.jobs where media = m.id), ''),
            coalesce(m.error, '') from sluice.media m where m.id`);

        for (const entry of entries) {
            const row = rows.get(entry.id);

            if (entry.deleted) {
                entry.settled = row === undefined
                    ? this.erased(entry) : entry.deleted !== "yes";
            } else if (row === undefined) {
                this.loses(entry, "has no row");
            } else {
                this.judge(entry, row);
            }
        }
    }

    judge(entry, [, state, sha, extension, jobs, error]) {
        if (state === "failed") {
            this.loses(entry, `failed: ${error}`);
        } else if (sha !== entry.sha) {
            this.loses(entry, "has a row with other bytes");
        } else if (state === "ready" && !/queued|running|retrying/.test(jobs)) {
            entry.settled = true;
            if (jobs !== JOBS[entry.kind]) {
                this.tell(this.doubled, `${entry.id} had the jobs ${jobs}`);
            }
            this.lookAtFiles(entry, extension);
        }
    }

    lookAtFiles(entry, extension) {
        const folder = this.folder(entry);
        const original = join(folder, `original.${extension}`);

        if (!existsSync(original)
            || sha256(readFileSync(original)) !== entry.sha) {
            this.loses(entry, "has an original with other bytes");
            return;
        }

        const files = published(folder);

        if (entry.files !== undefined && files !== entry.files) {
            this.tell(this.doubled,
                `${entry.id} was published again: ${entry.files} is ${files}`);
        }
        entry.files = files;
    }

    /* A film's row may go before somebody's view of the folder does. */
    erased(entry) {
        return !existsSync(this.folder(entry))
            && !existsSync(this.stack.path("spool", entry.id));
    }

    loses(entry, why) {
        entry.settled = true;
        this.tell(this.lost, `${entry.name} (${entry.id}) ${why}`);
    }

    async lookAtJobs(entries) {
        const rows = await this.rows(entries,
            "select id, state, coalesce(error, '') from sluice.jobs where id");

        for (const entry of entries) {
            const [, state, error] = rows.get(entry.id) ?? [];

            entry.settled = state === "done";
            if (state === undefined || /dead|cancelled/.test(state)) {
                entry.settled = true;
                this.tell(this.lost, `job ${entry.id} is ${state}: ${error}`);
            }
        }
    }

    async lookForTwice() {
        const twice = await this.stack.sql(
            "select 'job ' || job || ' ended ' || string_agg(state, ' and ') "
            + "from faults.ended group by job having count(*) > 1 union all "
            + "select 'the file ' || encode(sha256, 'hex') || ' has ' "
            + "|| count(*) || ' rows' from faults.brought "
            + "group by owner, sha256 having count(*) > 1");

        for (const sentence of twice.split("\n").filter(Boolean)) {
            this.tell(this.doubled, sentence);
        }
    }

    async rows(entries, select) {
        if (entries.length === 0) {
            return new Map();
        }

        const ids = entries.map(({ id }) => `'${id}'`).join(",");
        const text = await this.stack.sql(`${select} in (${ids})`);

        return new Map(text.split("\n").filter(Boolean)
            .map((line) => [line.slice(0, line.indexOf("|")),
                            line.split("|")]));
    }

    folder({ id }) {
        return this.stack.path("media", id.slice(-2), id);
    }

    /* What is known of what does not come to its end. */
    async describe(entries) {
        const ids = entries.map(({ id }) => `'${id}'`).join(",");

        return ids && this.stack.sql("select coalesce(media, id), kind, state, "
            + "attempt, lost, leased_by, lease_until - now(), run_at - now(), "
            + `error from sluice.jobs where id in (${ids}) or media in (${ids})`
            + " and state <> 'done'");
    }
}


/* Published files, each by its inode, size and time: they are immutable. */
function published(folder, top = folder) {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => {
        const path = join(folder, entry.name);
        const { ino, size, mtimeMs } = statSync(path);

        return entry.isDirectory() ? published(path, top)
            : `${relative(top, path)}:${ino}:${size}:${mtimeMs}`;
    }).sort().join(" ");
}
