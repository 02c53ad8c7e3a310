/* The catalogue: lists, single items, deletion, and how the API says no. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import { film, fresh, pdf } from "../lib/files.mjs";
import { refused } from "../lib/problem.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 90_000;
const NOBODY = "01890000-0000-7000-8000-000000000000";

let stack, owner, other, editor;


before(async () => {
    stack = await startStack();
    [owner, other, editor] = [await stack.visitor("viewer"),
                              await stack.visitor("viewer"),
                              await stack.visitor("editor")];
}, { timeout });

after(() => stack?.stop(), { timeout });


async function list(client, query = "") {
    const answer = await client.get(`/api/media?${query}`);

    assert.equal(answer.status, 200, answer.text);
    return answer.json;
}

const ids = ({ items }) => items.map((item) => item.id);


describe("the list", { timeout }, () => {
    const titles = ["Sonate 1", "Sonate 2", "Ouverture", "100% Été",
                    "under_score", "Sonate 3", "Étude"];
    let reader, brought;

    before(async () => {
        reader = await stack.visitor("viewer");
        brought = [];
        for (const [at, title] of titles.entries()) {
            brought.push(await reader.bring(at % 2 ? pdf() : fresh(),
                at % 2 ? "a.pdf" : "a.mp3", { title }));
        }
    });

    it("begins with what came last", async () => {
        assert.deepEqual(ids(await list(reader)),
            brought.map((item) => item.id).reverse());
    });

    it("goes on at its cursor until there is no next", async () => {
        const seen = [];
        let cursor = "", pages = 0;

        do {
            const page = await list(reader, `limit=3&cursor=${cursor}`);

            assert.ok(page.items.length <= 3);
            seen.push(...ids(page));
            cursor = page.next;
            pages++;
        } while (cursor);

        assert.equal(pages, 3);
        assert.deepEqual(seen, brought.map((item) => item.id).reverse());
    });

    it("has no next when the last page is full", async () => {
        const page = await list(reader, `limit=${titles.length}`);

        assert.equal(page.items.length, titles.length);
        assert.equal(page.next ?? null, null);
    });

    it("does not repeat or lose anything when something new comes between",
        async () => {
            const first = await list(reader, "limit=4");
            const { id } = await reader.bring(fresh(), "late.mp3",
                { title: "late" });
            const second = await list(reader,
                `limit=100&cursor=${first.next}`);

            await reader.delete(`/api/media/${id}`);
            assert.deepEqual([...ids(first), ...ids(second)],
                brought.map((item) => item.id).reverse());
        });

    it("goes on behind what was deleted meanwhile", async () => {
        const late = [];

        for (const title of ["one", "two", "three"]) {
            late.push((await reader.bring(fresh(), "late.mp3", { title })).id);
        }
        const first = await list(reader, "limit=2");

        assert.deepEqual(ids(first), late.slice(1).reverse());
        for (const id of late) {
            await reader.delete(`/api/media/${id}`);
        }
        assert.deepEqual(ids(await list(reader,
            `limit=100&cursor=${first.next}`)),
            brought.map((item) => item.id).reverse());
    });

    it("looks for the first 200 characters of what is very long", async () => {
        const many = (word, count) => Array(count).fill(word).join("+");

        assert.equal((await list(reader, `q=${many("sonate", 100)}`))
            .items.length, 3);
        assert.equal((await list(reader, `q=${"x".repeat(2000)}`))
            .items.length, 0);
        assert.equal((await list(reader,
            `q=sonate+${"+".repeat(200)}nothing`)).items.length, 3);
    });

    it("holds one kind when asked", async () => {
        const scores = await list(reader, "kind=score");

        assert.deepEqual(ids(scores),
            brought.filter((_, at) => at % 2).map(({ id }) => id).reverse());
        for (const item of scores.items) {
            assert.equal(item.kind, "score");
        }
    });

    const searches = { "sonate": 3, "SONATE+2": 1, "%C3%A9t": 2, "100%25": 1,
                       "score": 1, "core": 0, "_": 0, "%25": 0,
                       "nothing+like+it": 0, "%27": 0, "+": 7 };

    for (const [q, count] of Object.entries(searches)) {
        it(`finds ${count} for q=${q}`, async () => {
            assert.equal((await list(reader, `q=${q}`)).items.length, count);
        });
    }

    it("searches and pages at the same time", async () => {
        const first = await list(reader, "q=sonate&limit=2");
        const second = await list(reader,
            `q=sonate&limit=2&cursor=${first.next}`);

        assert.equal(first.items.length, 2);
        assert.equal(second.items.length, 1);
        assert.equal(second.next ?? null, null);
    });

    const wrong = { "kind=dance": "kind", "limit=0": "limit",
                    "limit=-1": "limit", "limit=many": "limit",
                    "limit=100000": "limit", "cursor=x": "cursor" };

    for (const [query, field] of Object.entries(wrong)) {
        it(`refuses ${query} and names the field`, async () => {
            refused(await reader.get(`/api/media?${query}`), 422,
                "field-invalid", field);
        });
    }

    it("answers HEAD without a body", async () => {
        const answer = await reader.request("HEAD", "/api/media");

        assert.equal(answer.status, 200);
        assert.equal(answer.body.length, 0);
    });

    it("is nobody's business without signing in", async () => {
        refused(await request(`${stack.url}/api/media`), 401,
            "unauthenticated");
    });
});


describe("what a viewer brought", { timeout }, () => {
    let media;

    before(async () => {
        media = await owner.bring(pdf(), "private.pdf");
        media = await owner.ready(media.id);
    });

    it("is not there for other viewers", async () => {
        refused(await other.get(`/api/media/${media.id}`), 404, "not-found");
        refused(await other.get(`/api/jobs/${media.job.id}`), 404, "not-found");
        assert.equal(ids(await list(other)).includes(media.id), false);
    });

    it("cannot be deleted by other viewers", async () => {
        refused(await other.delete(`/api/media/${media.id}`), 404, "not-found");
        assert.equal((await owner.media(media.id)).id, media.id);
    });

    it("is answered the same as what never was", async () => {
        const hidden = await other.get(`/api/media/${media.id}`);
        const nothing = await other.get(`/api/media/${NOBODY}`);

        assert.deepEqual(hidden.json, nothing.json);
    });

    it("is there for editors", async () => {
        assert.equal((await editor.media(media.id)).id, media.id);
    });
});


it("what an editor brought is there for all and for editors to delete",
    { timeout }, async () => {
        const { id } = await editor.bring(pdf(), "for-all.pdf");

        assert.equal((await other.media(id)).id, id);
        refused(await other.delete(`/api/media/${id}`), 403, "role-too-low");
        assert.equal((await editor.delete(`/api/media/${id}`)).status, 204);
    });


describe("deleting", { timeout }, () => {
    let media, path;

    before(async () => {
        path = await film(join(stack.folder, "film.mp4"));
        media = await owner.bring(readFileSync(path), "film.mp4");
        media = await owner.ready(media.id);
    });

    it("takes an item out of sight at once", async () => {
        const answer = await owner.delete(`/api/media/${media.id}`);

        assert.equal(answer.status, 204);
        assert.equal(answer.body.length, 0);
        refused(await owner.get(`/api/media/${media.id}`), 404, "not-found");
        assert.equal(ids(await list(owner)).includes(media.id), false);
    });

    it("takes its files and its rows away", async () => {
        await until("the files are gone", () => !existsSync(
            stack.path("media", media.id.slice(-2), media.id)));
        await until("the row is gone", async () => await stack.sql(
            `select id from sluice.media where id = '${media.id}'`) === "");
    });

    it("leaves links that find nothing", async () => {
        await until("the open file is forgotten", async () =>
            (await request(media.links.original)).status === 404,
        { seconds: 90 });
        assert.equal((await request(media.links.play)).status, 404);
    });

    it("twice finds nothing the second time", async () => {
        refused(await owner.delete(`/api/media/${media.id}`), 404, "not-found");
    });

    it("of what is being worked on leaves nothing behind", async () => {
        const { id } = await owner.bring(readFileSync(path), "early.mp4");

        assert.equal((await owner.delete(`/api/media/${id}`)).status, 204);
        await until("the row is gone", async () => await stack.sql(
            `select id from sluice.media where id = '${id}'`) === "");
        await until("the folders are gone", () =>
            !existsSync(stack.path("media", id.slice(-2), id))
            && !readdirSync(stack.path("spool")).some(
                (name) => name.startsWith(id)));
        await until("the work is gone",
            () => readdirSync(stack.path("work")).length === 0);
    });
});


describe("an address", { timeout }, () => {
    it("that nobody knows is 404", async () => {
        for (const path of ["/api/", "/api/nothing", "/api/media/",
                            `/api/media/${NOBODY}/nothing`, "/api/mediax"]) {
            refused(await owner.get(path), 404, "not-found");
        }
    });

    it("with an id that is none is 404", async () => {
        for (const id of ["1", "x", NOBODY.slice(1), `${NOBODY}0`,
                          NOBODY.replace("0", "g"),
                          "' or true --".replaceAll(" ", "%20")]) {
            refused(await owner.get(`/api/media/${id}`), 404, "not-found");
        }
        /* nginx takes no such path (RFC 3986, 7.3) */
        assert.equal((await owner.get("/api/media/%00")).status, 400);
        refused(await owner.get(`/api/jobs/${NOBODY}`), 404, "not-found");
    });

    const methods = {
        "/api/media": ["PUT", ["GET", "HEAD", "POST"]],
        [`/api/media/${NOBODY}`]: ["POST", ["DELETE", "GET", "HEAD", "PATCH"]],
        [`/api/media/${NOBODY}/attachments/${NOBODY}`]:
            ["GET", ["DELETE", "PATCH"]],
        [`/api/jobs/${NOBODY}`]: ["POST", ["DELETE", "GET", "HEAD"]],
        "/api/me": ["POST", ["DELETE", "GET", "HEAD", "PATCH"]],
        "/api/sessions": ["PUT", ["DELETE", "GET", "HEAD", "POST"]],
        [`/api/sessions/${NOBODY}`]: ["GET", ["DELETE"]],
        "/api/sessions/current": ["POST", ["DELETE"]],
    };

    for (const [path, [method, allowed]] of Object.entries(methods)) {
        it(`refuses ${method} ${path} and says what it allows`, async () => {
            const answer = await owner.request(method, path);

            refused(answer, 405, "method-not-allowed");
            assert.deepEqual(answer.headers.allow.split(/,\s*/).sort(),
                allowed);
        });
    }

    it("answers JSON that nobody keeps", async () => {
        const { headers } = await owner.get("/api/me");

        assert.match(headers["content-type"], /^application\/json/);
        assert.match(headers["cache-control"] ?? "", /no-store/);
    });

    it("does not take the actor from the arguments", async () => {
        const answer = await owner.get(`/api/me?actor=${other.user.id}`
            + `&id=${other.user.id}`);
        assert.equal(answer.json.id, owner.user.id);
    });
});


describe("the server's own state", { timeout }, () => {
    it("is healthy", async () => {
        const answer = await request(`${stack.url}/health`);

        assert.equal(answer.status, 200);
        assert.equal(answer.json.status, "ok");
    });

    it("is ready", async () => {
        const answer = await request(`${stack.url}/ready`);

        assert.equal(answer.status, 200);
        assert.equal(answer.json.status, "ready");
    });
});
