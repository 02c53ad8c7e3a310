/* Recordings without pictures: what their tags tell, their cover, their
   chapters, how loud they are, and the shape of their wave. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

import { request } from "../lib/client.mjs";
import { maker, picture, sound, AAC, H264 } from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
import { startStack } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 240_000;
const TAGS = { title: "Sarabande", artist: "Jan Øre", album: "Suiten",
    track: "3/12", disc: "2/2", date: "1987-05-01" };

let stack, client, films;

before(async () => {
    stack = await startStack();
    client = await stack.visitor("viewer");
    films = maker(stack, client);
}, { timeout });

after(() => stack?.stop(), { timeout });


const tagged = (tags = TAGS) => Object.entries(tags).flatMap(
    ([name, value]) => ["-metadata", `${name}=${value}`]);

const cover = (size) => films.made("cover.png", "-f", "lavfi", "-i",
    `color=red:size=${size}`, "-frames:v", "1");


describe("what its tags tell is told", { timeout }, () => {
    for (const [name, ...words] of [
        ["one.mp3", "-c:a", "libmp3lame"],
        ["one.m4a", ...AAC],
        ["one.flac", "-c:a", "flac"],
        ["one.opus", "-c:a", "libopus"],
        ["one.aiff", "-write_id3v2", "1"],
    ]) {
        it(`of ${name}`, async () => {
            const media = await films.taken(await films.made(name, ...sound(1),
                ...tagged(), ...words));
            const { loudness, ...recording } = media.recording;

            assert.equal(media.title, "Sarabande");
            assert.equal(media.author, "Jan Øre");
            assert.deepEqual(recording, { album: "Suiten", track: 3, disc: 2,
                year: 1987 });
            assert.ok(loudness.integrated < 0);
        });
    }

    it("and nonsense is not", async () => {
        const media = await films.taken(await films.made("odd.flac",
            ...sound(1), ...tagged({ track: "-5", disc: "99999999999", date:
                "yesterday", album: "a\u0001b" }), "-c:a", "flac"));
        const { loudness, ...recording } = media.recording;

        assert.deepEqual(recording, { album: "a b" });
        assert.ok(loudness);
    });
});


describe("the cover", { timeout }, () => {
    for (const [name, ...words] of [
        ["one.mp3", "-c:a", "libmp3lame"],
        ["one.m4a", ...AAC],
        ["one.flac", "-c:a", "flac"],
    ]) {
        it(`of ${name} is its poster`, async () => {
            const media = await films.taken(await films.made(name, ...sound(1),
                "-i", await cover("2000x1000"), "-map", "0:a", "-map", "1:v",
                ...words, "-c:v", "png", "-disposition:v", "attached_pic"));
            const { stdout } = await run("ffprobe", ["-v", "error",
                "-show_entries", "stream=codec_name,width,height", "-of",
                "csv=p=0", films.folder(media.id, "cover.jpg")]);

            assert.equal(media.kind, "audio");
            assert.equal(stdout.trim(), "mjpeg,1280,640");
            for (const link of [media.links.cover, media.links.poster]) {
                const answer = await request(link);

                assert.equal(answer.status, 200);
                assert.equal(answer.headers["content-type"], "image/jpeg");
            }
        });
    }

    it("that is broken does not spoil the recording", async () => {
        const whole = await films.made("whole.mp3", ...sound(1), "-i",
            await cover("400x400"), "-map", "0:a", "-map", "1:v", "-c:a",
            "libmp3lame", "-c:v", "png", "-disposition:v", "attached_pic");
        const bytes = readFileSync(whole);

        bytes.fill(0x5a, bytes.indexOf("IHDR") + 4, bytes.indexOf("IDAT"));

        const media = await films.taken(films.written("broken.mp3", bytes));

        assert.equal(media.state, "ready");
        assert.equal(media.links.cover, undefined);
        assert.equal(media.links.poster, undefined);
    });
});


describe("chapters", { timeout }, () => {
    const written = () => films.written("chapters.txt", ";FFMETADATA1\n"
        + "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=Erstens\n"
        + "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=6000\n"
        + "title=Zweitens <b>\n");

    for (const [name, ...words] of [
        ["film.mp4", ...picture(6), ...sound(6)],
        ["film.mkv", ...picture(6), ...sound(6)],
        ["book.m4a", ...sound(6)],
        ["book.mp3", ...sound(6)],
    ]) {
        it(`of ${name} are told, and are WebVTT`, async () => {
            const inputs = words.filter((word) => word === "-i").length;
            const media = await films.taken(await films.made(name, ...words,
                "-f", "ffmetadata", "-i", written(), "-map_chapters",
                String(inputs), ...(inputs > 1 ? H264 : [])));
            const { text, status } = await request(media.links.chapters);

            assert.equal(status, 200);
            assert.deepEqual(media.chapters.map(({ title }) => title),
                ["Erstens", "Zweitens <b>"]);
            assert.equal(media.chapters[1].start, 2);
            assert.ok(Math.abs(media.chapters[1].end - 6) < 0.1);
            assert.match(text, /^WEBVTT\n\n00:00:00\.000 --> 00:00:02\.000\n/);
            assert.match(text, /\nZweitens &lt;b&gt;\n$/);
        });
    }

    it("are on the film's clock where the file's begins anywhere", async () => {
        const media = await films.taken(await films.made("late.mkv",
            ...picture(6), ...sound(6), "-f", "ffmetadata", "-i", written(),
            "-map_chapters", "2", ...H264, "-output_ts_offset", "1000",
            "-avoid_negative_ts", "disabled"));

        assert.deepEqual(media.chapters.map(({ start }) => start), [0, 2]);
    });

    it("that are not there are null", async () => {
        const media = await films.taken(await films.made("none.mp3",
            ...sound(1)));

        assert.equal(media.chapters, null);
        assert.equal(media.links.chapters, undefined);
    });
});


describe("one that is joined of several", { timeout }, () => {
    for (const [name, ...words] of [["a.ogg", "-c:a", "libvorbis"],
                                    ["a.opus", "-c:a", "libopus"]]) {
        it(`${name} is heard to the end of the last`, async () => {
            const parts = await Promise.all([440, 660].map(async (tone) =>
                readFileSync(await films.made(name, ...sound(3, tone),
                                              ...words))));
            const media = await films.taken(films.written(name,
                Buffer.concat(parts)));

            assert.ok(Math.abs(media.duration - 6) < 0.1, media.duration);
            assert.equal(media.notice, null);
        });
    }
});


describe("loudness", { timeout }, () => {
    it("is that of EBU R128, and the wave has its shape", async () => {
        /* ITU-R BS.1770: 997 Hz at full scale in one channel is -3.01 LKFS;
           here 20 dB below that, in both: +3.01 dB; then silence */
        const media = await films.taken(await films.made("tone.wav", "-f",
            "lavfi", "-i", "aevalsrc=0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t):"
                + "s=48000:d=10", "-f", "lavfi", "-i",
            "anullsrc=r=48000:cl=stereo:d=10", "-filter_complex",
            "[0:a][1:a]concat=n=2:v=0:a=1", "-c:a", "pcm_s24le"));
        const { integrated, range, peak } = media.recording.loudness;
        const { json, headers } = await request(media.links.waveform);
        const half = json.peaks.length / 2;

        assert.ok(Math.abs(integrated + 20) < 0.3, integrated);
        assert.ok(Math.abs(peak + 20) < 0.2, peak);
        assert.ok(range >= 0);
        assert.equal(headers["content-type"], "application/json");
        assert.equal(json.version, 1);
        assert.equal(json.duration, 20);
        assert.ok(json.peaks.length > 1700 && json.peaks.length <= 1800);
        assert.ok(json.peaks.slice(0, half - 2).every((p) =>
            Math.abs(p - 26) <= 1));
        assert.ok(json.peaks.slice(half + 2).every((p) => p === 0));
    });

    it("of silence has no peak", async () => {
        const media = await films.taken(await films.made("silence.flac", "-f",
            "lavfi", "-i", "anullsrc=r=44100:cl=mono:d=2", "-c:a", "flac"));

        assert.equal(media.recording.loudness.peak, undefined);
        assert.ok(media.recording.loudness.integrated <= -70);
    });

    it("is not asked of films", async () => {
        const media = await films.taken(await films.made("film.mp4",
            ...picture(1), ...sound(1), ...H264, ...AAC));

        assert.equal(media.recording, null);
        assert.equal(media.links.waveform, undefined);
        assert.ok(!existsSync(films.folder(media.id, "waveform.json")));
    });
});
