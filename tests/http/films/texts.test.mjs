/* Texts of films: those from inside, and those that somebody brings. */

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";

import { captioned } from "../lib/captions.mjs";
import { request } from "../lib/client.mjs";
import { maker, picture, sound, AAC, H264 } from "../lib/films.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;

let stack, client, films;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
}, { timeout });

after(() => stack?.stop(), { timeout });


const SRT = "1\n00:00:01,000 --> 00:00:02,500\nEins <i>und</i>\nzwei\n\n"
    + "2\n00:00:03,000 --> 00:00:04,000\n{\\an8}oben & <b>hier</b>\n";
const VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nEins <i>und</i>\nzwei\n\n"
    + "00:00:03.000 --> 00:00:04.000 line:0\noben &amp; <b>hier</b>\n";

let films_count = 0;

/* A film that nobody brought before, ready. */
const film = async () => films.taken(await films.made("film.mp4",
    ...picture(5, { size: `320x${180 + 2 * films_count++}` }), ...sound(5),
    ...H264, ...AAC));

/* Brings a text for a film; the answer. */
function bring(media, name, bytes, args = {}) {
    const query = new URLSearchParams({ filename: name, score: media.id,
        role: "subtitles", ...args });

    return client.request("POST", `/api/media?${query}`,
        { body: Buffer.from(bytes) });
}

/* The same, done: {media, text, attachment}, or the attachment that failed. */
async function brought(media, name, bytes, args) {
    const { json, status, text } = await bring(media, name, bytes, args);

    assert.equal(status, 201, text);
    await films.idle(media.id);

    const after_ = await client.media(media.id);
    const attachment = after_.attachments.find(({ id }) => id === json.id);

    return { media: after_, attachment,
             link: after_.links.subtitles.at(-1) };
}

const shown = async (link) => (await request(link.url)).text;

const master = async (media) => (await request(media.links.play)).text;


describe("texts from inside", { timeout }, () => {
    for (const [name, codec] of [["film.mkv", "subrip"], ["film.mkv", "ass"],
                                 ["film.mp4", "mov_text"],
                                 ["film.mkv", "webvtt"]]) {
        it(`are WebVTT with what survives of ${codec}`, async () => {
            const path = films.written("in.srt", SRT);
            const media = await films.taken(await films.made(name,
                ...picture(5), ...sound(5), "-i", path, ...H264, ...AAC,
                "-c:s", codec, "-metadata:s:s:0", "language=ger",
                "-metadata:s:s:0", "title=Deutsch", "-map", "0:v", "-map",
                "1:a", "-map", "2:s", "-g", `${10 + codec.length}`));
            const [link] = media.links.subtitles;
            const text = await shown(link);

            assert.equal(media.links.subtitles.length, 1);
            assert.equal(link.language, "de");
            if (codec !== "mov_text") {
                assert.equal(link.title, "Deutsch");
            }
            /* some 20 ms later where the sound has a beginning of its own */
            assert.match(text, /^WEBVTT\n\n00:00:01\.0[0-3]\d --> 00:00:02\.5/);
            assert.match(text, codec === "mov_text" ? /Eins .*und.*\nzwei\n/
                : /Eins <i>und<\/i>\nzwei\n/);
            if (["subrip", "ass"].includes(codec)) {
                assert.match(text, /04\.0\d\d line:0\noben &amp; <b>hier<\/b>/);
            }
        });
    }

    it("are also the captions in its pictures, where they stand", async () => {
        const raw = await captioned(stack.folder,
            [[2, 5, "HELLO THERE"], [5, 7, "ON A BOAT"]], 8);
        const copied = await films.taken(await films.made("captions.mp4",
            "-r", "30", "-i", raw, ...sound(8), "-c:v", "copy", ...AAC));
        const encoded = await films.taken(await films.made("captions.ts",
            "-r", "30", "-i", raw, ...sound(8), "-c:v", "mpeg2video",
            "-a53cc", "1", "-c:a", "mp2", "-output_ts_offset", "5000"));

        for (const media of [copied, encoded]) {
            const [link] = media.links.subtitles;

            assert.equal(media.links.subtitles.length, 1);
            assert.equal(link.title, "CC1");
            assert.equal(link.purpose, "hearing-impaired");
            assert.match(await shown(link), new RegExp("^WEBVTT\n\n"
                + "00:00:0[12]\\.\\d{3} --> 00:00:0[45]\\.\\d{3} position:10% "
                + "align:start\nHELLO THERE\n\n00:00:0[45]\\.\\d{3} --> "
                + "00:00:0[67]\\.\\d{3} position:10% align:start\n"
                + "ON A BOAT\n"));
        }
    });

    it("say what they are for, several of a language", async () => {
        const path = films.written("in.srt", SRT);
        const media = await films.taken(await films.made("many.mkv",
            ...picture(5), ...sound(5), "-i", path, "-i", path, "-i", path,
            "-map", "0:v", "-map", "1:a", "-map", "2:s", "-map", "3:s", "-map",
            "4:s", ...H264, ...AAC, "-c:s", "subrip",
            "-metadata:s:s", "language=eng", "-disposition:s:0", "default",
            "-disposition:s:1", "forced", "-disposition:s:2",
            "hearing_impaired"));
        const text = await master(media);

        assert.deepEqual(media.links.subtitles.map(({ purpose }) => purpose),
            [undefined, "forced", "hearing-impaired"]);
        assert.equal(text.match(/TYPE=SUBTITLES/g).length, 3);
        assert.match(text, /FORCED=YES/);
        assert.match(text, /public\.accessibility\.transcribes-spoken-dialog/);
    });

    it("count from the film's beginning", async () => {
        const path = films.written("in.srt", SRT);
        const media = await films.taken(await films.made("late.mkv",
            ...picture(5), ...sound(5), "-i", path, "-map", "0:v", "-map",
            "1:a", "-map", "2:s", ...H264, ...AAC, "-c:s", "subrip",
            "-output_ts_offset", "1000", "-avoid_negative_ts", "disabled"));
        const text = await shown(media.links.subtitles[0]);

        assert.match(text, /^WEBVTT\n\n00:00:0[01]\.\d+ --> 00:00:02\.[45]/);
    });

    it("are none where there are none", async () => {
        const media = await film();

        assert.deepEqual(media.links.subtitles, []);
        assert.equal(await films.job(media.id, "subtitles"), null);
    });
});


