/* What was copied is decoded: what does not play as its source does is encoded
   after all. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

import { AAC, faults, finished, H264, jobsOf, maker, picture, published, sound }
    from "../lib/films.mjs";
import { run } from "../lib/run.mjs";
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


const film = (name, { size, channels = 2, seconds = 4, words = [] } = {}) =>
    films.made(name, ...picture(seconds, { size }), ...sound(seconds), ...H264,
               "-g", "50", ...AAC, "-ac", String(channels), ...words);

const far = (seconds) => ["-output_ts_offset", String(seconds)];

/* One behind the other, as `cat` does it. */
const joined = (name, ...paths) => films.written(name,
    Buffer.concat(paths.map((path) => readFileSync(path))));


/* What came of it: {media, why: {name: why its copy was none}, rows: {name:
   {copied, why, width, height}}, …published}. */
async function taken(path) {
    const { id } = await client.bring(readFileSync(path),
        path.slice(path.lastIndexOf("/") + 1));
    const media = await finished(stack, client, id);
    const { verify } = await jobsOf(stack, id);
    const rows = JSON.parse(await stack.sql("select jsonb_object_agg(name, about)"
        + ` from sluice.renditions where media = '${id}'`));

    assert.deepEqual(await faults(stack, id), []);
    return {
        media, rows, ...published(stack, id),
        why: verify && Object.fromEntries(verify.result.copies
            .map((one) => [one.name, one.why])),
    };
}


/* What a decoder says of a published track: nothing, when all is well. */
async function complaints(file) {
    const { stderr } = await run("ffmpeg", ["-hide_banner", "-nostdin", "-v",
        "warning", "-reinit_filter", "0", "-i", file, "-enc_time_base", "-1",
        "-fps_mode", "passthrough", "-f", "null", "-"]);

    return stderr;
}

async function stream(file) {
    const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries",
        "stream=width,height,channels,sample_rate,duration", "-of", "json",
        file]);

    return JSON.parse(stdout).streams[0];
}

/* Seconds that are silent within it, and how long it is. */
async function heard(file) {
    const { stderr } = await run("ffmpeg", ["-hide_banner", "-nostdin", "-i",
        file, "-af", "silencedetect=d=0.15:noise=-50dB", "-f", "null", "-"]);
    const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries",
        "packet=pts_time", "-of", "csv=p=0", file]);
    const times = stdout.split("\n").map(parseFloat).filter(Number.isFinite);

    return {
        silences: [...stderr.matchAll(/silence_start: (\S+)/g)]
            .map(([, at]) => Number(at)),
        steps: times.slice(1).map((time, i) => time - times[i]),
        seconds: times.at(-1) - times[0],
    };
}


