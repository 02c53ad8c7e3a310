/* Scores in all that they come in: what is drawn, what is known, what is found
   by words, and what a file may not bring along. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { request } from "../lib/client.mjs";
import {
    film, heic, hostilePdf, midi, musicxml, mxl, pdf, picture, pngSize, sample,
    tiff, turned, writtenPdf,
} from "../lib/files.mjs";
import { bring } from "../lib/cutter.mjs";
import { run } from "../lib/run.mjs";
import { startStack, until } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";
import { TYPE, Tus, base64, idOf } from "../lib/tus.mjs";

const timeout = 120_000;
const SECRET = "x-what-no-page-may-show-x";

let stack, user, stranger;

before(async () => {
    stack = await startStack();
    [user, stranger] = [await stack.visitor("viewer"),
                        await stack.visitor("viewer")];
}, { timeout });

after(() => stack?.stop(), { timeout });


async function score(bytes, name, options) {
    const { id } = await user.bring(bytes, name, options);

    return user.ready(id);
}

async function refused(bytes, name, says) {
    const { id } = await user.bring(bytes, name);
    const media = await user.settled(id);

    assert.equal(media.state, "failed");
    assert.match(media.error, says);
}

/* The sizes of the pages that the links of a media object lead to. */
function sizes(media) {
    return Promise.all(media.links.pages.map(async (link) => {
        const { status, headers, body } = await request(link);

        assert.equal(status, 200);
        assert.equal(headers["content-type"], "image/png");
        const { width, height } = pngSize(body);
        return `${width}x${height}`;
    }));
}

const found = async (q, who = user) => (await who.get(
    `/api/media?${new URLSearchParams({ q })}`)).json.items.map(({ id }) => id);


describe("a score in MusicXML", { timeout }, () => {
    let media;

    before(async () => {
        media = await score(musicxml(), "song.musicxml");
    });

    it("tells who made it", () => {
        assert.equal(media.kind, "score");
        assert.equal(media.score.title, "Au clair de la lune");
        assert.equal(media.score.composer, "Antonín Dvořák");
        assert.equal(media.author, "Antonín Dvořák");
        assert.equal(media.score.lyricist, "Anonyme");
    });

    it("tells its parts, key, time and tempo", () => {
        const { parts, key, time, tempo, measures } = media.score;

        assert.deepEqual(parts, ["Voix", "Flûte"]);
        assert.deepEqual([key, time, tempo, measures],
                         ["D minor", "3/4", 96, 2]);
    });

    it("has no pages, and says so", () => {
        assert.equal(media.pages, 0);
        assert.equal(media.score.drawn, false);
        assert.deepEqual(media.links.pages, []);
    });

    it("is given back as it came, to be saved", async () => {
        const { headers, text } = await request(media.links.original);

        assert.equal(text, musicxml());
        assert.match(headers["content-disposition"],
                     /^attachment; filename="song\.musicxml"/);
        assert.equal(headers["content-type"],
                     "application/vnd.recordare.musicxml+xml");
    });

    it("is found by what is sung", async () => {
        assert.deepEqual(await found("pierrot dort"), [media.id]);
    });

    it("is found by a part and the beginning of a word, without accents",
        async () => {
            assert.deepEqual(await found("DVORAK flut"), [media.id]);
        });

    it("is not found by a word that is not in it", async () => {
        assert.deepEqual(await found("pierrot veille"), []);
        assert.deepEqual(await found("drawn"), []);
    });

    it("is found by nobody who may not see it", async () => {
        assert.deepEqual(await found("pierrot", stranger), []);
    });

    it("is not harmed by what looks like a query", async () => {
        for (const q of ["' | !a:* & (", "\\", "%", "a:* <-> b", "''", "&"]) {
            const { status } = await user.get(
                `/api/media?${new URLSearchParams({ q })}`);
            assert.equal(status, 200, q);
        }
    });
});


it("compressed MusicXML tells the same", { timeout }, async () => {
    const media = await score(mxl(), "song.mxl");

    assert.equal(media.score.format, "compressed MusicXML");
    assert.equal(media.score.composer, "Antonín Dvořák");
    assert.deepEqual(media.score.parts, ["Voix", "Flûte"]);
});


