/* Attachments and pages: that failed, are moved, are removed, or came twice. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { refused } from "../lib/problem.mjs";
import { midi, musicxml, pdf, picture, pngSize, writtenPdf } from
    "../lib/files.mjs";
import { descendants, startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { TYPE, Tus, base64 } from "../lib/tus.mjs";

const timeout = 120_000;
const NOBODY = "01890000-0000-7000-8000-000000000000";

let stack, user, stranger, editor;


before(async () => {
    stack = await startStack();
    [user, stranger, editor] = [await stack.visitor("viewer"),
                                await stack.visitor("viewer"),
                                await stack.visitor("editor")];
}, { timeout });

after(() => stack?.stop(), { timeout });


const drawn = async (size) => readFileSync(
    await picture(join(stack.folder, `${size}.png`), size));
const query = (values) => new URLSearchParams(values);
const attach = (media, body, filename, more = {}) => user.request("POST",
    `/api/media?${query({ filename, score: media.id, ...more })}`, { body });
const place = (media, { id }) => `/api/media/${media.id}/attachments/${id}`;
const move = (media, file, json, who = user) =>
    who.request("PATCH", place(media, file), { json });
const found = async (q) => (await user.get(`/api/media?${query({ q })}`))
    .json.items.map(({ id }) => id);

/* The score once all its files are ready or have failed. */
const whole = ({ id }) => until("all attachments are done", async () => {
    const now = await user.media(id);

    return now.state !== "processing" && now.attachments.every(
        ({ state }) => state !== "processing") && now;
});

const widths = ({ links }) => Promise.all(links.pages.map(
    async (link) => pngSize((await request(link)).body).width));

/* A picture, then pages of these widths. */
async function album(...more) {
    const media = await user.bring(await drawn(`300x${400 + 2 * album.many++}`),
        "1.png");

    for (const width of more) {
        await attach(media, await drawn(`${width}x400`), `${width}.png`,
            { role: "page" });
    }
    return whole(media);
}
album.many = 0;

async function gone(media, file) {
    await until("the row is gone", async () => await stack.sql("select count(*)"
        + ` from sluice.attachments where id = '${file.id}'`) === "0");
    for (const name of [`attachments/${file.id}.png`,
                        `attachments/${file.id}.musicxml`]) {
        assert.equal(existsSync(stack.path("media", media.id.slice(-2),
            media.id, name)), false);
    }
    assert.equal(existsSync(stack.path("spool", file.id)), false);
}


describe("a page that could not be read", { timeout }, () => {
    let media, bad;

    before(async () => {
        media = await album();
        bad = (await attach(media, (await drawn("310x400")).subarray(0, 200),
            "cut.png", { role: "page", position: 2 })).json;
        media = await whole(media);
    });

    it("is told of, and leaves its place to another one", async () => {
        assert.equal(media.attachments[0].state, "failed");
        const { status, json } = await attach(media, await drawn("320x400"),
            "good.png", { role: "page", position: 2 });

        assert.equal(status, 201);
        assert.equal(json.position, 2);
        media = await whole(media);
        assert.equal(media.pages, 2);
        assert.equal((await widths(media))[1], 320);
    });

    it("is told when its work is asked for again that its place is taken",
        async () => {
            const answer = await user.request("POST",
                `/api/jobs/${bad.job}/retry`);

            refused(answer, 409, "conflict");
            assert.match(answer.json.detail, /Another page has its place/);
        });

    it("is tried again in another place", async () => {
        assert.equal((await move(media, bad, { position: 7 })).status, 200);
        const { status } = await user.request("POST",
            `/api/jobs/${bad.job}/retry`);

        assert.equal(status, 202);
        media = await whole(media);
        assert.equal(media.attachments.find(({ id }) => id === bad.id).state,
            "failed");
    });

    it("does not push the next page behind itself", async () => {
        const { json } = await attach(media, await drawn("330x400"), "3.png",
            { role: "page" });

        assert.equal(json.position, 3);
        media = await whole(media);
    });

    it("can be removed, and is gone", async () => {
        assert.equal((await user.delete(place(media, bad))).status, 204);
        const now = await user.media(media.id);

        assert.equal(now.attachments.length, 2);
        assert.equal(now.pages, 3);
        await gone(media, bad);
    });
});