describe("a copy", { timeout }, () => {
    it("stays where all of it is well", async () => {
        const one = await taken(await film("well.mp4"));

        assert.deepEqual(one.why, { v180: undefined, a1: undefined });
        assert.equal(one.rows.v180.copied, true);
        assert.equal(one.rows.a1.copied, true);
        assert.equal(one.media.notice, null);
    });

    it("of a film whose middle was overwritten gives place to what can be read",
        async () => {
            const bytes = readFileSync(await film("zeros.mp4", { seconds: 8 }));
            const from = bytes.indexOf("mdat")
                + Math.floor((bytes.length - bytes.indexOf("mdat")) / 3);

            bytes.fill(0, from, from + 30_000);
            const one = await taken(films.written("zeros.mp4", bytes));

            assert.deepEqual(one.why, { v180: "damaged", a1: "damaged" });
            assert.equal(one.rows.v180.copied, false);
            assert.match(one.media.notice,
                /^The file is damaged, first near 0:00:0\d: what can be read/);
            assert.equal(await complaints(one.tracks.v180.file), "");
            assert.equal(await complaints(one.tracks.a1.file), "");
            assert.ok(Math.abs(one.media.duration - 8) < 0.1);
        });

    it("of a longer one is encoded in pieces, each of which may be tried again",
        async () => {
            const bytes = readFileSync(await film("long.mp4", { seconds: 32 }));
            const from = bytes.indexOf("mdat")
                + Math.floor((bytes.length - bytes.indexOf("mdat")) / 3);

            bytes.fill(0, from, from + 20_000);
            const one = await taken(films.written("long.mp4", bytes));
            const pieces = Number(await stack.sql("select count(*) from "
                + `sluice.jobs where media = '${one.media.id}' and `
                + "kind = 'encode' and params->'instead'->>'name' = 'v180'"));

            assert.equal(one.why.v180, "damaged");
            assert.ok(pieces >= 2, `${pieces} pieces`);
            assert.equal(one.rows.v180.copied, false);
            assert.equal(one.rows.v180.why, "damaged");
            assert.equal(await complaints(one.tracks.v180.file), "");
            assert.ok(Math.abs(Number((await stream(one.tracks.v180.file))
                .duration) - 32) < 0.1);
            assert.ok(!existsSync(films.folder(one.media.id, ".pieces")));
        });

    it("of a recording from the air with errors does, too", async () => {
        const path = await film("noise.ts", { seconds: 8 });
        const bytes = readFileSync(path);

        for (let at = 100; at < bytes.length / 188; at += 37) {
            bytes.fill(0x55, at * 188 + 20, at * 188 + 30);
        }
        const one = await taken(films.written("noise.ts", bytes));

        assert.equal(one.why.v180, "damaged");
        assert.match(one.media.notice, /^The file is damaged/);
        assert.equal(await complaints(one.tracks.v180.file), "");
    });

    it("of a picture that becomes narrower is made anew, with bars beside it",
        async () => {
            const one = await taken(joined("size.ts", await film("wide.ts"),
                await film("narrow.ts", { size: "240x180" })));
            const { file } = one.tracks.v180;

            assert.equal(one.why.v180, "of changing size");
            assert.equal(await complaints(file), "");
            const { width, height } = await stream(file);

            assert.deepEqual({ width, height }, { width: 320, height: 180 });
            const { stdout } = await run("ffmpeg", ["-v", "error", "-nostdin",
                "-ss", "6", "-i", file, "-frames:v", "1", "-vf",
                "crop=30:180:2:0,format=gray", "-f", "rawvideo", "-"],
            { encoding: "buffer" });
            assert.ok(Math.max(...stdout) < 30);
        });

    it("in a newer codec that changes its size goes, and the ladder stays",
        async () => {
            const vp9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used",
                         "8", "-pix_fmt", "yuv420p", "-an"];
            const wide = await films.made("wide.ivf", ...picture(3), ...vp9);
            const small = await films.made("small.ivf",
                ...picture(3, { size: "240x180" }), ...vp9);
            const list = films.written("list.txt",
                `file '${wide}'\nfile '${small}'\n`);
            const one = await taken(await films.made("size.webm", "-f", "concat",
                "-safe", "0", "-i", list, "-c", "copy"));

            assert.deepEqual(one.why, { "v180-vp9": "of changing size" });
            assert.deepEqual(Object.keys(one.rows), ["v180"]);
            assert.deepEqual(Object.keys(one.tracks), ["v180"]);
            assert.equal(await complaints(one.tracks.v180.file), "");
        });
});


