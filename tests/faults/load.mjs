/*
 * People who bring, delete and ask for work, whatever happens meanwhile: what
 * is refused or cut off they do again, and what is accepted is in the ledger.
 * What they bring comes from the seed.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { Client, request, sendPart, until } from "../http/lib/client.mjs";
import { random } from "../http/lib/cutter.mjs";
import { film, midi, pdf } from "../http/lib/files.mjs";
import { made, picture } from "../http/lib/films.mjs";
import { noop } from "../http/lib/noop.mjs";
import { TYPE, base64 } from "../http/lib/tus.mjs";
import { sha256 } from "./ledger.mjs";

const AGAIN = 100;              /* ms until the next try */
const OPEN = 9;                 /* accepted and not done: then they wait */


export class Load {
    constructor(stack, ledger, seed) {
        this.stack = stack;
        this.ledger = ledger;
        this.seed = seed;
        this.count = 0;
        this.busy = 0;
        this.held = true;
        this.over = false;
        this.most = OPEN;
        this.refusals = new Map();
    }

    async start() {
        const { email, password } = await this.stack.user();

        this.email = email;
        this.password = password;
        await this.stack.sql("update sluice.users set uploads_max = 100000");
        this.film = readFileSync(await film(join(this.stack.folder, "film.mp4"),
            { seconds: 1, size: "64x48" }));
        /* two rungs, of two pieces */
        this.pieces = readFileSync(await made(this.stack.folder, "pieces.mkv",
            ...picture(24, { size: "640x360", rate: 4 }), "-c:v", "mpeg4"));
        this.page = pdf({ width: 200, height: 280 });
        await this.signIn();

        this.loops = [this.post, this.post, this.tus, this.tus, this.noop,
            this.noop, this.noop, this.delete]
            .map((action, n) => this.loop(action, random(this.seed * 97 + n)));
        this.loops.push(this.look());
    }

    /* What is done makes room for more. */
    async look() {
        while (!this.over) {
            await this.ledger.look().catch(() => {});
            await pause(200);
        }
    }

    async loop(action, next) {
        while (!this.over) {
            if (this.held || this.ledger.open().length >= this.most) {
                await pause(20);
                continue;
            }

            this.busy++;
            await action.call(this, next);
            this.busy--;
            await pause(next() * 300);
        }
    }

    async stop() {
        this.over = true;
        await Promise.all(this.loops);
    }

    /* Asks until `good` takes an answer, and answers it. What was cut off or
       refused is asked again. */
    async insist(what, ask, good) {
        while (!this.over) {
            const answer = await ask().catch((error) => ({
                status: error.code ?? error.message }));

            if (good(answer)) {
                return answer;
            }
            if (answer.status === 401) {
                await this.signIn();
            }
            this.refuse(`${what}: ${answer.status}`);
            await pause(AGAIN);
        }
        return undefined;
    }

    refuse(why) {
        this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
    }

    async signIn() {
        const { who } = await this.insist("sign-in", async () => ({
            who: await Client.signIn(this.stack.url, this.email, this.password),
        }), ({ who: found }) => found) ?? this;

        this.who = who;
    }

    /* A film, a score or notes that nobody brought before. */
    content(next) {
        const n = ++this.count;
        const which = next();
        const mark = `${this.seed} ${n} ${Math.floor(next() * 2 ** 32)}`;
        const made = which < 0.2 ? {
            kind: "video", name: `${n}.mp4`,
            bytes: Buffer.concat([this.film, box(mark, next() * 2 ** 20)]),
        } : which < 0.3 ? {
            kind: "pieces", name: `${n}.mkv`,
            bytes: Buffer.concat([this.pieces, unread(mark)]),
        } : which < 0.7 ? {
            kind: "score", name: `${n}.pdf`,
            bytes: Buffer.concat([this.page, Buffer.from(`%${mark}\n`)]),
        } : {
            kind: "score", name: `${n}.mid`, bytes: midi({ part: mark }),
        };

        return { ...made, sha: sha256(made.bytes) };
    }

    async post(next) {
        const content = this.content(next);
        const answer = await this.insist("POST",
            () => this.who.upload(content.bytes, content.name),
            ({ status }) => status === 200 || status === 201);

        if (answer) {
            this.ledger.brought(answer.json.id, content);
        }
    }