describe("texts from beside", { timeout }, () => {
    it("play with the film, and lie beside it as they came", async () => {
        const before_ = await film();
        const { media, attachment, link } = await brought(before_, "a.srt", SRT,
            { language: "de", title: "Für alle" });
        const list = (await master(media)).match(
            /TYPE=SUBTITLES.*LANGUAGE="de".*URI="([^"]+)"/)[1];
        const playlist = await request(new URL(list, media.links.play));

        assert.equal(await shown(link), VTT);
        assert.deepEqual([link.language, link.title], ["de", "Für alle"]);
        assert.notEqual(media.links.play.split("?")[0].split("/").at(-1),
            before_.links.play.split("?")[0].split("/").at(-1));
        assert.match(playlist.text, /#EXT-X-TARGETDURATION:5\n/);
        assert.match(playlist.text, /\.vtt\n#EXT-X-ENDLIST\n$/);
        assert.equal(attachment.state, "ready");
        assert.equal(attachment.format, "SubRip");
        assert.equal(attachment.encoding, "utf-8");
        assert.equal((await request(attachment.links.original)).text, SRT);
    });

    for (const [encoding, language, bytes, words] of [
        ["windows-1252", "fr", Buffer.from("\xe9t\xe9, \xe0 c\xf4t\xe9",
            "latin1"), "été, à côté"],
        ["utf-16le", "", Buffer.from("\ufeffпривет", "utf16le"), "привет"],
        ["windows-1251", "ru", Buffer.from("\xcf\xf0\xe8\xe2\xe5\xf2, "
            + "\xea\xe0\xea \xe4\xe5\xeb\xe0", "latin1"), "Привет, как дела"],
        ["shift_jis", "ja", Buffer.from("82b182f182c982bf82cd", "hex"),
            "こんにちは"],
        ["gb18030", "zh", Buffer.from("c4e3bac3cac0bde7", "hex"), "你好世界"],
    ]) {
        it(`may be written in ${encoding}`, async () => {
            const wide = encoding === "utf-16le";
            const times = "1\n00:00:01,000 --> 00:00:02,000\n";
            const { attachment, link } = await brought(await film(), "a.srt",
                wide ? Buffer.concat([Buffer.from("\ufeff" + times, "utf16le"),
                                      bytes.subarray(2)])
                    : Buffer.concat([Buffer.from(times), bytes]),
                language ? { language } : {});

            assert.equal(attachment.encoding, encoding);
            assert.match(await shown(link), new RegExp(`000\n${words}\n$`));
        });
    }

    it("may be ASS, or WebVTT, of which no style comes through", async () => {
        const one = await film();
        const ass = await brought(one, "a.ass", "[Script Info]\n[Events]\n"
            + "Format: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,"
            + "{\\i1}a{\\i0}, b\\Nc\n", { language: "en" });
        const vtt = await brought(one, "a.vtt", "WEBVTT\n\nSTYLE\n"
            + "::cue { background: url(http://x/) }\n\n00:01.000 --> 00:02.000 "
            + "align:start\n<v Ann>hi <script>x</script>\n",
            { language: "en", purpose: "hearing-impaired" });

        assert.match(await shown(ass.media.links.subtitles[0]),
            /<i>a<\/i>, b\nc\n$/);
        assert.equal(await shown(vtt.media.links.subtitles.find(
            ({ purpose }) => purpose)), "WEBVTT\n\n00:00:01.000 --> "
            + "00:00:02.000 align:start\n<v Ann>hi &lt;script&gt;x"
            + "&lt;/script&gt;</v>\n");
    });

    it("are refused with a reason", async () => {
        const one = await film();

        for (const [bytes, reason] of [
            ["Dear Sir, please see below.\n", /no subtitles that are known/],
            ["1\n00:01:01,000 --> 00:01:02,000\nlate\n", /while the film lasts/],
            [Buffer.from([...Array(256).keys()]), /encoding/],
            ["", /empty/],
        ]) {
            const { attachment } = await brought(one, `${reason}.srt`
                .replaceAll("/", ""), bytes);

            assert.equal(attachment.state, "failed");
            assert.match(attachment.error, reason);
        }
        assert.deepEqual((await client.media(one.id)).links.subtitles, []);
    });

    it("are refused at once where the request is wrong", async () => {
        const one = await film();
        const score = await client.bring(Buffer.from("MThd\0\0\0\x06\0\0\0\x01"
            + "\0\x60MTrk\0\0\0\x04\0\xff/\0", "latin1"), "a.mid");

        for (const [media, args, status, field] of [
            [one, { language: "no language" }, 422, "language"],
            [one, { purpose: "fun" }, 422, "purpose"],
            [one, { title: "x".repeat(201) }, 422, "title"],
            [score, {}, 409, undefined],
            [{ id: "x" }, {}, 422, "score"],
        ]) {
            const answer = await bring(media, "a.srt", SRT, args);

            assert.equal(answer.status, status, answer.text);
            assert.equal(answer.json.field, field);
        }
        assert.equal((await bring(one, "a.srt", Buffer.alloc(9 << 20, "a")))
            .status, 413);
    });

    it("are named anew, and taken away with all that was made", async () => {
        const one = await brought(await film(), "a.srt", SRT,
            { language: "de" });
        const path = `/api/media/${one.media.id}/attachments/`
            + one.attachment.id;
        const changed = await client.request("PATCH", path, { json: {
            language: "fr", purpose: "forced", title: "Pour tous" } });

        assert.equal(changed.status, 200, changed.text);
        assert.equal(changed.json.language, "fr");
        await films.idle(one.media.id);

        const renamed = await client.media(one.media.id);
        const [link] = renamed.links.subtitles;

        assert.deepEqual([link.language, link.purpose, link.title],
            ["fr", "forced", "Pour tous"]);
        assert.match(await master(renamed), /LANGUAGE="fr"/);
        assert.equal(await shown(link), VTT);

        for (const json of [{ language: 3 }, { purpose: "fun" }, {}]) {
            const answer = await client.request("PATCH", path, { json });

            assert.equal(answer.status, 422, answer.text);
        }

        const folders = readdirSync(films.folder(one.media.id, "hls")).length;

        assert.equal((await client.delete(path)).status, 204);
        await films.idle(one.media.id);

        const gone = await client.media(one.media.id);

        assert.deepEqual(gone.links.subtitles, []);
        assert.deepEqual(gone.attachments, []);
        assert.doesNotMatch(await master(gone), /SUBTITLES/);
        assert.ok(!existsSync(films.folder(one.media.id, "hls",
            new URL(link.url).pathname.split("/").at(-2))));
        assert.ok(readdirSync(films.folder(one.media.id, "hls")).length
            <= folders + 1);
        assert.ok(!existsSync(films.folder(one.media.id, "attachments",
            `${one.attachment.id}.srt`)));
    });

    it("may be 64 of a film", async () => {
        const one = await film();

        await stack.sql("insert into sluice.attachments (id, media, role, "
            + "position, filename, bytes, sha256) select sluice.uuid_v7(), "
            + `'${one.id}', 'subtitles', n, 'a.srt', 1, sha256(n::text::bytea) `
            + "from generate_series(1, 64) n");

        const answer = await bring(one, "a.srt", SRT);

        assert.equal(answer.status, 409);
        assert.match(answer.json.detail, /at most 64/);
    });
});
