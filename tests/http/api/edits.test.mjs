/* Titles, authors, tags and visibility, as people change them; entity tags. */

import assert from "node:assert/strict";

import { musicxml, pdf } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { Tus, base64 } from "../lib/tus.mjs";

const timeout = 90_000;

let stack, owner, other, editor;


before(async () => {
    stack = await startStack();
    [owner, other, editor] = [await stack.visitor("viewer"),
                              await stack.visitor("viewer"),
                              await stack.visitor("editor")];
}, { timeout });

after(() => stack?.stop(), { timeout });


const address = ({ id }) => `/api/media/${id}`;
const patch = (media, json, headers = {}, who = owner) =>
    who.request("PATCH", address(media), { json, headers });
const tag = async (path, who = owner) =>
    (await who.get(path)).headers.etag;
const found = async (q, who = owner) => (await who.get(
    `/api/media?${new URLSearchParams({ q })}`)).json.items.map(({ id }) => id);


describe("what people say of their media", { timeout }, () => {
    let media;

    before(async () => {
        media = await owner.ready((await owner.bring(pdf(), "scan 17.pdf")).id);
    });

    it("is kept and told", async () => {
        const said = { title: "Straße nach Norden", author: "Clara Wieck",
                       tags: ["lied", "concert", "lied"] };
        const answer = await patch(media, said);

        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(
            [answer.json.title, answer.json.author, answer.json.tags],
            [said.title, said.author, ["lied", "concert"]]);
        const { json } = await owner.get(address(media));
        assert.deepEqual(answer.json, json);
    });

    it("is found by search, and what it was before is not", async () => {
        for (const q of ["strasse norden", "wieck", "concert"]) {
            assert.deepEqual(await found(q), [media.id], q);
        }
        await patch(media, { title: "Abschied", tags: [] });
        assert.deepEqual(await found("abschied wieck"), [media.id]);
        for (const q of ["strasse", "concert"]) {
            assert.deepEqual(await found(q), [], q);
        }
    });

    it("changes nothing that is not named", async () => {
        const { json } = await patch(media, { author: null });

        assert.equal(json.title, "Abschied");
        assert.equal(json.author, null);
    });

    const wrong = {
        title: ["", "  ", 5, null, ["x"], "a\nb", "x".repeat(501), "\u0085"],
        author: [5, "a\tb", {}, "x".repeat(501), " "],
        tags: ["lied", null, {}, Array(65).fill("x")],
        "tags[1]": [["a", ""], ["a", 5], ["a", "b\nc"], ["a", "x".repeat(101)],
                    ["a", null]],
        visibility: ["public", "", null, 5, "LIBRARY"],
    };

    for (const [field, values] of Object.entries(wrong)) {
        for (const value of values) {
            it(`is refused with ${field}: ${JSON.stringify(value)}`.slice(0, 60),
                async () => {
                    refused(await patch(media, {
                        [field.replace(/\[.*/, "")]: value }), 422,
                    "field-invalid", field);
                });
        }
    }

    it("is refused when nothing is named", async () => {
        refused(await patch(media, {}), 422, "field-invalid");
        refused(await patch(media, { titel: "Typo" }), 422, "field-invalid");
    });

    it("is said by the owner and by editors", async () => {
        refused(await patch(media, { title: "Mine" }, {}, other), 404,
            "not-found");
        assert.equal((await patch(media, { title: "Ours" }, {}, editor)).status,
            200);
        const { id } = await editor.bring(pdf(), "for all.pdf");
        refused(await patch({ id }, { title: "Mine" }, {}, other), 403,
            "role-too-low");
    });

    it("is written down with what it was", async () => {
        await patch(media, { title: "Before" });
        await patch(media, { title: "After" });
        await patch(media, { title: "After" });

        const [actor, was] = (await stack.sql("select actor, detail->'was' "
            + "from sluice.audit where action = 'media-changed' "
            + `and target = '${media.id}' order by id desc limit 1`))
            .split("|");
        assert.equal(actor, owner.user.id);
        assert.deepEqual(JSON.parse(was), { title: "Before" });
    });

    it("is not taken back by what the file says of itself", async () => {
        await stack.stopWorker();
        const { id } = await owner.bring(musicxml({ title: "Printed" }),
            "a.musicxml");
        await patch({ id }, { title: "Said", author: null });
        await stack.startWorker();

        const now = await owner.ready(id);
        assert.equal(now.title, "Said");
        assert.equal(now.author, null);
        assert.equal(now.score.composer, "Antonín Dvořák");
    });
});


describe("who may see it", { timeout }, () => {
    const seen = async (id) => (await other.get(`/api/media/${id}`)).status;
    const bring = (who, visibility) => who.request("POST",
        `/api/media?filename=a.pdf&visibility=${visibility}`, { body: pdf() });

    it("is chosen by an editor at the upload", async () => {
        const hidden = await bring(editor, "private");
        const shown = await bring(editor, "library");

        assert.deepEqual([hidden.json.visibility, shown.json.visibility],
                         ["private", "library"]);
        assert.equal(await seen(hidden.json.id), 404);
        assert.equal(await seen(shown.json.id), 200);
    });

    it("is chosen by tus, in one request and in more", async () => {
        const tus = new Tus(stack, editor);
        const body = pdf();
        const path = await tus.create(body.length, { "Upload-Metadata":
            `filename ${base64("t.pdf")},visibility ${base64("private")}` });

        await tus.patch(path, 0, body.subarray(0, 100));
        const { headers } = await tus.patch(path, 100, body.subarray(100));
        const media = await editor.media(headers["sluice-media"]);
        assert.equal(media.visibility, "private");
    });

    it("is an editor's to open", async () => {
        refused(await bring(owner, "library"), 403, "role-too-low",
            "visibility");
        refused(await bring(owner, "all"), 422, "field-invalid", "visibility");
        refused(await new Tus(stack, owner).request("POST", "/api/uploads", {
            "Upload-Length": 5, "Upload-Metadata":
                `filename ${base64("t.pdf")},visibility ${base64("library")}`,
        }), 403, "role-too-low", "visibility");

        const { json } = await bring(owner, "private");
        refused(await patch(json, { visibility: "library" }), 403,
            "role-too-low", "visibility");
    });

    it("changes at once for lists, searches and single items", async () => {
        const { id } = await editor.bring(pdf(), "Wanderung.pdf");

        await editor.ready(id);
        assert.deepEqual(await found("wanderung", other), [id]);
        await patch({ id }, { visibility: "private" }, {}, editor);
        assert.deepEqual(await found("wanderung", other), []);
        assert.equal(await seen(id), 404);
        await patch({ id }, { visibility: "library" }, {}, editor);
        assert.deepEqual(await found("wanderung", other), [id]);
    });

    it("may be narrowed by its owner", async () => {
        const { id } = await owner.bring(pdf(), "mine.pdf");

        assert.equal((await patch({ id }, { visibility: "library" }, {},
            editor)).status, 200);
        assert.equal((await patch({ id }, { visibility: "library",
                                            title: "Same" })).status, 200);
        assert.equal((await patch({ id }, { visibility: "private" })).status,
            200);
        assert.equal(await seen(id), 404);
    });
});


describe("an entity tag", { timeout }, () => {
    let media;

    before(async () => {
        media = await owner.ready((await owner.bring(pdf(), "tagged.pdf")).id);
    });

    for (const [what, path] of Object.entries({
        "one media object": () => address(media),
        "a list": () => "/api/media",
        "a job": () => `/api/jobs/${media.job.id}`,
    })) {
        it(`of ${what} spares who has it the body`, async () => {
            const etag = await tag(path());

            assert.match(etag, /^"[\w.-]+"$/);
            for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
                const answer = await owner.get(path(),
                    { headers: { "If-None-Match": known } });

                assert.equal(answer.status, 304, known);
                assert.equal(answer.headers.etag, etag);
                assert.equal(answer.body.length, 0);
            }
            const { status } = await owner.get(path(),
                { headers: { "If-None-Match": '"x"' } });
            assert.equal(status, 200);
        });
    }

    it("changes with what it is of", async () => {
        const before = await tag(address(media));
        const { headers } = await patch(media, { title: "Changed" });

        assert.notEqual(headers.etag, before);
        assert.equal(headers.etag, await tag(address(media)));
    });

    it("lets who has it change and delete", async () => {
        const etag = await tag(address(media));
        const first = await patch(media, { title: "One" },
            { "If-Match": `"else", ${etag}` });

        assert.equal(first.status, 200, first.text);
        assert.equal((await patch(media, { title: "Two" },
            { "If-Match": first.headers.etag })).status, 200);
        assert.equal((await patch(media, { title: "Three" },
            { "If-Match": "*" })).status, 200);
    });

    it("keeps who has an old one from overwriting and deleting", async () => {
        const etag = await tag(address(media));

        await patch(media, { author: "Somebody" });
        refused(await patch(media, { author: "Else" }, { "If-Match": etag }),
            412, "precondition-failed", "If-Match");
        refused(await owner.request("DELETE", address(media),
            { headers: { "If-Match": etag } }), 412, "precondition-failed",
        "If-Match");
        assert.equal((await owner.media(media.id)).author, "Somebody");
    });

    it("is compared strongly, as If-Match must be", async () => {
        const etag = await tag(address(media));

        refused(await patch(media, { title: "Weak" },
            { "If-Match": `W/${etag}` }), 412, "precondition-failed",
        "If-Match");
        refused(await patch(media, { title: "None" }, { "If-Match": '"*"' }),
            412, "precondition-failed", "If-Match");
    });

    it("that is none is refused", async () => {
        for (const none of ["x", '"x', '*, "x"', '"a" "b"']) {
            refused(await patch(media, { title: "No" }, { "If-Match": none }),
                400, "header-invalid", "If-Match");
        }
    });

    it("cannot be given as an argument", async () => {
        const answer = await owner.request("PATCH",
            `${address(media)}?if_match=x`,
            { json: { title: "Argued", if_match: ["x"] } });

        assert.equal(answer.status, 200, answer.text);
    });

    it("stays while a job goes on, for who edits", async () => {
        await stack.stopWorker();
        const { id } = await owner.bring(pdf(), "slow.pdf", { title: "Slow" });
        const etag = await tag(`/api/media/${id}`);

        await stack.startWorker();
        await owner.ready(id);
        assert.notEqual(await tag(`/api/media/${id}`), etag);
        assert.equal((await patch({ id }, { title: "Quick" },
            { "If-Match": etag })).status, 200);
    });

    it("that fits lets its media be deleted", async () => {
        const { status } = await owner.request("DELETE", address(media),
            { headers: { "If-Match": await tag(address(media)) } });

        assert.equal(status, 204);
    });
});