it("MIDI tells its tracks, key, time, tempo and length", { timeout },
    async () => {
        const { pages, score: about } = await score(midi(), "song.mid");

        assert.equal(pages, 0);
        assert.equal(about.title, "Au clair de la lune");
        assert.deepEqual(about.parts, ["Voix"]);
        assert.deepEqual([about.key, about.time, about.tempo, about.duration],
                         ["F major", "3/4", 96, 2.5]);
    });


it("what was engraved from one source is the same in MusicXML and MIDI",
    { timeout }, async () => {
        const written = await score(sample("musicxml")
                                    ?? musicxml({ words: "again" }), "a.xml");
        const played = await score(sample("mid") ?? midi({ part: "Chant" }),
                                   "a.mid");

        assert.equal(written.score.title, played.score.title);
        assert.equal(written.score.time, played.score.time);
        assert.equal(written.score.tempo, 96);
        assert.equal(Math.round(played.score.tempo), 96);
    });


describe("a score in PDF", { timeout }, () => {
    let media;

    before(async () => {
        media = await score(writtenPdf("Gaudeamus igitur", {
            pages: 2,
            info: "/Title (A song) /Author (Brahms) "
                  + "/Keywords (student, song; easy)",
        }), "song.pdf");
    });

    it("takes its author for the composer and its keywords for tags", () => {
        assert.equal(media.score.title, "A song");
        assert.equal(media.score.composer, "Brahms");
        assert.equal(media.author, "Brahms");
        assert.deepEqual(media.score.tags, ["student", "song", "easy"]);
    });

    it("has its pages and says so", async () => {
        assert.equal(media.score.drawn, true);
        assert.equal((await sizes(media)).length, 2);
    });

    it("is found by what is written on its pages, and by its tags",
        async () => {
            assert.deepEqual(await found("gaudeamus student"), [media.id]);
        });
});


describe("a PDF with a script, a file and a program to start", { timeout },
    () => {
        const hostile = hostilePdf(SECRET);
        let media, plain;

        before(async () => {
            media = await score(hostile, "song.pdf");
            plain = await score(pdf(), "plain.pdf");
        });

        it("really has them", async () => {
            const path = join(stack.folder, "hostile.pdf");

            writeFileSync(path, hostile);
            const { stdout } = await run("pdfinfo", ["-js", path]);
            assert.match(stdout, /exportDataObject/);
            assert.match((await run("pdfdetach", ["-list", path])).stdout,
                         /evil\.exe/);
        });

        it("is drawn as the same page without them", async () => {
            const [page] = media.links.pages;
            const [other] = plain.links.pages;

            assert.ok((await request(page)).body.equals(
                (await request(other)).body));
        });

        it("is found by none of them", async () => {
            assert.deepEqual(await found(SECRET), []);
            assert.deepEqual(await found("evil"), []);
        });

        it("is given back to be saved, and not to be opened", async () => {
            const { headers, body } = await request(media.links.original);

            assert.ok(body.equals(hostile));
            assert.match(headers["content-disposition"],
                         /^attachment; filename="song\.pdf"/);
            assert.equal(headers["x-content-type-options"], "nosniff");
        });
    });


describe("pictures", { timeout }, () => {
    it("of a scanner become a page each, whatever their sizes", async () => {
        const media = await score(await tiff(stack.folder, "400x600",
                                             "600x400", "50x50"), "scan.tif");

        assert.equal(media.pages, 3);
        const [first, second, third] = (await sizes(media))
            .map((size) => size.split("x").map(Number));
        assert.ok(first[0] < first[1]);
        assert.ok(second[0] > second[1]);
        assert.equal(third[0], third[1]);
    });

    it("of a telephone are drawn from HEIC", async () => {
        const media = await score(await heic(stack.folder, "400x600"),
                                  "IMG_1.HEIC");

        assert.equal(media.score.format, "HEIC");
        assert.deepEqual([media.width, media.height], [400, 600]);
        assert.deepEqual(await sizes(media), ["400x600"]);
    });

    it("that lie on their side are turned and not squeezed", async () => {
        const jpeg = readFileSync(await picture(join(stack.folder, "a.jpg"),
                                                "600x400"));
        const media = await score(turned(jpeg, 6), "page.jpg");

        assert.deepEqual([media.width, media.height], [400, 600]);
        assert.deepEqual(await sizes(media), ["400x600"]);
    });

    it("keep nothing of what the camera wrote about them", async () => {
        const jpeg = readFileSync(await picture(join(stack.folder, "b.jpg")));
        const media = await score(turned(jpeg, 3), "page.jpg");
        const { body } = await request(media.links.pages[0]);

        assert.equal(body.includes("Exif"), false);
        assert.equal(body.includes("eXIf"), false);
    });
});