describe("a page that is removed", { timeout }, () => {
    let media, links, file;

    before(async () => {
        media = await album(310, 320, 330);
        ({ links } = media);
        file = media.attachments[1];
        assert.equal((await user.delete(place(media, file))).status, 204);
    });

    it("is gone from sight at once, and the others stay", async () => {
        const now = await user.media(media.id);

        assert.equal(now.pages, 3);
        assert.deepEqual(now.attachments.map(({ position }) => position),
                         [2, 4]);
        assert.deepEqual((await widths(now)).slice(1), [310, 330]);
    });

    it("takes its files along", async () => {
        await gone(media, file);
        await until("the open file is forgotten", async () =>
            (await request(links.pages[2])).status === 404, { seconds: 90 });
    });

    it("is not there a second time", async () => {
        refused(await user.delete(place(media, file)), 404, "not-found");
        refused(await move(media, file, { position: 3 }), 404, "not-found");
        refused(await user.request("POST", `/api/jobs/${file.job}/retry`), 409,
            "conflict");
    });

    it("leaves its place, but never its address", async () => {
        const { status } = await attach(media, await drawn("340x400"),
            "other.png", { role: "page", position: 3 });

        assert.equal(status, 201);
        const now = await whole(media);
        assert.deepEqual((await widths(now)).slice(1), [310, 340, 330]);
        const path = (link) => new URL(link).pathname;
        const before = links.pages.map(path);
        assert.equal(before.includes(path(now.links.pages[2])), false);
    });
});


describe("pages that are moved", { timeout }, () => {
    let media;

    const order = async () => {
        media = await user.media(media.id);
        return (await widths(media)).slice(1);
    };

    before(async () => {
        media = await album(310, 320, 330, 340);
    });

    it("towards the front move what lies between back", async () => {
        const answer = await move(media, media.attachments[3], { position: 2 });

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.position, 2);
        assert.match(answer.json.links.original, /^http/);
        assert.deepEqual(await order(), [340, 310, 320, 330]);
    });

    it("towards the end move what lies between to the front", async () => {
        await move(media, media.attachments[0], { position: 4 });
        assert.deepEqual(await order(), [310, 320, 340, 330]);
        assert.deepEqual(media.attachments.map(({ position }) => position),
                         [2, 3, 4, 5]);
    });

    it("to where they are stay", async () => {
        await move(media, media.attachments[1], { position: 3 });
        assert.deepEqual(await order(), [310, 320, 340, 330]);
    });

    it("keep their bytes at their address", async () => {
        const [link] = media.links.pages.slice(-1);
        const { body } = await request(link);

        await move(media, media.attachments[3], { position: 2 });
        assert.ok((await request(link)).body.equals(body));
    });

    for (const [value, field] of [[0, "position"], [1, "position"],
                                  [1000, "position"], ["x", "position"],
                                  [null, "position"], [2.5, "position"]]) {
        it(`are not moved to ${JSON.stringify(value)}`, async () => {
            refused(await move(media, media.attachments[0],
                { position: value }), 422, "field-invalid", field);
        });
    }

    it("are moved by who may change the score", async () => {
        const [file] = media.attachments;

        refused(await move(media, file, { position: 3 }, stranger), 404,
            "not-found");
        refused(await stranger.delete(place(media, file)), 404, "not-found");
        assert.equal((await move(media, file, { position: 3 }, editor)).status,
            200);
        refused(await move({ id: NOBODY }, file, { position: 3 }), 404,
            "not-found");
        refused(await move(media, {}, { position: 3 }), 404, "not-found");
    });

    it("are not reached through another score", async () => {
        const other = await user.bring(pdf(), "other.pdf");

        refused(await user.delete(place(other, media.attachments[0])), 404,
            "not-found");
    });
});