describe("a copied sound with gaps", { timeout }, () => {
    /* Seconds at which something is heard again; a tenth of each second is. */
    async function beeps(file) {
        const { stderr } = await run("ffmpeg", ["-hide_banner", "-nostdin",
            "-i", file, "-af", "silencedetect=n=-30dB:d=0.3", "-f", "null", "-"]);

        return [...stderr.matchAll(/silence_end: ([\d.]+)/g)]
            .map(([, at]) => Number(at));
    }

    for (const [what, name, drop, missing] of [
        ["of a second", "second.mp4", "between(pts*tb,3.2,4.2)", []],
        ["of one packet in ten", "packets.ts", "not(mod(n,10))", []],
        ["of fourteen seconds, while the picture goes on", "long.ts",
            "between(pts*tb,5.4,19.4)", Array.from({ length: 14 },
                (_, i) => i + 4)],
    ]) {
        it(`${what} has silence there, and is right behind them`, async () => {
            const whole = await films.made("whole.mkv", ...picture(24),
                "-f", "lavfi", "-i", "aevalsrc=0.5*sin(2764*t)"
                    + "*between(mod(t\\,1)\\,0.5\\,0.6):d=24:s=48000",
                ...H264, "-g", "50", ...AAC);
            const one = await taken(await films.made(name, "-i", whole, "-map",
                "0", "-c", "copy", "-bsf:a", `noise=drop='${drop}'`));
            const heard = await beeps(one.tracks.a1.file);
            const late = Array.from({ length: 24 }, (_, i) => i)
                .filter((i) => !missing.includes(i))
                .map((i) => Math.min(...heard.map((at) =>
                    Math.abs(at - i - 0.5))));

            assert.equal(one.rows.a1.why, "with gaps");
            assert.equal(one.rows.v180.copied, true);
            assert.ok(Math.abs(one.media.duration - 24) < 0.1);
            late.slice(5).forEach((seconds) => assert.ok(seconds < 0.05,
                `${heard}`));
        });
    }
});


it("a pause in a recorded screen takes no picture from the rest", { timeout },
    async () => {
        const whole = await films.made("whole.mkv", ...picture(30), ...H264,
            "-g", "50");
        const path = await films.made("pause.mkv", "-i", whole, "-c", "copy",
            "-bsf:v", "noise=drop='between(pts*tb,6,17.9)'");
        const one = await taken(path);
        const { stdout } = await run("ffprobe", ["-v", "error", "-count_packets",
            "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0",
            one.tracks.v180.file]);

        assert.equal(one.rows.v180.why, "of few pictures");
        assert.ok(Number(stdout) >= 740, stdout);
        assert.ok(Math.max(...one.tracks.v180.segments) <= 10);
    });


describe("a sound that changes", { timeout }, () => {
    for (const [what, make] of [
        ["from stereo to 5.1, with a film", async () => joined("more.ts",
            await film("two.ts"), await film("six.ts", { channels: 6 }))],
        ["from stereo to 5.1, on clocks far from 0", async () => joined(
            "far.ts", await film("two.ts", { words: far(50000) }),
            await film("six.ts", { channels: 6, words: far(49000) }))],
        ["its rate", async () => joined("rate.aac",
            await films.made("48.aac", ...sound(4), ...AAC),
            await films.made("44.aac", ...sound(4), ...AAC, "-ar", "44100"))],
        ["from mono to stereo", async () => joined("mono.aac",
            await films.made("1.aac", ...sound(4), ...AAC, "-ac", "1"),
            await films.made("2.aac", ...sound(4), ...AAC, "-ac", "2"))],
    ]) {
        it(`${what} is encoded after all, and heard to its end`, async () => {
            const one = await taken(await make());
            const { silences, steps, seconds } = await heard(one.tracks.a1.file);

            assert.equal(one.why.a1, "of changing channels or rate");
            assert.equal(one.rows.a1.why, "of changing channels or rate");
            assert.equal(await complaints(one.tracks.a1.file), "");
            assert.deepEqual(silences, []);
            assert.ok(Math.max(...steps) < 0.15, String(Math.max(...steps)));
            assert.ok(Math.min(...steps) > 0.01, String(Math.min(...steps)));
            assert.ok(Math.abs(seconds - 8) < 0.3, String(seconds));
            assert.equal(one.media.notice, null);
        });
    }

    it("and is encoded in any case has no silence put before what changed",
        async () => {
            const ac3 = (name, channels) => films.made(name, ...picture(4),
                ...sound(4), ...H264, "-g", "50", "-c:a", "ac3", "-ac",
                String(channels));
            const one = await taken(joined("ac3.ts", await ac3("two.ts", 2),
                                           await ac3("six.ts", 6)));
            const { silences, steps, seconds } = await heard(one.tracks.a1.file);

            assert.equal(one.rows.a1.why, "not AAC");
            assert.deepEqual(silences, []);
            assert.ok(Math.min(...steps) > 0.01, String(Math.min(...steps)));
            assert.ok(Math.abs(seconds - 8) < 0.3, String(seconds));
        });
});