describe("a file of notes that means harm", { timeout }, () => {
    it("and declares entities is refused", async () => {
        await refused("<?xml version='1.0'?><!DOCTYPE score-partwise ["
            + "<!ENTITY a SYSTEM 'file:///etc/passwd'>]><score-partwise><work>"
            + "<work-title>&a;</work-title></work></score-partwise>",
            "song.musicxml", /entities/);
    });

    it("and nests without end is refused", async () => {
        await refused(`<score-partwise >${"<a>".repeat(100_000)}`,
            "song.musicxml", /nested/);
    });

    it("and unpacks without end is refused", async () => {
        const zeroes = Buffer.alloc(8 << 20, " ").toString();

        await refused(mxl({
            "META-INF/container.xml": "<container>"
                + '<rootfile full-path="a.xml"/></container>',
            "a.xml": `<score-partwise>${zeroes}</score-partwise>`,
        }), "song.mxl", /more than any score/);
    });

    it("and names a file outside of its zip is refused", async () => {
        await refused(mxl({
            "META-INF/container.xml": "<container>"
                + '<rootfile full-path="../../etc/passwd"/></container>',
        }), "song.mxl", /no score/);
    });

    it("and is cut off is refused", async () => {
        await refused(midi().subarray(0, 60), "song.mid", /cut off/);
        await refused(musicxml().slice(0, -30), "song.musicxml", /cut off/);
        await refused(mxl().subarray(0, -30), "song.mxl", /cut off/);
    });
});


describe("a picture that means harm", { timeout }, () => {
    it("and claims too many pixels is refused", async () => {
        const bytes = await tiff(stack.folder, "64x64");
        const width = bytes.indexOf(Buffer.from("000103000100000040", "hex"));

        assert.notEqual(width, -1);
        bytes.writeUInt16LE(4, width + 2);
        bytes.writeUInt32LE(4_000_000_000, width + 8);
        await refused(bytes, "scan.tif", /4000000000 × 64 pixels/);
    });

    it("and is cut off is refused", async () => {
        const bytes = await heic(stack.folder, "400x600");

        await refused(bytes.subarray(0, bytes.length / 2), "page.heic",
            /damaged or cut off/);
    });
});


/* Files that belong to a score. */

const query = (values) => new URLSearchParams(values);

const attach = (media, body, filename, more = {}, who = user) => who.request(
    "POST", `/api/media?${query({ filename, score: media.id, ...more })}`,
    { body });

/* The score once all its files are ready or have failed. */
function whole(media) {
    return until("all attachments are done", async () => {
        const now = await user.media(media.id);

        return now.state !== "processing" && now.attachments.every(
            ({ state }) => state !== "processing") && now;
    });
}

async function page(name, size) {
    return readFileSync(await picture(join(stack.folder, name), size));
}


