/* What is found by which words, what is told as title, and what of it is seen
   by whom. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { film, fresh, musicxml, pdf } from "../lib/files.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;

let stack, user, other, editor;

before(async () => {
    stack = await startStack();
    [user, other, editor] = [await stack.visitor("viewer"),
                             await stack.visitor("viewer"),
                             await stack.visitor("editor")];
}, { timeout });

after(() => stack?.stop(), { timeout });


async function found(client, q) {
    const answer = await client.get(`/api/media?${new URLSearchParams({ q })}`);

    assert.equal(answer.status, 200, answer.text);
    return answer.json.items.map(({ id }) => id);
}


describe("a search", { timeout }, () => {
    const titles = {
        "Zwillingsfuge BWV-846, Sonate Nr.14, K.331, Vl./Va.":
            ["BWV 846", "846", "bwv846", "Nr. 14", "14", "K 331", "K.331",
             "k331", "331", "Vl Va", "Va", "Vl./Va.", "zwilling nr"],
        "Allegrissimo/Andantissimo": ["Andantissimo", "allegr andant"],
        "Straße nach Øresund und Łódź, Chœur, Æther, Þingvellir, Đorđe":
            ["Strasse", "STRASSE", "straße", "Oresund", "Øresund", "Lodz",
             "Łódź", "Choeur", "chœur", "aether", "thingvellir", "dorde"],
        "L’élève à l’Été – F♯-Moll": ["l'eleve", "ELEVE", "ete", "été", "moll"],
        "Ёлка и Θάλασσα 東京": ["елка", "θαλασσα", "ΘΆΛΑΣΣΑ", "東"],
    };
    const ids = {};

    before(async () => {
        for (const title of Object.keys(titles)) {
            ids[title] = (await user.bring(fresh(), "x.mp3", { title })).id;
        }
    });

    for (const [title, queries] of Object.entries(titles)) {
        it(`finds "${title}" by ${queries.join(", ")}`, async () => {
            for (const q of queries) {
                assert.deepEqual(await found(user, q), [ids[title]], q);
            }
        });
    }

    for (const q of ["331 846 14 nothing", "onate", "?", "8461"]) {
        it(`finds nothing by "${q}"`, async () => {
            assert.deepEqual(await found(user, q), []);
        });
    }

    it("finds by the file's name what has another title", async () => {
        const { id } = await user.bring(fresh(), "Kistenfund 7.mp3",
            { title: "Ohne Namen" });

        assert.deepEqual(await found(user, "kistenfund"), [id]);
    });

    it("finds nothing any more of what was deleted", async () => {
        const { id } = await user.bring(fresh(), "x.mp3",
            { title: "Vergaenglich" });

        assert.deepEqual(await found(user, "vergaenglich"), [id]);
        await user.delete(`/api/media/${id}`);
        assert.deepEqual(await found(user, "vergaenglich"), []);
    });
});


describe("a title", { timeout }, () => {
    it("is what the file says when nobody gave one", async () => {
        const { id } = await user.bring(musicxml({ title: "Der Leiermann" }),
            "scan_0815.musicxml");
        const media = await user.ready(id);

        assert.equal(media.title, "Der Leiermann");
        assert.deepEqual(await found(user, "leiermann"), [id]);
        assert.deepEqual(await found(user, "scan 815"), []);
        assert.deepEqual(await found(user, "scan 0815"), [id]);
    });

    it("is what somebody gave, whatever the file says", async () => {
        const { id } = await user.bring(musicxml({ title: "Gute Nacht" }),
            "b.musicxml", { title: "Mein Lied" });

        assert.equal((await user.ready(id)).title, "Mein Lied");
        assert.deepEqual(await found(user, "gute nacht"), [id]);
    });

    it("of a film is in its tags, and so is the author", async () => {
        const plain = await film(join(stack.folder, "plain.mp4"));
        const tagged = join(stack.folder, "tagged.mp4");

        await run("ffmpeg", ["-v", "error", "-i", plain, "-c", "copy",
            "-metadata", "title=Am Meer", "-metadata", "artist=Jan Øre",
            tagged]);
        const { id } = await user.bring(readFileSync(tagged), "VID_1.mp4");
        const media = await user.ready(id);

        assert.equal(media.title, "Am Meer");
        assert.equal(media.author, "Jan Øre");
        assert.deepEqual(await found(user, "meer ore"), [id]);
    });
});


describe("what an editor brought and has failed", { timeout }, () => {
    let failed, sound;

    before(async () => {
        sound = await editor.ready((await editor.bring(pdf(), "gut.pdf")).id);
        failed = await editor.settled(
            (await editor.bring("nothing of it", "kaputt.pdf")).id);
        assert.equal(failed.state, "failed");
    });

    it("is there for editors", async () => {
        assert.deepEqual(await found(editor, "kaputt"), [failed.id]);
        assert.equal((await editor.media(failed.id)).id, failed.id);
    });

    it("is not there for others, in no list and by no address", async () => {
        assert.deepEqual(await found(other, "kaputt"), []);
        const { json: { items } } = await other.get("/api/media");

        assert.ok(items.some(({ id }) => id === sound.id));
        assert.ok(!items.some(({ id }) => id === failed.id));
        for (const path of [`/api/media/${failed.id}`,
                            `/api/jobs/${failed.job.id}`]) {
            assert.equal((await other.get(path)).status, 404);
        }
    });
});
