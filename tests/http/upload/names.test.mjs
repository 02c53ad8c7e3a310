/* File names: one rule for what is taken in and for what a link may say, and
   what becomes of names that an older record has. */

import assert from "node:assert/strict";

import { request } from "../lib/client.mjs";
import { fresh } from "../lib/files.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { minter } from "../lib/token.mjs";
import { Tus, base64 } from "../lib/tus.mjs";

const timeout = 120_000;
const SCORE = "0190a0a0-0000-7000-8000-0000000000aa";
const FILE = "0190a0a0-0000-7000-8000-0000000000ab";
const ODD = "0190a0a0-0000-7000-8000-0000000000ac";

/* U+0080 to U+009F (ISO 6429): from UTF-8 that was encoded twice, for one. */
const C1 = "It\u00e2\u0080\u0099s.pdf";

let stack, viewer, editor;


/* No worker: what comes in stays as it came. */
before(async () => {
    stack = await startStack();
    await stack.stopWorker();
    viewer = await stack.visitor("viewer");
    editor = await stack.visitor("editor");
}, { timeout });

after(() => stack?.stop(), { timeout });


function refused(answer, field = "filename") {
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.type, "urn:sluice:problem:field-invalid");
    assert.equal(answer.json.field, field);
}

const create = (metadata) => new Tus(stack, viewer).request("POST",
    "/api/uploads", { "Upload-Length": 3, "Upload-Metadata": Object
        .entries(metadata).map(([key, text]) => `${key} ${base64(text)}`)
        .join(",") });

const path = (id) => `/media/${id.slice(-2)}/${id}/`;


describe("a name with a control character of U+0080 to U+009F", { timeout }, () => {
    it("is not taken by POST", async () => {
        refused(await viewer.upload(fresh(), C1));
    });

    it("is not taken by a link's PUT", async () => {
        const grant = minter(stack.keys()).grant({ path: "/media/drop/",
            methods: ["PUT"], sub: viewer.user.id });

        refused(await request(`${stack.url}/media/drop/${
            encodeURIComponent(C1)}?grant=${grant}`,
        { method: "PUT", body: fresh() }));
    });

    it("is not taken by tus, under neither of its keys", async () => {
        refused(await create({ filename: C1 }));
        refused(await create({ name: C1 }));
    });

    it("is not taken for an attachment", async () => {
        const score = await viewer.bring(fresh(), "score.pdf");
        const query = new URLSearchParams({ filename: C1, score: score.id });

        refused(await viewer.request("POST", `/api/media?${query}`,
            { body: fresh() }));
        refused(await create({ filename: C1, score: score.id }));
    });

    it("is no title", async () => {
        refused(await viewer.upload(fresh(), "a.pdf", { title: C1 }), "title");
        refused(await create({ filename: "a.pdf", title: C1 }), "title");
    });
});


describe("a name that an older record has", { timeout }, () => {
    const row = (id, filename, extension = "'pdf'") => stack.sql(
        `insert into sluice.media (id, owner, visibility, kind, state, title,
            filename, extension, bytes, sha256, pages) values ('${id}',
            '${viewer.user.id}', 'library', 'score', 'ready', 'Old',
            ${filename}, ${extension}, 1, sha256('${id}'), 1)`);
    const saved = async (url) => (await request(url, { method: "HEAD" }))
        .headers["content-disposition"];
    const lists = async () => {
        for (const who of [viewer, editor, await stack.visitor("viewer")]) {
            const { status, text, json } = await who.get("/api/media");

            assert.equal(status, 200, text);
            assert.ok(json.items.some(({ id }) => id === SCORE));
        }
        return viewer.media(SCORE);
    };

    before(async () => {
        await row(SCORE, "U&'a\\0085b/c\\000a.pdf'");
        await stack.sql(`insert into sluice.attachments (id, media, role,
            position, filename, bytes, sha256, ready, kind, extension)
            values ('${FILE}', '${SCORE}', 'attachment', 1,
            U&'\\0099.mid', 1, sha256('b'), true, 'score', 'mid')`);
        await stack.asServer("sh", "-c", `mkdir -p .${path(SCORE)}attachments;
            echo x > .${path(SCORE)}original.pdf;
            echo x > .${path(SCORE)}attachments/${FILE}.mid`);
    });

    it("keeps nobody from the list, and is cleaned for who saves it", async () => {
        const { filename, links, attachments } = await lists();

        assert.equal(filename, "a\u0085b/c\n.pdf");
        assert.equal(await saved(links.original),
            'attachment; filename="a_b_c_.pdf"');
        assert.equal(await saved(attachments[0].links.original),
            'attachment; filename="_.mid"');
    });

    it("costs its own link alone where nothing cleans it", async () => {
        await row(ODD, "'odd.pdf'", "U&'p\\0085f'");
        const { links } = await viewer.media(ODD);

        assert.equal(links.original, undefined);
        assert.match(links.pages[0], /grant=/);
        assert.match((await lists()).links.original, /grant=/);
        assert.match(stack.text("logs/error.log"),
            new RegExp(`no link to "${path(ODD)}original.p.+no grant may have `
                       + "such a path or file name"));
        assert.doesNotMatch(stack.text("logs/error.log"), /no HS256 key/);
    });
});