describe("pages that come one by one", { timeout }, () => {
    let media, answers;

    before(async () => {
        media = await user.bring(await page("1.png", "300x400"), "1.png");
        /* the score may not be ready yet, and the last comes first */
        answers = [
            await attach(media, await page("4.jpg", "300x440"), "4.jpg",
                         { role: "page", position: 4 }),
            await attach(media, await page("2.png", "300x420"), "2.png",
                         { role: "page", position: 2 }),
            await attach(media, await tiff(stack.folder, "300x450"), "5.tif",
                         { role: "page" }),
        ];
        media = await whole(media);
    });

    it("are taken in at once, each with its place", () => {
        assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201]);
        assert.deepEqual(answers.map(({ json }) => json.position), [4, 2, 5]);
        assert.equal(answers[0].headers.location, `/api/media/${media.id}`);
    });

    it("are put together in the order of their places", async () => {
        assert.equal(media.pages, 4);
        assert.deepEqual(await sizes(media),
                         ["300x400", "300x420", "300x440", "300x450"]);
    });

    it("have thumbnails beside them", async () => {
        for (const link of media.links.pages) {
            const { status } = await request(link.replace(".png",
                                                          ".thumb.png"));
            assert.equal(status, 200);
        }
    });

    it("take no place that is taken", async () => {
        const { status, json } = await attach(media, "x", "x.png",
            { role: "page", position: 2 });

        assert.equal(status, 409);
        assert.equal(json.type, "urn:sluice:problem:conflict");
    });

    it("are one picture each", async () => {
        const { json } = await attach(media,
            await tiff(stack.folder, "40x40", "50x50"), "two.tif",
            { role: "page", position: 9 });
        const now = await whole(media);
        const two = now.attachments.find(({ id }) => id === json.id);

        assert.equal(two.state, "failed");
        assert.match(two.error, /A page is one picture; this TIFF has 2\./);
        assert.equal(now.state, "ready");
        assert.equal(now.pages, 4);
    });

    it("are not taken by a score in PDF", async () => {
        const other = await score(pdf(), "other.pdf");
        const { status } = await attach(other, "x", "2.png", { role: "page" });

        assert.equal(status, 409);
    });
});


/* Brought by tus, in one request. */
function attachByTus(media, body, name, more = {}, by = user) {
    const said = { filename: name, score: media.id, ...more };

    return new Tus(stack, by).request("POST", "/api/uploads", {
        "Upload-Length": Buffer.byteLength(body), "Content-Type": TYPE,
        "Upload-Metadata": Object.entries(said).map(([key, value]) =>
            `${key} ${base64(String(value))}`).join(","),
    }, body);
}


describe("what comes by tus for a score", { timeout }, () => {
    let media;

    before(async () => {
        media = await user.bring(await page("tus.png", "310x400"), "tus.png");
    });

    it("is part of it, in its place", async () => {
        const answer = await attachByTus(media, await page("3.png", "300x430"),
            "3.png", { role: "page", position: 3 });

        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.headers["sluice-media"], media.id);
        media = await whole(media);
        assert.deepEqual(media.attachments.map(({ role, position, state }) =>
            [role, position, state]), [["page", 3, "ready"]]);
        assert.deepEqual(await sizes(media), ["310x400", "300x430"]);
    });

    it("may come in parallel parts from tus-js-client", async () => {
        const answer = await bring(Buffer.from(midi()), stack.url, user.token,
            { parallelUploads: 2,
              metadata: { filename: "song.mid", score: media.id } });

        assert.equal(answer.media, media.id);
        media = await whole(media);
        assert.deepEqual(media.attachments.map(({ filename, state }) =>
            [filename, state]), [["3.png", "ready"], ["song.mid", "ready"]]);
    });

    it("is told again to whom asks again", async () => {
        const { headers } = await attachByTus(media, midi(), "again.mid");
        const { headers: again } = await new Tus(stack, user)
            .head(headers.location);

        assert.equal(again["sluice-media"], media.id);
    });

    it("is gone when the score was deleted before it was whole", async () => {
        const other = await user.bring(pdf(), "short-lived.pdf");
        const tus = new Tus(stack, user);
        const path = await tus.create(4, { "Upload-Metadata":
            `filename ${base64("a.mid")},score ${base64(other.id)}` });

        await user.delete(`/api/media/${other.id}`);
        const { status } = await tus.patch(path, 0, "MThd");

        assert.equal(status, 404);
        await stack.inSpool([], (name) => name.startsWith(idOf(path)));
        assert.equal((await tus.head(path)).status, 404);
    });

    it("is refused when nobody can read what it says", async () => {
        for (const score of ["\u0000", "a\nb"]) {
            const { status, json } = await attachByTus({ id: score }, "x",
                "x.mid");

            assert.deepEqual([status, json.field], [422, "score"]);
        }
    });
});