    /* In pieces, and cut now and then. */
    async tus(next) {
        const content = this.content(next);
        const begun = await this.insist("tus POST", () => this.ask("POST",
            "/api/uploads", { "Upload-Length": content.bytes.length,
                "Upload-Metadata": `filename ${base64(content.name)}` }),
        ({ status }) => status === 201);
        const path = begun?.headers.location;
        let acknowledged = 0, media;

        while (!media && !this.over) {
            const { status, headers } = await this.insist("tus HEAD",
                () => this.ask("HEAD", path),
                (answer) => [200, 404, 410].includes(answer.status)) ?? {};
            const at = Number(headers?.["upload-offset"]);

            if (status === 200 && at >= acknowledged) {
                ({ acknowledged, media } = await this.piece(path, at, content,
                    next) ?? { acknowledged });
            } else if (status) {
                this.ledger.tell(this.ledger.lost, `${content.name} ${path}: `
                    + `${status} at ${at}, ${acknowledged} was promised`);
                return;
            }
        }
        if (media) {
            this.ledger.brought(media, content);
        }
    }

    async piece(path, at, { bytes }, next) {
        const to = next() < 0.4 ? bytes.length
            : at + Math.ceil(next() * (bytes.length - at));
        const summed = next() < 0.3;

        if (next() < 0.3) {
            const cut = sendPart(`${this.stack.url}${path}`, {
                method: "PATCH",
                headers: this.headers(at, summed && bytes.subarray(at)),
                length: bytes.length - at, body: bytes.subarray(at, to),
            });

            await pause(next() * 100);
            cut.destroy();
            return undefined;
        }

        const part = bytes.subarray(at, to);
        const answer = await this.ask("PATCH", path,
            this.headers(at, summed && part), part)
            .catch((error) => ({ status: error.code }));

        if (answer.status !== 204) {
            this.refuse(`tus PATCH: ${answer.status}`);
            await pause(AGAIN);
            return undefined;
        }
        return { acknowledged: Number(answer.headers["upload-offset"]),
                 media: answer.headers["sluice-media"] };
    }

    /* `summed`: the bytes whose checksum goes along, if any. */
    headers(at, summed) {
        return { ...this.who.headers, "Tus-Resumable": "1.0.0",
                 "Upload-Offset": at, "Content-Type": TYPE,
                 ...(summed ? { "Upload-Checksum": checksum(summed) } : {}) };
    }

    ask(method, path, headers = {}, body = undefined) {
        return request(`${this.stack.url}${path}`, { method, body,
            headers: { ...this.who.headers, "Tus-Resumable": "1.0.0",
                       ...headers } });
    }

    async noop(next) {
        const args = { ms: Math.floor(next() * 800), tool: next() < 0.3 };

        try {
            this.ledger.enqueued(await noop(this.stack, args));
        } catch {
            this.refuse("enqueue");
            await pause(AGAIN);
        }
    }

    async delete(next) {
        const ready = this.ledger.deletable();
        const entry = ready[Math.floor(next() * ready.length)];

        if (ready.length < 10) {
            return;
        }

        entry.deleted = "asked";
        const answer = await this.insist("DELETE",
            () => this.who.delete(`/api/media/${entry.id}`),
            ({ status }) => [200, 202, 204, 404].includes(status));

        entry.deleted = answer ? "yes" : "asked";
        entry.settled = false;
    }

    /* Nobody begins anything; answers when all that was begun is accepted, or
       false when that takes too long. */
    async hold(seconds) {
        this.held = true;
        return until("what was begun is accepted", () => this.busy === 0,
            { seconds, every: 20 }).then(() => true, () => false);
    }

    release() {
        this.held = false;
    }
}


const checksum = (bytes) => "sha256 "
    + createHash("sha256").update(bytes).digest("base64");


/* MP4's for what is to be skipped (ISO 14496-12, 8.1.2): size, type, bytes. */
function box(mark, size) {
    const bytes = Buffer.alloc(8 + mark.length + Math.floor(size), mark);

    bytes.writeUInt32BE(bytes.length, 0);
    bytes.write("free", 4, "latin1");
    return bytes;
}


/* Matroska's: an element Void (RFC 9559, 5.1): id, size, bytes. */
function unread(mark) {
    return Buffer.from(`\xec${String.fromCharCode(0x80 | mark.length)}${mark}`,
        "latin1");
}