describe("files of a list", { timeout }, () => {
    let media;

    const names = async () => {
        media = await user.media(media.id);
        return media.attachments.map(({ filename }) => filename);
    };

    before(async () => {
        media = await user.bring(writtenPdf("Erlkonig"), "song.pdf");
        await attach(media, musicxml({ words: "Nachtigall" }), "a.musicxml");
        await attach(media, midi(), "b.mid", { position: 1 });
        await attach(media, midi({ part: "Alt" }), "c.mid");
        media = await whole(media);
    });

    it("are moved, also those that came to one place", async () => {
        assert.deepEqual(await names(), ["a.musicxml", "b.mid", "c.mid"]);
        await move(media, media.attachments[1], { position: 1 });
        assert.deepEqual(await names(), ["b.mid", "a.musicxml", "c.mid"]);
        await move(media, media.attachments[0], { position: 999 });
        assert.deepEqual(await names(), ["a.musicxml", "c.mid", "b.mid"]);
        assert.deepEqual(media.attachments.map(({ position }) => position),
                         [1, 2, 3]);
    });

    it("are named anew", async () => {
        const { status, json } = await move(media, media.attachments[2],
            { filename: "Bass.mid" });

        assert.equal(status, 200);
        assert.match((await request(json.links.original))
            .headers["content-disposition"], /filename="Bass\.mid"/);
        refused(await move(media, json, { filename: "a/b" }), 422,
            "field-invalid", "filename");
        refused(await move(media, json, {}), 422, "field-invalid");
    });

    it("come once, and are told to be there when they come again", async () => {
        const answer = await attach(media, midi(), "again.mid");

        assert.equal(answer.status, 200, answer.text);
        assert.equal(answer.json.duplicate, true);
        assert.equal(answer.json.filename, "Bass.mid");
        assert.equal((await names()).length, 3);

        const byTus = await new Tus(stack, user).request("POST", "/api/uploads",
            { "Upload-Length": midi().length, "Content-Type": TYPE,
              "Upload-Metadata": `filename ${base64("t.mid")},`
                + `score ${base64(media.id)}` }, midi());
        assert.equal(byTus.headers["sluice-media"], media.id);
        assert.equal((await names()).length, 3);
    });

    it("are found by their words until they are removed", async () => {
        assert.deepEqual(await found("erlkonig nachtigall"), [media.id]);
        assert.equal(media.score.key, "D minor");
        const file = media.attachments[0];

        assert.equal((await user.delete(place(media, file))).status, 204);
        assert.deepEqual(await found("erlkonig nachtigall"), []);
        assert.deepEqual(await found("erlkonig"), [media.id]);
        const now = await user.media(media.id);
        assert.notEqual(now.score.key, "D minor");
        const { json } = await user.get(`/api/media?q=erlkonig`);
        assert.equal(json.items[0].attached, 2);
        await gone(media, file);
    });

    it("come anew after they were removed", async () => {
        const { status } = await attach(media,
            musicxml({ words: "Nachtigall" }), "a.musicxml");

        assert.equal(status, 201);
        media = await whole(media);
        assert.deepEqual(await found("erlkonig nachtigall"), [media.id]);
    });
});


describe("a removal", { timeout }, () => {
    it("of a file that is still being read ends that, and leaves nothing",
        async () => {
            const media = await album();

            await stack.stopWorker();
            const { json } = await attach(media, await drawn("310x400"),
                "2.png", { role: "page" });
            assert.equal((await user.delete(place(media, json))).status, 204);
            assert.equal((await user.get(`/api/jobs/${json.job}`)).json.state,
                "cancelled");
            await stack.startWorker();
            await gone(media, json);
            assert.equal((await user.media(media.id)).pages, 1);
        });

    it("is done by the next worker when one is killed over it", async () => {
        const media = await album(310);
        const [file] = media.attachments;

        await stack.stopWorker();
        await user.delete(place(media, file));
        assert.equal((await user.media(media.id)).pages, 1);
        await stack.startWorker();
        for (const pid of descendants(stack.pid("worker"))) {
            process.kill(pid, "SIGKILL");
        }
        await gone(media, file);
        assert.equal(await stack.sql("select count(*) from sluice.jobs where "
            + `media = '${media.id}' and state not in ('done', 'cancelled')`),
        "0");
    });

    it("cannot be cancelled", async () => {
        const media = await album(310);

        await stack.stopWorker();
        await user.delete(place(media, media.attachments[0]));
        const job = await stack.sql("select id from sluice.jobs where "
            + `media = '${media.id}' and kind = 'detach'`);
        refused(await user.delete(`/api/jobs/${job}`), 409, "conflict");
        await stack.startWorker();
        await gone(media, media.attachments[0]);
    });

    it("is written down", async () => {
        const media = await album(310);
        const [file] = media.attachments;

        await user.delete(place(media, file));
        assert.equal(await stack.sql("select actor, detail->>'media' from "
            + "sluice.audit where action = 'attachment-removed' and target = "
            + `'${file.id}'`), `${user.user.id}|${media.id}`);
    });
});