describe("a PDF with its notes, its MIDI and a recording", { timeout }, () => {
    let media, files;

    before(async () => {
        const sound = await film(join(stack.folder, "sound.mp4"),
                                 { seconds: 3 });

        media = await user.bring(writtenPdf("Nur wer die Sehnsucht kennt"),
                                 "song.pdf");
        await attach(media, musicxml({ words: "schlaft" }), "song.musicxml");
        await attach(media, midi(), "song.mid");
        await attach(media, readFileSync(sound), "recording.mp4");
        media = await whole(media);
        files = media.attachments;
    });

    it("shows all of them in their order", () => {
        assert.deepEqual(files.map(({ state }) => state),
                         ["ready", "ready", "ready"]);
        assert.deepEqual(files.map(({ format }) => format),
                         ["MusicXML", "MIDI", "MP4"]);
        assert.deepEqual(files.map(({ kind }) => kind),
                         ["score", "score", "video"]);
        assert.equal(Math.round(files[2].duration), 3);
    });

    it("knows from the notes what the PDF did not tell", () => {
        assert.equal(media.score.format, "PDF");
        assert.equal(media.score.key, "D minor");
        assert.equal(media.score.drawn, true);
        assert.equal(media.author, "Antonín Dvořák");
    });

    it("is found by words of either", async () => {
        assert.deepEqual(await found("sehnsucht schlaft"), [media.id]);
    });

    it("gives each back by a signed link, to be saved", async () => {
        const { headers, text } = await request(files[0].links.original);

        assert.equal(text, musicxml({ words: "schlaft" }));
        assert.match(headers["content-disposition"],
                     /^attachment; filename="song\.musicxml"/);
        const [bare] = files[0].links.original.split("?");
        assert.equal((await request(bare)).status, 401);
    });

    it("answers a range of the recording", async () => {
        const { status } = await request(files[2].links.original,
            { headers: { Range: "bytes=0-99" } });

        assert.equal(status, 206);
    });

    it("stays ready when a file that comes is no good", async () => {
        await attach(media, "All of this is only text.", "words.pdf");
        const now = await whole(media);

        assert.equal(now.state, "ready");
        assert.equal(now.attachments[3].state, "failed");
        assert.match(now.attachments[3].error, /it is a text/);
    });

    it("takes them along when it is deleted", async () => {
        assert.equal((await user.delete(`/api/media/${media.id}`)).status, 204);
        await until("the row is gone", async () => await stack.sql(
            `select count(*) from sluice.media where id = '${media.id}'`)
            === "0");
        assert.equal(existsSync(stack.path("media", media.id.slice(-2),
                                           media.id)), false);
        for (const { id } of files) {
            assert.equal(existsSync(stack.path("spool", id)), false);
        }
    });
});


describe("who adds to a score", { timeout }, () => {
    let media;

    before(async () => {
        media = await score(pdf(), "mine.pdf");
    });

    const cases = {
        "a stranger who may not see it": [404, {}, () => stranger],
        "somebody who names no score": [422, { score: "mine" }],
        "somebody who names one that is not there":
            [404, { score: "01890000-0000-7000-8000-000000000000" }],
        "somebody with another role in mind": [422, { role: "cover" }],
        "somebody with no place for it": [422, { position: "0" }],
        "somebody with a new first page": [422, { role: "page", position: 1 }],
    };

    for (const [who, [status, more, by]] of Object.entries(cases)) {
        it(`is not ${who}`, async () => {
            const answer = await attach(media, "x", "x.pdf", more, by?.());

            const byTus = await attachByTus(media, "x", "x.pdf", more, by?.());

            for (const { status: got, text } of [answer, byTus]) {
                assert.equal(got, status, text);
            }
            assert.deepEqual((await user.media(media.id)).attachments, []);
        });
    }

    it("may be an editor", async () => {
        const editor = await stack.visitor("editor");
        const { status } = await attach(media, midi(), "a.mid", {}, editor);

        assert.equal(status, 201);
        assert.equal((await whole(media)).attachments.length, 1);
    });

    it("does not add to a film", async () => {
        const bytes = readFileSync(await film(join(stack.folder, "f.mp4")));
        const other = await user.bring(bytes, "f.mp4");

        assert.equal((await attach(other, "x", "a.mid")).status, 409);
    });
});
